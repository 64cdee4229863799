"""`bot.py backup`, `restore`, `move`: the memory as one sealed file, put back without harm, or carried elsewhere."""

import hashlib
import logging
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.build import VAR, at_the_server, beside, open_desk, sealer_of
from models import backup, copying, database, journal, sealed_file
from models.sealed import Sealer
from models.sealed_file import Head
from services import key_value, restore_guard
from services.context import Desk
from services.hold import current_hold
from services.people.journal import record_act
from services.people.server import head_told
from services.privacy.erasure_list import ERASURE_LIST, complete_lists, replay_erasures
from services.restore_guard import BACKUP_KEY
from services.troubles import TroubleKind, end_trouble, note_trouble
from settings import VERSION, BadSetting, Settings

log = logging.getLogger("hirfa")

Show = Callable[[str], None]
REFUSALS = (backup.CannotRestore, copying.CopyFailed, sealed_file.NotABackup, sealed_file.WrongKey)
NAMES = "hirfa-*.backup"
LEAST_KEPT = 3  # however old
SAMPLE = 50  # values of each sealed column that a check opens
RCLONE_SECONDS = 3600
HALF_MADE, HALF_MADE_SECONDS = ".part-", 6 * 3600


class BackupFailed(RuntimeError):
    """No backup was made, or it could not be taken elsewhere; its message says why."""


# -- a backup --------------------------------------------------------------------------------------------


def back_up(settings: Settings, folder: Path | None, show: Show) -> int:
    """Make a backup beside a desk that serves; its path is the last line. Raises BackupFailed."""
    with at_the_server(settings) as (db, desk):
        try:
            made = make_backup(settings, folder or _folder(settings), progress("backup"))
        except BackupFailed as error:
            keep_failure(db, desk, str(error))
            db.commit()
            raise
        keep_outcome(db, desk, made)
        complete_lists(db, desk, made.parent / ERASURE_LIST)
        believed = not restore_guard.clock_is_doubted(db, desk)
    if believed and settings.backup_folder and made.parent == Path(settings.backup_folder):
        for name in prune(settings, made.parent):
            show(f"older than {settings.backup_keep_days} days, removed: {name}")
    carry_away(settings, made, believed)
    show(str(made))
    return 0


def make_backup(settings: Settings, folder: Path, tell: copying.Tell) -> Path:
    """Write one sealed copy of the database into a folder, opened once to see that it opens. Returns its path. Raises
    BackupFailed.
    """
    sealer = sealer_of(settings, settings.database_url)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        with tempfile.TemporaryDirectory(prefix=HALF_MADE, dir=folder) as within:
            plain, sealed, opened = (Path(within) / name for name in ("plain", "sealed", "opened"))
            kind = backup.dump(settings.database_url, plain, tell)
            now = datetime.now(UTC)
            head = _head(settings, sealer, kind, now)
            sealed_file.seal_file(sealer, head, plain, sealed, settings.backup_recipient)
            sealed_file.unseal_file(sealer, sealed, opened)
            if _hash(opened) != _hash(plain):
                raise BackupFailed("the backup does not open to what was sealed")
            if kind == backup.SQLITE:
                backup.check_sqlite(opened)
            made = folder / f"hirfa-{now:%Y%m%dT%H%M%SZ}-{head.key}-{secrets.token_hex(2)}.backup"
            sealed.replace(made)
    except (OSError, sa.exc.SQLAlchemyError, *REFUSALS) as error:
        raise BackupFailed(_reason(error)) from None
    return made


def nightly(settings: Settings, engine: sa.Engine, desk: Desk) -> None:
    """Make the backup of the night, and keep what becomes of it: the admins hear of one that fails."""
    try:
        made = make_backup(settings, _folder(settings), lambda done, every: None)
        with Session(engine) as db:
            keep_outcome(db, desk, made)
            complete_lists(db, desk, made.parent / ERASURE_LIST)
            believed = not restore_guard.clock_is_doubted(db, desk)
            db.commit()
        if believed:  # by a clock nobody believes every backup is old
            prune(settings, made.parent)
        carry_away(settings, made, believed)
    except Exception as error:  # marked place 2 of 3: whatever it was, the admins hear that there is no backup
        why = str(error) if isinstance(error, BackupFailed | BadSetting) else type(error).__name__
        log.exception("the backup failed: %s", why)
        with Session(engine) as db:
            keep_failure(db, desk, why)
            db.commit()


