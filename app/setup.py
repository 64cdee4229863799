"""`bot.py setup`: asks what an installation needs, checks each answer where it can be checked, and writes `.env`."""

import asyncio
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import aiohttp
from pydantic import ValidationError
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from app.doctor import has_key
from handlers.telegram.commands import describe_bot
from handlers.telegram.door import PATH
from handlers.telegram.receive import ALLOWED_UPDATES
from handlers.telegram.transport import AiohttpRequest
from handlers.whatsapp.door import OVERRIDES
from handlers.whatsapp.door import PATH as WHATSAPP_PATH
from locales import speech
from locales.server import told
from models import database
from models.outage import DatabaseUnavailable
from settings import EXAMPLE, HOME, BadSetting, Settings, read_settings

Show = Callable[[str], None]
Ask = Callable[[str], str]
LINE = re.compile(r"#?\s*([A-Z][A-Z_]*)=")
TRIES = 3


class NotAccepted(RuntimeError):
    """An answer cannot be used; its message says why."""


def setup(language: str, ask: Ask, show: Show) -> int:
    """Ask, check, write; then tell the providers what they must know. Returns 0 when everything is written, 1 when an
    answer was refused too often; nothing is written then.
    """
    show(told("setup.hello", language))
    known = _known()
    try:
        given = asyncio.run(_asked(language, ask, show, known))
    except NotAccepted as error:
        show(told("setup.refused", language, {"error": error}))
        return 1
    file = HOME / ".env"
    if file.exists():
        kept = file.with_name(f".env.before-{secrets.token_hex(2)}")
        shutil.copyfile(file, kept)
        kept.chmod(0o600)
        show(told("setup.exists", language, {"path": kept}))
    made = _write(given)
    show(told("setup.written", language, {"path": file}))
    if made:
        show(told("setup.key", language))
    settings = read_settings()
    asyncio.run(_tell(settings, language, show))
    show(told("setup.next", language))
    return 0


def _known() -> Mapping[str, str]:
    """What is set already, in the place the questions start from."""
    try:
        settings = read_settings()
    except BadSetting:
        return {}
    found = {name.upper(): getattr(settings, name) for name in Settings.model_fields}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


async def _asked(language: str, ask: Ask, show: Show, known: Mapping[str, str]) -> dict[str, str]:
    """Every answer, each checked."""
    given: dict[str, str] = {}

    async def one(name: str, question: str, check: Callable[[dict[str, str]], Any] | None = None) -> str:
        before = known.get(name, "")
        shown = f" [{_masked(name, before)}]" if before else ""
        for _ in range(TRIES):
            said = ask(f"{told(question, language)}{shown}\n> ").strip() or before
            tried = {**given, name: said}
            try:
                _check(name, said)
                if said and check is not None:
                    await check(tried)
            except NotAccepted as error:
                show(told("setup.refused", language, {"error": error}))
                continue
            given[name] = said
            return said
        raise NotAccepted(name)

    token = await one("TELEGRAM_TOKEN", "setup.telegram", _check_token)
    url = await one("PUBLIC_URL", "setup.public")
    if token and url:
        given["TELEGRAM_MODE"] = "webhook"
        given["TELEGRAM_WEBHOOK_SECRET"] = known.get("TELEGRAM_WEBHOOK_SECRET") or secrets.token_urlsafe(32)
    if await one("TWILIO_ACCOUNT_SID", "setup.sid"):
        await one("TWILIO_AUTH_TOKEN", "setup.auth", _check_account)
        await one("TWILIO_WHATSAPP_FROM", "setup.number")
    await one("DATABASE_URL", "setup.database")
    await one("CHAMBER_PHONE", "setup.phone")
    return given


