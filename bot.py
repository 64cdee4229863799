"""Composition root and command line: reads the settings, builds the parts, runs them."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from app.server_commands import NAMES, add_commands, run_command
from settings import HOME, VERSION, BadSetting, read_settings, unknown_settings


def day(text: str) -> date:
    """A day from the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day like 2027-01-31") from None


def main(argv: list[str]) -> int:
    """`run` the desk, or its demonstration; everything else is done beside it, or without it."""
    os.umask(0o077)  # whatever is written is its owner's alone
    parser = argparse.ArgumentParser(prog="bot.py", description="A chamber's front desk, in chat.")
    parser.add_argument("--version", action="version", version=f"hirfa {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="open the doors")
    commands.add_parser("demo", help="the demonstration, whatever is configured")
    player = commands.add_parser("play", help="play a flow in the terminal: no database, no token")
    player.add_argument("flow", choices=["welcome", "eligibility", "questions"])
    player.add_argument("--lang", choices=["ar", "fr"], default="ar")
    commands.add_parser("assess", help="JSON situations on standard input, one a line")
    commands.add_parser("faq", help="questions on standard input, one a line: the topics of each")
    asked = commands.add_parser("templates", help="WhatsApp's templates: their words, and which are approved")
    asked.add_argument("--create", action="store_true", help="make those that are missing, ask for approval")
    commands.add_parser("newkey", help="a fresh key in var/data.key; values move to it after the next start")
    figures = commands.add_parser("facts", help="the rules' parameters: age, source, what is not established")
    figures.add_argument("--changes", action="store_true", help="how many kept results would be others")
    figures.add_argument("--recheck", action="store_true", help="what must be looked at again, by day")
    figures.add_argument("--on", type=day, help="on a day (YYYY-MM-DD), today unless told")
    add_commands(commands)
    for command, what in (("setup", "asks, checks and writes .env"), ("doctor", "what is well, and what to do")):
        commands.add_parser(command, help=what).add_argument("--lang", choices=["fr", "ar", "en"])
    checked = commands.add_parser("factcheck", help="everything the desk says, for the jurist: HTML, a language each")
    checked.add_argument("--to", type=Path, default=Path("docs"), help="the folder, docs unless told")
    given = parser.parse_args(argv)
    try:
        return COMMANDS[given.command](given)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who reads has seen enough
        sys.stdout = None
        return 0
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 2


# -- the desk without a database ------------------------------------------------------------------


def play(flow: str, language: str) -> int:
    """A flow in the terminal."""
    import amo
    from conversations.context import TurnContext
    from handlers.terminal.play import play
    from locales import speech
    from services import clock, sources
    from services.spellings import folded_spellings

    spoken = speech.load()
    today = clock.Clock(clock.zone()).today()
    spellings = folded_spellings(spoken)
    context = TurnContext(
        today, amo.load(), spellings, sources.sources_from_files(spellings), topics=sources.read_topics()
    )
    play(flow, language, context, spoken, sys.stdin, print)
    return 0


def assess() -> int:
    """Assessments of the situations on standard input; 1 when one was refused."""
    import amo
    from handlers.terminal.assess import assess_lines
    from services import clock, sources

    trades = {entry.id for entry in sources.read_trades()}
    today = clock.Clock(clock.zone()).today()
    return 0 if assess_lines(sys.stdin, amo.load(), trades, today, print) else 1


def templates(make: bool) -> int:
    """Every template, as Twilio has it; 1 when Twilio refuses, 2 without its account."""
    from app.templates import show

    return show(read_settings(), make, print)


def newkey() -> int:
    """A fresh key before those of the key file; 2 where the key is a setting."""
    from app.build import DATA_KEY_FILE
    from models.sealed import add_key

    if read_settings().data_key:
        print("DATA_KEY is set: put a new one there, the present one into DATA_KEY_OLD", file=sys.stderr)
        return 2
    add_key(DATA_KEY_FILE)
    print(f"{DATA_KEY_FILE} has a new key first; keep a copy, then restart the desk")
    return 0


def setup(language: str | None) -> int:
    """The settings, asked and checked; 1 when an answer was refused."""
    from app.doctor import language_of
    from app.setup import read_line, setup

    return setup(language_of(language), read_line, print)


def doctor(language: str | None) -> int:
    """What is well and what to do; 1 when something is to be mended, 2 when the settings cannot be read."""
    from app.doctor import doctor, language_of

    return doctor(language_of(language), print)


def factcheck(folder: Path) -> int:
    """The documents a jurist reads and signs; where each was written."""
    import amo
    from conversations.context import TurnContext
    from conversations.flows import FLOWS
    from handlers.factcheck.draw import write
    from locales import speech
    from services import sources
    from services.spellings import folded_spellings

    spoken, known = speech.load(), amo.load()
    spellings = folded_spellings(spoken)
    context = TurnContext(date.fromisoformat(known.edition), known, spellings, sources.sources_from_files(spellings))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in write(folder, spoken, FLOWS, context):
            print(path)
    except OSError as error:
        print(f"--to {folder}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def facts(on: date | None, recheck: bool) -> int:
    """The parameters in force on a day; or which must be looked at again, by day."""
    import amo
    from handlers.terminal.facts import show_facts, show_recheck
    from services import clock

    show = show_recheck if recheck else show_facts
    show(amo.load(), on or clock.Clock(clock.zone()).today(), print)
    return 0


def faq() -> int:
    """What the questions on standard input are."""
    from handlers.terminal.faq import topics_of_lines
    from locales import speech
    from services import sources
    from services.spellings import folded_spellings

    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    topics_of_lines(sys.stdin, sources.read_topics(), folded_spellings(speech.load()), print)
    return 0


# -- the desk, its runtime closed --------------------------------------------------------------------


def changes(on: date | None) -> int:
    """How many of the results the desk gave would be others on a day. Nothing is sent or marked."""
    from sqlalchemy.orm import Session

    import amo
    from app.build import build
    from handlers.terminal.facts import show_changes
    from services.people import assessments

    first = amo.load().first_day
    if on is not None and on < first:
        print(f"--on: nothing is known before {first}", file=sys.stderr)
        return 2
    app = build(read_settings())
    try:
        with Session(app.engine) as db:
            when = on or app.desk.clock.today()
            found, looked, unread = assessments.count_changes(db, app.desk, when)
    finally:
        app.runner.close()
    show_changes(found, looked, unread, when, print)
    return 0


# -- the desk -------------------------------------------------------------------------------------


def run(demo: bool = False) -> int:
    """Open the runtime; 2 when a setting, the clock, a key or the database forbids it."""
    from handlers.terminal.logs import write_events

    write_events(VERSION)
    settings = read_settings(demo)
    log = logging.getLogger("hirfa")
    if Path.cwd() != HOME and not demo:
        log.info("the installation is at %s, wherever it is started from", HOME)
    for name, meant in unknown_settings().items():
        log.warning("nobody reads the setting %s%s", name, f": is it {meant}?" if meant else "")
    if settings.no_door:
        raise BadSetting(
            "no channel is set in .env: `python bot.py setup` asks for one, `python bot.py demo` shows the desk"
        )
    import uvloop
    from sqlalchemy.exc import SQLAlchemyError

    from app.build import build
    from app.serve import LoopEnded, serve
    from locales.speech import WordsMissing
    from models.database import SchemaTooNew
    from models.outage import DatabaseUnavailable, is_outage
    from models.schema import SchemaIncomplete
    from models.sealed import SealBroken
    from services.clock import WrongClock

    try:
        uvloop.run(serve(build(settings)))
    except (WrongClock, SchemaTooNew, SchemaIncomplete, WordsMissing) as error:
        print(error, file=sys.stderr)
        return 2
    except SealBroken:
        print("DATA_KEY is not the key this database was written with", file=sys.stderr)
        return 2
    except (DatabaseUnavailable, SQLAlchemyError, OSError) as error:
        if not isinstance(error, SQLAlchemyError) or is_outage(error):
            print(f"DATABASE_URL: the database does not answer ({type(error).__name__})", file=sys.stderr)
        else:  # it answered: what it refuses is ours to mend
            logging.getLogger("hirfa").exception("the start failed")
            print(f"the database refuses a statement of this release ({_first_line(error)})", file=sys.stderr)
        return 2
    except LoopEnded:
        return 1
    return 0


def _first_line(error: Exception) -> str:
    """Return what the database said, without the rows it may name below."""
    said = str(getattr(error, "orig", None) or error).splitlines()
    return said[0] if said else type(error).__name__


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": lambda given: run(),
    "demo": lambda given: run(demo=True),
    "play": lambda given: play(given.flow, given.lang),
    "assess": lambda given: assess(),
    "faq": lambda given: faq(),
    "templates": lambda given: templates(given.create),
    "newkey": lambda given: newkey(),
    "facts": lambda given: changes(given.on) if given.changes else facts(given.on, given.recheck),
    "factcheck": lambda given: factcheck(given.to),
    **dict.fromkeys(NAMES, run_command),
    "setup": lambda given: setup(given.lang),
    "doctor": lambda given: doctor(given.lang),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
