"""Memory, keys, words and data: the parts of a desk, before any door opens."""

import hashlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import amo
from conversations.context import Chamber
from conversations.flows import FLOWS
from conversations.roles import Role
from conversations.staff.broadcast import CHANNELS as CHANNELS_SOURCE
from conversations.values import Named
from handlers.telegram.channel import TELEGRAM
from handlers.web.channel import WEB
from handlers.whatsapp.channel import WHATSAPP
from locales import speech
from models import database, keeping, sealed, staff
from models.lock import named_lock
from models.schema import mend_schema
from services import clock, restore_guard, sources
from services.context import Channel, Desk, Policy, channel_source
from services.people import invitations
from services.privacy.erasure_list import ERASURE_LIST, replay_erasures
from services.runner import Runner
from services.sessions.ics import name_installation
from services.spellings import folded_spellings
from services.unheard import Unheard
from settings import HOME, BadSetting, Settings

log = logging.getLogger("hirfa")

# Every channel, a line each.
CHANNELS: tuple[Channel, ...] = (
    TELEGRAM,
    WHATSAPP,
    WEB,
)
VAR = HOME / "var"
DEMO_DATABASE = f"sqlite:///{VAR}/demo.db"
DEMO_UNDO = 5
DATA_KEY_FILE = VAR / "data.key"
DEMO_KEY_FILE = VAR / "demo.key"


@dataclass
class App:
    """The parts of a running desk."""

    settings: Settings
    engine: sa.Engine
    runner: Runner
    desk: Desk
    links: dict[str, str]
    unheard: Unheard = field(default_factory=Unheard)


def build(
    settings: Settings,
    source: Callable[[], datetime] | None = None,
    var: Path = VAR,
    committed: Callable[[str, Any], None] | None = None,
    channels: Sequence[Channel] = CHANNELS,
) -> App:
    """Return the desk that is to serve, before any door opens: what a copy of the database would send again held
    back, the first admin invited.

    For tests: `source` is another clock, `var` another folder, `committed` hears of each use case after its commit.
    Raises BadSetting, WrongClock, SchemaTooNew, SealBroken, DatabaseUnavailable.
    """
    url = DEMO_DATABASE if settings.demonstration else settings.database_url
    links: dict[str, str] = {}  # filled by the channels as they open
    sealer = sealer_of(settings, url, settings.demonstration)
    desk, writer = open_desk(settings, url, sealer, links, source, var, channels)
    with Session(writer) as db:
        if restore_guard.look_at_start(db, desk) is not None:
            replay_erasures(db, desk)  # whatever was put back by hand holds nobody who was erased
        restore_guard.beat(db, desk)
        name_installation(db)
        db.commit()
    if settings.any_channel:
        _invite_first(settings, desk, writer)
    runner = Runner(writer, database.engine(url, writer=False), committed)
    return App(settings, writer, runner, desk, links)


@contextmanager
def at_the_server(settings: Settings) -> Iterator[tuple[Session, Desk]]:
    """Open the desk's memory for a command of who runs the server, beside a desk that serves or before the first
    start; what was done is committed at the end. Raises what `build` raises.
    """
    url = settings.database_url
    desk, writer = open_desk(settings, url, sealer_of(settings, url), {})
    try:
        with Session(writer) as db:
            yield db, desk
            db.commit()
    finally:
        writer.dispose()


def open_desk(
    settings: Settings,
    url: str,
    sealer: sealed.Sealer,
    links: dict[str, str],
    source: Callable[[], datetime] | None = None,
    var: Path = VAR,
    channels: Sequence[Channel] = CHANNELS,
) -> tuple[Desk, sa.Engine]:
    """Return the desk over its memory, keys, words and data, and the engine that writes; the database is brought to
    today's schema. `links`: where each channel is reached, filled as they open.
    """
    spoken = speech.load()
    spellings = folded_spellings(spoken)
    zone = clock.zone(settings.timezone)
    time = clock.Clock(zone, source) if source else clock.Clock(zone)
    writer = database.engine(url, writer=True)
    start = named_lock(writer, "start")  # two desks that start together do this one after the other
    while not start.hold():
        sleep(0.1)
    database.upgrade_schema(writer)
    added = mend_schema(writer)
    if added:
        log.warning("the schema lacked what this release needs; added: %s", ", ".join(added))
    with Session(writer) as db:
        keeping.check_key(db, sealer)
        sealer = keeping.with_index_key(db, sealer)
        known = sources.load_sources(db, time, spellings)
        db.commit()
    start.release()
    desk = Desk(
        sealer=sealer,
        clock=time,
        speech=spoken,
        flows=FLOWS,
        facts=amo.load(),
        spellings=spellings,
        sources={**known, CHANNELS_SOURCE: channel_source(channels)},
        chamber=_chamber(settings),
        channels={channel.name: channel for channel in channels},
        policy=_policy(settings, links),
        topics=sources.read_topics(),
        alive=beside(url, var, "alive"),
        erasure_lists=_erasure_lists(settings, url, var),
    )
    return desk, writer


