"""`bot.py doctor`: looks at everything an installation needs and says, in plain words, what is well and what to do."""

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.build import CHANNELS, DATA_KEY_FILE, VAR, open_desk, sealer_of
from conversations.values import Named
from handlers.telegram.channel import TELEGRAM
from handlers.telegram.door import PATH
from handlers.whatsapp.channel import WHATSAPP
from handlers.whatsapp.templates import Refused, all_templates, listed, name
from handlers.whatsapp.transport import AiohttpClient
from locales.server import told
from models import database, sealed
from models.backup import server_version
from models.database import SCHEMA, SchemaTooNew
from models.outage import DatabaseUnavailable
from models.schema import SchemaIncomplete
from models.sealed import SealBroken
from services import clock
from services.health import why_unavailable
from services.hold import is_far
from services.people.status import Finding, findings, size
from services.restore_guard import last_beat
from settings import HOME, BadSetting, Settings, read_settings, unknown_settings

Show = Callable[[str], None]
WELL, WRONG = "✓", "✗"
WAIT = aiohttp.ClientTimeout(total=15, sock_connect=6)
LEAST_FREE, OLDEST_SERVER, WORST_CLOCK = 500_000_000, 15, 60  # bytes, PostgreSQL, seconds
EXIT_WELL, EXIT_WRONG, EXIT_SETTINGS = 0, 1, 2
NAMES = {channel.name: Named(channel.names) for channel in CHANNELS}


def doctor(language: str, show: Show) -> int:
    """Look at everything, and say it in a language. Returns 0 when all is well, 1 when something is to be mended, 2
    when the settings cannot even be read.
    """
    found = list(_of_the_place())
    try:
        settings = read_settings()
    except BadSetting as error:
        return _say([*found, Finding("doctor.bad_setting", {"error": error}, bad=True)], language, show, EXIT_SETTINGS)
    found += _of_the_settings(settings)
    found += _of_the_clock()
    found += _of_the_files(settings)
    found += _of_the_memory(settings)
    found += asyncio.run(_of_the_world(settings))
    return _say(found, language, show, EXIT_WRONG)


def _say(found: list[Finding], language: str, show: Show, code: int) -> int:
    """What is to be mended first, then what is well."""
    wrong = [each for each in found if each.bad]
    for each in (*wrong, *(each for each in found if not each.bad)):
        show(f"{WRONG if each.bad else WELL} {told(each.address, language, each.blanks)}")
    show("")
    show(told("doctor.bad", language, {"count": len(wrong)}) if wrong else told("doctor.good", language))
    return code if wrong else EXIT_WELL


# -- the place, the settings, the clock -----------------------------------------------------------------------


def _of_the_place() -> Iterator[Finding]:
    if Path.cwd() != HOME:
        yield Finding("doctor.elsewhere", {"home": HOME, "here": Path.cwd()})
    for setting, meant in unknown_settings().items():
        yield Finding("doctor.unknown_setting", {"name": setting, "meant": meant or "-"}, bad=True)


def _of_the_settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("doctor.settings")
    if not settings.any_channel:
        yield Finding("doctor.no_door", bad=True)
    for channel, why in settings.shut_doors.items():
        yield Finding("doctor.shut", {"channel": NAMES[channel], "why": why}, bad=True)


def _of_the_clock() -> Iterator[Finding]:
    try:
        zone = clock.zone()
    except clock.WrongClock as error:
        yield Finding("doctor.bad_zone", {"error": error}, bad=True)
        return
    yield Finding("doctor.zone", {"at": f"{clock.Clock(zone).wall():%H:%M}"})


def _of_the_files(settings: Settings) -> Iterator[Finding]:
    """Whether the key is there, and nobody else reads it, the settings or the database."""
    url = make_url(settings.database_url)
    files = [HOME / ".env", DATA_KEY_FILE]
    if url.get_backend_name() == "sqlite":
        files.append(Path(str(url.database)))
    for path in files:
        if path.exists() and path.stat().st_mode & 0o077:
            yield Finding("doctor.open_file", {"path": path, "command": f"chmod 600 {path}"}, bad=True)
    if VAR.exists() and VAR.stat().st_mode & 0o077:
        yield Finding("doctor.open_file", {"path": VAR, "command": f"chmod 700 {VAR}"}, bad=True)
    place = Path(str(url.database)).parent if url.get_backend_name() == "sqlite" else HOME
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        yield Finding("trouble.disk", {"detail": size(free)}, bad=True)
    else:
        yield Finding("doctor.disk", {"free": size(free)})


# -- the memory -----------------------------------------------------------------------------------------------


