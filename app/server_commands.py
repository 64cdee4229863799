"""What who runs the server may do by the command line, and what each failure is called there."""

import argparse
import sys
from pathlib import Path
from typing import Any

from settings import HOME, Settings, read_settings

NAMES = ("staff", "journal", "backup", "restore", "move", "dead")


def add_commands(commands: Any) -> None:
    """Add the commands of `NAMES` to a parser."""
    people = commands.add_parser("staff", help="the team, beside a running desk or before the first start")
    acts = people.add_subparsers(dest="act", required=True)
    acts.add_parser("list", help="who is in it, with which roles, since when, last seen")
    invited = acts.add_parser("invite", help="print a code whose bearer is in the team at once, for 48 h")
    invited.add_argument("--role", type=_roles, required=True, help="agent, broadcaster, approver, admin, by commas")
    for act, what in (("confirm", "somebody silent for 60 days acts again"), ("remove", "out of the team at once")):
        acts.add_parser(act, help=what).add_argument("number", type=int, help="her number on the list")
    kept = commands.add_parser("journal", help="what the team did: whole, or altered").add_subparsers(
        dest="act", required=True
    )
    kept.add_parser("verify", help="1 when a row was changed, taken out, or the end cut").add_argument(
        "--head", help="a head that was told (12-0123456789abcdef); the one told last unless given"
    )
    kept.add_parser("list", help="the last acts").add_argument("--most", type=int, default=50)
    made = commands.add_parser("backup", help="one sealed file of the whole memory, beside a desk that serves")
    made.add_argument("folder", type=Path, nargs="?", help="where to, BACKUP_FOLDER unless told")
    back = commands.add_parser("restore", help="put a backup back into the empty place that DATABASE_URL names")
    back.add_argument("file", type=Path, nargs="?", help="the backup")
    back.add_argument("--erasures", type=Path, help="the list of who was erased since, beside the file unless told")
    back.add_argument("--identity", type=Path, help="an identity file of age, for a backup made for BACKUP_RECIPIENT")
    back.add_argument("--release", action="store_true", help="let what was held back go on")
    back.add_argument("--drill", action="store_true", help="try the last backup, or FILE, in a place of its own")
    moved = commands.add_parser("move", help="copy everything into the empty database of another URL")
    moved.add_argument("url", help="sqlite:///... or postgresql+psycopg://...")
    dead = commands.add_parser("dead", help="what was put aside after five tries, or could not be read: no words")
    dead.add_argument("act", choices=("list", "again"), help="list it; or put it in the way of the desk again")
    dead.add_argument("--before", action="store_true", help="again: also what was written before a copy was put back")


def run_command(given: argparse.Namespace) -> int:
    """Do what a command asks; 2 when the database, the key or a setting forbids it."""
    from sqlalchemy.exc import SQLAlchemyError

    from models.backup import CannotRestore
    from models.copying import CopyFailed
    from models.database import SchemaTooNew
    from models.outage import DatabaseUnavailable
    from models.schema import SchemaIncomplete
    from models.sealed import SealBroken
    from models.sealed_file import NotABackup, WrongKey

    settings = read_settings()
    try:
        return _run(given, settings)
    except (SchemaTooNew, SchemaIncomplete, NotABackup, WrongKey, CannotRestore, CopyFailed) as error:
        print(error, file=sys.stderr)
    except SealBroken:
        print("DATA_KEY is not the key this database was written with", file=sys.stderr)
    except FileNotFoundError as error:
        print(f"there is no file {error.filename}", file=sys.stderr)
    except (DatabaseUnavailable, SQLAlchemyError, OSError) as error:
        print(f"DATABASE_URL: the database does not answer ({type(error).__name__})", file=sys.stderr)
    return 2


def _run(given: argparse.Namespace, settings: Settings) -> int:
    from app import dead, restore, staff

    match (given.command, getattr(given, "act", None)):
        case ("staff", "list"):
            return staff.list_members(settings, print)
        case ("staff", "invite"):
            return staff.invite(settings, given.role, print)
        case ("staff", "confirm"):
            return staff.confirm(settings, given.number, print)
        case ("staff", "remove"):
            return staff.remove(settings, given.number, print)
        case ("journal", "verify"):
            return staff.verify_journal(settings, given.head, print)
        case ("journal", _):
            return staff.list_journal(settings, given.most, print)
        case ("dead", "list"):
            return dead.list_dead(settings, print)
        case ("dead", _):
            return dead.again(settings, given.before, print)
        case ("move", _):
            return restore.move(settings, given.url, print)
        case ("backup", _):
            return _backup(given, settings)
        case _:
            return _restore(given, settings)


def _backup(given: argparse.Namespace, settings: Settings) -> int:
    from app import backup

    try:
        return backup.back_up(settings, given.folder and HOME / given.folder, print)
    except backup.BackupFailed as error:
        print(f"no backup: {error}", file=sys.stderr)
        return 1


def _restore(given: argparse.Namespace, settings: Settings) -> int:
    from app import restore

    if given.release:
        return restore.release(settings, print)
    if given.drill:
        return restore.drill(settings, given.file, print)
    if given.file is None:
        print("restore: name the backup, or --release, or --drill", file=sys.stderr)
        return 2
    return restore.restore(settings, given.file, given.erasures, given.identity, print)


def _roles(text: str) -> list[str]:
    """Roles from the command line, by commas."""
    from conversations.roles import Role

    roles = text.replace(",", " ").split()
    if not roles or any(role not in tuple(Role) for role in roles):
        raise argparse.ArgumentTypeError(f"{text!r}: roles are {', '.join(Role)}, by commas")
    return roles