def _check(name: str, said: str) -> None:
    """Whether a setting takes this value. Raises NotAccepted."""
    try:
        Settings(**({name.lower(): said} if said else {}))  # type: ignore[arg-type]
    except ValidationError as error:
        raise NotAccepted(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


async def _check_token(given: dict[str, str]) -> None:
    """Whether Telegram knows the token. Raises NotAccepted."""
    base = read_settings_url("telegram_api_url")
    async with aiohttp.ClientSession() as session:
        bot = Bot(given["TELEGRAM_TOKEN"], base_url=f"{base}/bot", request=AiohttpRequest(session))
        try:
            await bot.get_me()
        except InvalidToken:
            raise NotAccepted("401") from None
        except TelegramError as error:
            raise NotAccepted(f"Telegram: {type(error).__name__}") from None


async def _check_account(given: dict[str, str]) -> None:
    """Whether Twilio knows the account and its token. Raises NotAccepted."""
    base = read_settings_url("twilio_api_url")
    account = aiohttp.BasicAuth(given["TWILIO_ACCOUNT_SID"], given["TWILIO_AUTH_TOKEN"])
    url = f"{base}/2010-04-01/Accounts/{given['TWILIO_ACCOUNT_SID']}.json"
    try:
        async with aiohttp.ClientSession() as session, session.get(url, auth=account) as answer:
            if answer.status != 200:
                raise NotAccepted(f"Twilio: {answer.status}")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise NotAccepted(f"Twilio: {type(error).__name__}") from None


def read_settings_url(name: str) -> str:
    """Return a provider's address, as the environment or the present settings have it."""
    field = Settings.model_fields[name]
    try:
        return str(getattr(read_settings(), name))
    except BadSetting:
        return os.environ.get(name.upper(), str(field.default))


def _masked(name: str, value: str) -> str:
    secret = name in ("TELEGRAM_TOKEN", "TWILIO_AUTH_TOKEN", "DATA_KEY")
    return f"{value[:6]}…" if secret else value


# -- written ----------------------------------------------------------------------------------------------


def _write(given: Mapping[str, str]) -> bool:
    """Write `.env`, its owner's alone: the lines of before with what was answered in their place. Returns whether a key
    was made.
    """
    file = HOME / ".env"
    values = {name: value for name, value in given.items() if value}
    settings = read_settings()
    kept = file.exists() and re.search(r"^\s*DATA_KEY=\S", file.read_text(encoding="utf-8"), re.M)
    # never one beside data, nor in the place of another
    made = not (kept or has_key(settings) or _may_be_written(given.get("DATABASE_URL") or settings.database_url))
    if made:
        values["DATA_KEY"] = secrets.token_hex(32)
    lines = file if file.exists() else EXAMPLE
    text = "\n".join(_filled(lines.read_text(encoding="utf-8").splitlines(), values)) + "\n"
    draft = file.with_name(f".env.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    return made


def _may_be_written(url: str) -> bool:
    """Whether a desk has written there, or nobody can say: the first start makes the key then, where it may."""
    try:
        return database.is_written(url)
    except DatabaseUnavailable:
        return True


def _filled(lines: list[str], values: dict[str, str]) -> Iterator[str]:
    """The lines, each setting that was answered in its place; what has none at the end."""
    left = dict(values)
    for line in lines:
        match = LINE.match(line)
        if match is not None and match[1] in left:
            yield f"{match[1]}={_quoted(left.pop(match[1]))}"
        else:
            yield line
    for name, value in left.items():
        yield f"{name}={_quoted(value)}"


def _quoted(value: str) -> str:
    return f"'{value}'" if re.search(r"[\s#\"$]", value) and "'" not in value else value


# -- told -------------------------------------------------------------------------------------------------


async def _tell(settings: Settings, language: str, show: Show) -> None:
    """Tell Telegram the address, the commands and who we are; say what to put on Twilio's side, hand in templates."""
    if settings.telegram_token:
        async with aiohttp.ClientSession() as session:
            base = f"{settings.telegram_api_url}/bot"
            bot = Bot(settings.telegram_token, base_url=base, request=AiohttpRequest(session))
            try:
                if settings.telegram_open and settings.telegram_mode == "webhook":
                    secret = settings.telegram_webhook_secret
                    url = f"{settings.public_url}{PATH}"
                    await bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
                await describe_bot(bot, speech.load())
                show(told("setup.told", language))
            except TelegramError as error:
                show(told("setup.untold", language, {"error": type(error).__name__}))
    if settings.whatsapp_open:
        from app.templates import create_missing

        show(told("setup.twilio", language, {"url": f"{settings.public_url}{WHATSAPP_PATH}{OVERRIDES}"}))
        show(told("setup.templates", language, {"count": await create_missing(settings)}))


def read_line(prompt: str) -> str:
    """Ask on the terminal. Returns nothing more at the end of the input."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    return sys.stdin.readline().rstrip("\n")