def _of_the_memory(settings: Settings) -> Iterator[Finding]:
    """The database, its schema, its key, and what it tells of the service."""
    url = settings.database_url
    made = make_url(url)
    file = Path(str(made.database)) if made.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        near = next(each for each in file.parents if each.exists())
        if not near.is_dir() or not os.access(near, os.W_OK):
            yield Finding("doctor.no_database", {"why": near}, bad=True)
            return
        yield Finding("doctor.new_database", {"where": file})
        return
    why = _why_away(url)
    if why is not None:
        yield Finding("doctor.no_database", {"why": why}, bad=True)
        return
    if file is None and (version := server_version(url)) < OLDEST_SERVER:
        yield Finding("doctor.old_server", {"version": version}, bad=True)
    if not database.is_written(url):
        yield Finding("doctor.new_database", {"where": made.render_as_string(hide_password=True)})
        return
    try:
        sealer = sealer_of(settings, url, make=False)
        desk, writer = open_desk(settings, url, sealer, {})
    except (SealBroken, BadSetting) as error:
        said = error if isinstance(error, BadSetting) else "DATA_KEY"
        yield Finding("doctor.bad_key", {"error": said}, bad=True)
        return
    except (SchemaTooNew, SchemaIncomplete) as error:
        yield Finding("doctor.no_database", {"why": error}, bad=True)
        return
    except (DatabaseUnavailable, sa.exc.SQLAlchemyError, OSError) as error:
        yield Finding("doctor.no_database", {"why": why_unavailable(error)}, bad=True)
        return
    where = "DATA_KEY" if settings.data_key else str(DATA_KEY_FILE)
    yield Finding("doctor.database", {"kind": made.get_backend_name(), "schema": SCHEMA})
    yield Finding("doctor.key", {"where": where})
    try:
        with Session(writer) as db:
            last = last_beat(db)
            if last is not None and is_far(desk.clock.now(), last):
                yield Finding("doctor.far_clock", {"last": f"{desk.clock.wall(last):%d/%m/%Y %H:%M}"}, bad=True)
            yield from findings(db, desk)
    finally:
        writer.dispose()


def _why_away(url: str) -> str | None:
    """Why a database cannot be written to; None when it can."""
    asked = database.engine(url, writer=True)
    try:
        with asked.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("CREATE TABLE hirfa_doctor (tried INTEGER)")
                connection.exec_driver_sql("DROP TABLE hirfa_doctor")
            else:
                connection.exec_driver_sql("CREATE TEMPORARY TABLE hirfa_doctor (tried INTEGER) ON COMMIT DROP")
    except (sa.exc.SQLAlchemyError, OSError) as error:
        return why_unavailable(error) if isinstance(error, sa.exc.SQLAlchemyError) else str(error.strerror)
    finally:
        asked.dispose()
    return None


# -- the world ------------------------------------------------------------------------------------------------


async def _of_the_world(settings: Settings) -> list[Finding]:
    """The running desk, its public address, and the providers as they see us."""
    async with aiohttp.ClientSession(timeout=WAIT) as session:
        found = [await _running(settings, session)]
        if settings.telegram_token:
            found += await _telegram(settings, session)
        if settings.twilio_account_sid and settings.twilio_auth_token:
            found += await _twilio(settings, session)
        if settings.public_url is not None:
            found += await _public(settings, session)
    return found


