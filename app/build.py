"""Memory, keys, words and data: the parts of a desk, before any door opens."""

import hashlib
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import amo
from conversations.context import Chamber
from conversations.flows import FLOWS
from conversations.values import Named
from handlers.telegram import receive as telegram
from handlers.web import demonstration as web
from handlers.whatsapp import receive as whatsapp
from locales import speech
from models import database, keeping, sealed
from models.lock import lock
from services import clock, restore_guard, sources
from services.context import Desk, Policy, Way
from services.people import staff
from services.runner import Runner
from services.spellings import folded
from settings import BadSetting, Settings

log = logging.getLogger("hirfa")

DEMO_DATABASE = "sqlite:///var/demo.db"
DEMO_UNDO = 5
VAR = Path("var")
DATA_KEY_FILE = Path("var/data.key")
DEMO_KEY_FILE = Path("var/demo.key")


@dataclass
class House:
    """The parts of a running desk."""

    settings: Settings
    engine: sa.Engine
    runner: Runner
    desk: Desk
    links: dict[str, str]


# What each channel asks of everybody who writes through it.
WAYS = {whatsapp.CHANNEL: Way(window=timedelta(hours=24), settles=timedelta(seconds=20), phones=True)}


def build(settings: Settings, source: Callable[[], datetime] | None = None, var: Path = VAR) -> House:
    """Memory, keys, words and data, before any door opens. `source`: another clock, `var`: another folder,
    for tests."""
    spoken = speech.load()
    spellings = folded(spoken)
    zone = clock.zone(settings.timezone)
    time = clock.Clock(zone, source) if source else clock.Clock(zone)
    sealer = _sealer(settings)
    url = DEMO_DATABASE if settings.demonstration else settings.database_url
    writer = database.engine(url, writer=True)
    start = lock(writer, "start")  # two desks that start together do this one after the other
    while not start.hold():
        sleep(0.1)
    database.upgrade(writer)
    with Session(writer) as db:
        keeping.check_key(db, sealer)
        sealer = keeping.with_index(db, sealer)
        known = sources.learn(db, time, spellings)
        db.commit()
    start.release()
    links: dict[str, str] = {}  # filled by the doors as they open
    desk = Desk(
        sealer=sealer,
        clock=time,
        speech=spoken,
        flows=FLOWS,
        facts=amo.load(),
        spellings=spellings,
        sources=known,
        chamber=_chamber(settings),
        hear={telegram.CHANNEL: telegram.hear, whatsapp.CHANNEL: whatsapp.hear, web.CHANNEL: web.hear},
        ways=WAYS,
        policy=_policy(settings, links),
        topics=sources.read_topics(),
        alive=_beside(url, var),
    )
    with Session(writer) as db:
        restore_guard.look_back(db, desk)
        restore_guard.beat(db, desk)
        db.commit()
    if settings.any_channel:
        _invite_first(settings, desk, writer)
    runner = Runner(writer, database.engine(url, writer=False), _failpoint(settings.failpoint))
    return House(settings, writer, runner, desk, links)


def _beside(url: str, var: Path) -> Path:
    """The file in which the desk notes that it is alive: beside an SQLite database, else under `var`."""
    made = sa.engine.make_url(url)
    if made.get_backend_name() == "sqlite" and made.database:
        return Path(f"{made.database}.alive")
    name = hashlib.sha256(f"{made.host}:{made.port}/{made.database}".encode()).hexdigest()[:12]
    return var / f"{name}.alive"


def _chamber(settings: Settings) -> Chamber:
    return Chamber(
        settings.chamber_phone or None,
        _either(settings.chamber_hours_ar, settings.chamber_hours_fr),
        _either(settings.chamber_address_ar, settings.chamber_address_fr),
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
            telegram.CHANNEL: settings.telegram_paid_rate or settings.telegram_rate,
            whatsapp.CHANNEL: settings.whatsapp_rate,
        },
        daily={whatsapp.CHANNEL: settings.whatsapp_daily},
        price={} if settings.whatsapp_price is None else {whatsapp.CHANNEL: settings.whatsapp_price},
        check_after=timedelta(days=settings.check_after_days),
        retention=settings.retention_days,
    )


def _invite_first(settings: Settings, desk: Desk, writer: sa.Engine) -> None:
    """As long as nobody is admin, each start prints an invitation for the first one."""
    with Session(writer) as db:
        code = staff.first_invitation(db, desk, settings.admin_invite)
        db.commit()
    if code is not None and settings.admin_invite:
        log.warning("nobody is admin yet: whoever first writes ADMIN_INVITE to the desk is, within 48 h")
    elif code is not None:
        log.warning("nobody is admin yet: whoever first writes this to the desk is, within 48 h: %s", code)


def _sealer(settings: Settings) -> sealed.Sealer:
    if settings.data_key and not settings.demonstration:
        return sealed.sealer(settings.data_key, *filter(None, (settings.data_key_old,)))
    file = DEMO_KEY_FILE if settings.demonstration else DATA_KEY_FILE
    try:
        keys, made = sealed.kept_keys(file)
    except UnicodeDecodeError:
        raise BadSetting(f"{file} holds no key: put the one it held back") from None
    if file.stat().st_mode & 0o077:
        raise BadSetting(f"{file} may be read by others: chmod 600 {file}")
    if not keys or any(len(key) < sealed.SHORTEST for key in keys):
        raise BadSetting(f"{file} holds no key: put the one it held back, or remove it with its database")
    if made and not settings.demonstration:
        log.warning("DATA_KEY is not set: a key was made in %s; keep a copy elsewhere", file)
    return sealed.sealer(*keys)


def _failpoint(spec: str) -> Callable[[str, Any], None] | None:
    """For crash tests: the process dies right after the nth commit of a use case."""
    if not spec:
        return None
    name, _, nth = spec.partition(":")
    left = int(nth)

    def committed(use_case: str, result: Any) -> None:
        nonlocal left
        if use_case == name and result:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return committed