def _sweep(folder: Path) -> None:
    """What a backup that was killed left half made, unsealed."""
    for left in folder.glob(f"{HALF_MADE}*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > HALF_MADE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def keep_outcome(db: Session, desk: Desk, made: Path) -> None:
    """Keep when the last backup was made, and how big it is."""
    told = {"at": desk.clock.now().isoformat(), "bytes": made.stat().st_size, "name": made.name}
    key_value.set_value(db, BACKUP_KEY, orjson.dumps(told).decode())
    end_trouble(db, desk, TroubleKind.BACKUP)


def keep_failure(db: Session, desk: Desk, why: str) -> None:
    """Keep that a backup failed: the admins are told."""
    note_trouble(db, desk, TroubleKind.BACKUP, detail=why)


def prune(settings: Settings, folder: Path) -> list[str]:
    """Remove the backups of a folder that are older than is wished, but for the last few. Returns their names."""
    every = sorted(folder.glob(NAMES))
    before = time.time() - timedelta(days=settings.backup_keep_days).total_seconds()
    old = [path for path in every[:-LEAST_KEPT] if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]


def carry_away(settings: Settings, made: Path, believed: bool) -> None:
    """Copy a backup and the list of erasures to the place rclone knows; by a clock that is `believed`, remove there
    what is too old, but for the last few. Raises BackupFailed.
    """
    if not settings.backup_remote:
        return
    program = shutil.which("rclone")
    if program is None:
        raise BackupFailed("BACKUP_REMOTE is set and rclone is not installed (apt install rclone)")
    remote = settings.backup_remote
    lists = made.parent / ERASURE_LIST
    for path in (made, *((lists,) if lists.exists() else ())):
        _rclone(program, "copyto", str(path), f"{remote.rstrip('/')}/{path.name}")
    if not believed:
        return
    before = f"hirfa-{datetime.now(UTC) - timedelta(days=settings.backup_keep_days):%Y%m%dT%H%M%SZ}"
    there = sorted(_rclone(program, "lsf", "--files-only", "--include", NAMES, remote).split())
    for name in there[:-LEAST_KEPT]:
        if name < before:
            _rclone(program, "deletefile", f"{remote.rstrip('/')}/{name}")


def _rclone(program: str, *what: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (our own words, and a place of the settings)
            [program, *what], capture_output=True, text=True, check=False, timeout=RCLONE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise BackupFailed(f"rclone did not end within {RCLONE_SECONDS} s") from None
    if done.returncode != 0:
        raise BackupFailed(f"rclone {what[0]}: {(done.stderr.strip().splitlines() or ['no word'])[-1][:200]}")
    return done.stdout


def _head(settings: Settings, sealer: Sealer, kind: str, now: datetime) -> Head:
    name = make_url(settings.database_url).get_backend_name()
    return Head(sealer.key_id.decode(), kind, name, database.SCHEMA, VERSION, now.isoformat(timespec="seconds"))


def _folder(settings: Settings) -> Path:
    if not settings.backup_folder:
        raise BadSetting("BACKUP_FOLDER is empty: name the folder, `bot.py backup FOLDER`")
    return Path(settings.backup_folder)


# -- put back --------------------------------------------------------------------------------------------


def restore(settings: Settings, file: Path, lists: Path | None, identity: Path | None, show: Show) -> int:
    """Put a backup back into the empty place that DATABASE_URL names, marked as a copy: nothing that was under way
    leaves without an admin's yes. `lists`: the list of who was erased since, beside the file unless told.
    """
    url = settings.database_url
    sealer = sealer_of(settings, url, make=False)
    head = sealed_file.read_head(file)
    show(f"{file.name}: made {head.at} with the key {head.key}, schema {head.schema}, from {head.database}")
    erased = [path for path in (lists or file.parent / ERASURE_LIST,) if path.exists()]
    if not erased:
        show(
            f"no list of erasures ({ERASURE_LIST}) lies beside it: who was erased after it was made comes back, "
            "unless you name that list: --erasures FILE"
        )
    with _room(url) as room:
        plain = room / "opened"
        sealed_file.unseal_file(sealer, file, plain, _lines(identity))
        if head.payload == backup.SQLITE:
            backup.check_sqlite(plain)
            backup.refuse_unless_empty(url)
            _marked(settings, f"sqlite:///{plain}", url, erased, show)
            backup.settle(plain)
        backup.put_back(url, head.payload, plain, progress("restore"))
    if head.payload != backup.SQLITE:
        _marked(settings, url, url, erased, show)
    show("marked as a copy: what was under way waits for an admin's yes, in chat or by `bot.py restore --release`")
    return 0


def _marked(settings: Settings, at: str, url: str, erased: list[Path], show: Show) -> None:
    """Bring a copy to today's schema, mark it, and erase who was erased since."""
    desk, writer = open_desk(settings, at, sealer_of(settings, url, make=False), {})
    try:
        with Session(writer) as db:
            noted = restore_guard.noted(beside(url, VAR, "alive"))
            held = restore_guard.mark_restored(db, desk, answered_until=noted)
            again = replay_erasures(db, desk, beside(url, VAR, "erased"), *erased, due_too=True)
            db.commit()
    finally:
        writer.dispose()
    show(f"{held} messages to one person held back, {again} files and contacts erased again")


def release(settings: Settings, show: Show) -> int:
    """Let go on what a copy, a gap or a doubtful clock holds; 1 when nothing is held."""
    with at_the_server(settings) as (db, desk):
        if current_hold(db) is None:
            show("nothing is held")
            return 1
        single = restore_guard.release(db, desk)
        restore_guard.beat(db, desk)
        record_act(db, desk, None, "server_release", None)
    show(f"released: what was under way goes on; {single} messages to one person leave too")
    return 0


def drill(settings: Settings, file: Path | None, show: Show) -> int:
    """Put the last backup back into a place of its own, look at it, and remove it again; 1 when it is not good."""
    began = time.monotonic()
    found = file or max(_folder(settings).glob(NAMES), default=None)
    if found is None:
        show(f"there is no backup in {_folder(settings)}")
        return 1
    sealer = sealer_of(settings, settings.database_url, make=False)
    with tempfile.TemporaryDirectory(prefix="hirfa-drill-", dir=found.parent) as within:
        plain = Path(within) / "opened"
        head = sealed_file.unseal_file(sealer, found, plain)
        with _scratch(settings, head.payload, Path(within)) as url:
            backup.put_back(url, head.payload, plain, progress("drill"))
            desk, writer = open_desk(settings, url, sealer, {})
            try:
                with writer.connect() as connection:
                    counts = copying.count_rows(connection)
                opened = copying.unseal_sample(writer, desk.sealer, SAMPLE)
                with Session(writer) as db:
                    broken = journal.first_broken(db, desk.sealer)
                    told = head_told(db)
                    cut = told is not None and not journal.stands(db, told)
            finally:
                writer.dispose()
    rows = ", ".join(f"{counts[name]} {name}" for name in ("contact", "registration", "delivery"))
    show(f"{found.name}, made {head.at}: {rows}; {opened} sealed values opened; {time.monotonic() - began:.1f} s")
    if broken is not None or cut:
        show("the journal in it was altered or cut")
        return 1
    show("it can be restored")
    return 0


@contextmanager
def _scratch(settings: Settings, payload: str, within: Path) -> Iterator[str]:
    """A place of its own for a drill: a file, or a database of the same server."""
    if payload == backup.SQLITE:
        yield f"sqlite:///{within}/drill.db"
        return
    made = make_url(settings.database_url)
    if made.get_backend_name() != "postgresql":
        raise backup.CannotRestore("a copy of pg_dump is tried on a PostgreSQL: DATABASE_URL names none")
    name = f"hirfa_drill_{secrets.token_hex(4)}"
    plain = made.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:
        try:
            server.execute(f'CREATE DATABASE "{name}"')
        except psycopg.errors.InsufficientPrivilege:
            role = server.info.user
            raise backup.CannotRestore(f"a drill needs a database of its own: ALTER ROLE {role} CREATEDB") from None
    try:
        yield made.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# -- carried elsewhere -----------------------------------------------------------------------------------


def move(settings: Settings, target_url: str, show: Show) -> int:
    """Copy every row into the empty database of another URL, and look at the copy. The source stays as it is."""
    sealer = sealer_of(settings, settings.database_url, make=False)
    target = Settings(database_url=target_url).database_url
    backup.refuse_unless_empty(target)
    _, source = open_desk(settings, settings.database_url, sealer, {})
    copy = database.engine(target, writer=True)
    try:
        database.upgrade_schema(copy)
        counts = copying.copy_rows(source, copy, progress("move"))
        desk, opened = open_desk(settings, target, sealer, {})
        sample = copying.unseal_sample(opened, desk.sealer, SAMPLE)
        opened.dispose()
    finally:
        source.dispose()
        copy.dispose()
    rows = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    show(f"copied and counted: {rows}")
    show(f"{sample} sealed values opened in the copy. Now put DATABASE_URL={_hidden(target)} and start the desk")
    return 0


def _hidden(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


# -- small things ----------------------------------------------------------------------------------------


def progress(what: str) -> copying.Tell:
    """Return what tells how far it is, on a terminal."""
    shown = -1

    def tell(done: int, every: int) -> None:
        nonlocal shown
        percent = 100 * done // max(every, 1)
        if percent != shown and sys.stderr.isatty():
            shown = percent
            bar = "#" * (percent // 4)
            sys.stderr.write(f"\r{what} [{bar:<25}] {percent:3} %" + ("\n" if done >= every else ""))
            sys.stderr.flush()

    return tell


@contextmanager
def _room(url: str) -> Iterator[Path]:
    """A folder of our own beside where the database is to be."""
    made = make_url(url)
    parent = Path(str(made.database)).parent if made.get_backend_name() == "sqlite" else VAR
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=parent) as within:
        yield Path(within)


def _lines(identity: Path | None) -> list[str]:
    return [] if identity is None else identity.read_text(encoding="ascii").split()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}"
    return type(error).__name__ if isinstance(error, sa.exc.SQLAlchemyError) else str(error)