async def _running(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    at = {"port": settings.port}
    try:
        async with session.get(f"http://127.0.0.1:{settings.port}/readyz") as answer:
            said = (await answer.text()).strip()
            if answer.status == 200 and said == "ready":
                return Finding("doctor.running", at)
            if answer.status == 503:
                return Finding("doctor.not_ready", {"why": said}, bad=True)
            return Finding("doctor.port_taken", at, bad=True)
    except (aiohttp.ClientError, TimeoutError):
        taken = socket.socket()
        try:
            taken.bind(("127.0.0.1", settings.port))
        except OSError:
            return Finding("doctor.port_taken", at, bad=True)
        finally:
            taken.close()
        return Finding("doctor.not_running", at, bad=True)


async def _call(session: aiohttp.ClientSession, url: str, **more: Any) -> tuple[int, Any, str | None]:
    """Status, JSON and the hour of an answer. Raises ClientError, TimeoutError."""
    async with session.get(url, allow_redirects=False, **more) as answer:
        try:
            said = await answer.json(content_type=None)
        except ValueError:
            said = None
        return answer.status, said, answer.headers.get("Date")


async def _telegram(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    base, channel = f"{settings.telegram_api_url}/bot{settings.telegram_token}", {"channel": NAMES[TELEGRAM.name]}
    try:
        status, me, hour = await _call(session, f"{base}/getMe")
        if status in (401, 404):
            return [Finding("doctor.bad_token", channel, bad=True)]
        _, info, _ = await _call(session, f"{base}/getWebhookInfo")
    except (aiohttp.ClientError, TimeoutError):
        return [Finding("doctor.no_provider", channel, bad=True)]
    result = me.get("result") if isinstance(me, dict) else None
    if not isinstance(result, dict):
        return [Finding("doctor.no_provider", channel, bad=True)]
    found = [Finding("doctor.bot", {"name": f"@{result.get('username')}"}), *_skew(hour)]
    hook = info.get("result") if isinstance(info, dict) else None
    if isinstance(hook, dict):
        found.append(_webhook(settings, hook))
    return found


def _webhook(settings: Settings, hook: dict[str, Any]) -> Finding:
    """Where Telegram writes to, as it sees it."""
    ours = f"{settings.public_url}{PATH}" if settings.telegram_mode == "webhook" else ""
    at = str(hook.get("url") or "")
    if at != ours:
        return Finding("doctor.other_webhook", {"url": urlsplit(at).netloc or "-"}, bad=True)
    waiting, failed = int(hook.get("pending_update_count") or 0), hook.get("last_error_message")
    if failed and waiting:
        return Finding("doctor.failing_webhook", {"error": str(failed)[:100]}, bad=True)
    return Finding("doctor.webhook", {"count": waiting})


def _skew(hour: str | None) -> list[Finding]:
    """How far the clock is from the one of who answered."""
    if hour is None:
        return []
    seconds = round(abs((datetime.now(UTC) - parsedate_to_datetime(hour)).total_seconds()))
    wrong = seconds > WORST_CLOCK
    return [Finding("doctor.bad_clock" if wrong else "doctor.clock", {"seconds": seconds}, bad=wrong)]


async def _twilio(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    from twilio.base.exceptions import TwilioException
    from twilio.rest import Client

    channel = {"channel": NAMES[WHATSAPP.name]}
    account = (settings.twilio_account_sid, settings.twilio_auth_token)
    url = f"{settings.twilio_api_url}/2010-04-01/Accounts/{account[0]}.json"
    try:
        status, said, _ = await _call(session, url, auth=aiohttp.BasicAuth(*account))
        if status in (401, 403):
            return [Finding("doctor.bad_token", channel, bad=True)]
        if status != 200 or not isinstance(said, dict):
            return [Finding("doctor.no_provider", channel, bad=True)]
        if said.get("status") != "active":
            return [Finding("doctor.twilio_closed", {"status": said.get("status")}, bad=True)]
        client = Client(*account, http_client=AiohttpClient(session, settings.twilio_api_url))
        known = await listed(client)
    except (aiohttp.ClientError, TimeoutError):
        return [Finding("doctor.no_provider", channel, bad=True)]
    except (Refused, TwilioException, ValueError):
        return [Finding("doctor.twilio")]
    every = [name(kind, language) for kind, language in all_templates()]
    approved = sum(1 for each in every if each in known and known[each].status == "approved")
    blanks = {"approved": approved, "all": len(every)}
    missing = approved < len(every)
    address = "doctor.missing_templates" if missing else "doctor.templates"
    return [Finding("doctor.twilio"), Finding(address, blanks, bad=missing)]


async def _public(settings: Settings, session: aiohttp.ClientSession) -> list[Finding]:
    """Whether the public address leads here, through a proxy that says who asked."""
    url = str(settings.public_url)
    try:
        status, _, _ = await _call(session, f"{url}/healthz")
        inside, _, _ = await _call(session, f"{url}/metrics")
    except (aiohttp.ClientError, TimeoutError) as error:
        return [Finding("doctor.bad_proxy", {"url": url, "error": type(error).__name__}, bad=True)]
    if status != 200:
        return [Finding("doctor.bad_proxy", {"url": url, "error": status}, bad=True)]
    ours = urlsplit(url).netloc in (f"127.0.0.1:{settings.port}", f"localhost:{settings.port}")
    if inside == 200 and not settings.metrics_token and not ours:
        return [Finding("doctor.bare_proxy", bad=True)]
    return [Finding("doctor.proxy", {"url": url})]


def language_of(given: str | None) -> str:
    """Return the language to speak: the one that was asked for, the terminal's, else French."""
    spoken = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "")[:2]
    return given or (spoken if spoken in ("ar", "en") else "fr")


def has_key(settings: Settings) -> bool:
    """Return whether the installation has a key already."""
    return bool(settings.data_key) or (DATA_KEY_FILE.exists() and bool(sealed.read_keys(DATA_KEY_FILE)[0]))