def beside(url: str, var: Path, what: str) -> Path:
    """Return a file that belongs to a database: beside an SQLite one, else under `var`."""
    made = sa.engine.make_url(url)
    if made.get_backend_name() == "sqlite" and made.database:
        return Path(f"{made.database}.{what}")
    name = hashlib.sha256(f"{made.host}:{made.port}/{made.database}".encode()).hexdigest()[:12]
    return var / f"{name}.{what}"


def _erasure_lists(settings: Settings, url: str, var: Path) -> tuple[Path, ...]:
    """Beside the database, and among the backups; nowhere for a demonstration."""
    if url == DEMO_DATABASE:
        return ()
    folder = (Path(settings.backup_folder) / ERASURE_LIST,) if settings.backup_folder else ()
    return (beside(url, var, "erased"), *folder)


def _chamber(settings: Settings) -> Chamber:
    return Chamber(
        settings.chamber_phone or None,
        _either(settings.chamber_hours_ar, settings.chamber_hours_fr),
        _either(settings.chamber_address_ar, settings.chamber_address_fr),
        _either(settings.helplines_ar, settings.helplines_fr),
    )


def _either(ar: str, fr: str) -> Named | None:
    """Words of both languages; one stands for the other where only one was given."""
    return Named({"ar": ar or fr, "fr": fr or ar}) if ar or fr else None


def _policy(settings: Settings, links: dict[str, str]) -> Policy:
    undo, url = settings.undo_seconds, settings.public_url
    if settings.demonstration:
        undo, url = min(undo, DEMO_UNDO), f"http://127.0.0.1:{settings.port}"
    return Policy(
        settings.quiet,
        timedelta(seconds=undo),
        settings.templates,
        url,
        links,
        approve_above=settings.approve_above,
        trial=settings.trial_size,
        rates={
            TELEGRAM.name: settings.telegram_paid_rate or settings.telegram_rate,
            WHATSAPP.name: settings.whatsapp_rate,
        },
        daily={WHATSAPP.name: settings.whatsapp_daily},
        price={} if settings.whatsapp_price is None else {WHATSAPP.name: settings.whatsapp_price},
        check_after=timedelta(days=settings.check_after_days),
        retention=settings.retention_days,
        working=settings.working,
        spend=settings.spend_a_day,
    )


def _invite_first(settings: Settings, desk: Desk, writer: sa.Engine) -> None:
    """As long as nobody is admin, each start invites the first one: by the setting or on a terminal, never in a log."""
    terminal = sys.stderr if sys.stderr.isatty() else None
    with Session(writer) as db:
        if not settings.admin_invite and terminal is None:
            if not staff.held_by_anybody(db, Role.ADMIN):
                log.warning("nobody is admin yet: `python bot.py staff invite --role admin` prints an invitation")
            return
        code = invitations.first_invitation(db, desk, settings.admin_invite)
        db.commit()
    if code is not None and settings.admin_invite:
        log.warning("nobody is admin yet: whoever first writes ADMIN_INVITE to the desk is, within 48 h")
    elif code is not None and terminal is not None:
        terminal.write(f"Nobody is admin yet: whoever first writes this to the desk is, within 48 h: {code}\n")


def sealer_of(settings: Settings, url: str, demonstration: bool = False, make: bool = True) -> sealed.Sealer:
    """Return the keys of the installation; one is made (`make`) at the very first start only, never beside rows that
    another has sealed. Raises BadSetting.
    """
    if settings.data_key and not demonstration:
        return sealed.sealer(settings.data_key, *filter(None, (settings.data_key_old,)))
    file = DEMO_KEY_FILE if demonstration else DATA_KEY_FILE
    if not file.exists() and not make:
        raise BadSetting(f"there is no key: put the one of that database into DATA_KEY, or its file at {file}")
    if not file.exists() and database.is_written(url):
        raise BadSetting(
            f"{file} is missing, and the database was written with the key it held: put the file back, or its key into "
            "DATA_KEY (no key is made beside data that it would not open)"
        )
    try:
        keys, made = sealed.read_keys(file)
    except UnicodeDecodeError:
        raise BadSetting(f"{file} holds no key: put the one it held back") from None
    if file.stat().st_mode & 0o077:
        raise BadSetting(f"{file} may be read by others: chmod 600 {file}")
    if not keys or any(len(key) < sealed.SHORTEST_KEY for key in keys):
        raise BadSetting(f"{file} holds no key: put the one it held back, or remove it with its database")
    if made and not demonstration:
        log.warning("DATA_KEY is not set: a key was made in %s; keep a copy elsewhere", file)
    return sealed.sealer(*keys)
