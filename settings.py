"""What may differ between two installations: read once, from the environment or `.env`.

Every setting has its line in `.env.example`; a value that cannot be used stops the start with one
line that names it. A channel half configured stays shut and says so; the other doors open.
"""

import difflib
import os
import re
import tomllib
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

EXAMPLE = Path(__file__).with_name(".env.example")
# Where `.env`, `var/` and a relative DATABASE_URL are: the installation's folder, wherever it is started from.
HOME = Path(os.environ.get("HIRFA_HOME") or Path(__file__).parent).resolve()
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}\Z")
TEMPLATE_KINDS = ("announce", "remind", "moved", "cancelled", "broadcast", "answer", "staff", "nudge", "file", "thanks")
TEMPLATE = re.compile(r"[a-z_]{1,32}\.(ar|fr)=HX[0-9a-zA-Z]{1,64}\Z")
# Days each kind of thing is kept, unless the chamber says otherwise (docs/privacy.md).
RETENTION = {
    "inbound": 30,
    "messages": 90,
    "drafts": 90,
    "requests": 365,
    "results": 365,
    "files": 1825,
    "contacts": 730,
    "links": 7,
    "unanswered": 365,
}
LEAST_INBOUND = 8
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING = re.compile(
    rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))? ([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])\Z"
)
HOURS = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]\Z")
SECRET = re.compile(r"[A-Za-z0-9_-]{8,256}\Z")


VERSION: str = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text("utf-8"))["project"]["version"]


class BadSetting(RuntimeError):
    """A setting that cannot be used; its message is the one line to show."""


def _https(url: str) -> str:
    parts = urlsplit(url)
    local = parts.hostname in LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        raise ValueError("must be https://... (http only on loopback)")
    if parts.query or parts.fragment:
        raise ValueError("must be an address without ? and #")
    return url.rstrip("/")


def _token(token: str) -> str:
    if token and not TOKEN.match(token):
        raise ValueError("is not a bot token (digits, a colon, letters)")
    return token


def _secret(secret: str) -> str:
    if secret and not SECRET.match(secret):
        raise ValueError("must be 8 to 256 of A-Z a-z 0-9 _ -")
    return secret


def _key(key: str) -> str:
    if key and len(key) < 32:
        raise ValueError("must have 32 characters or more")
    return key


def _database(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    if url.removeprefix("sqlite:///").partition("?")[0] in ("", ":memory:"):
        raise ValueError("needs a file: what is only in memory is lost")
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("cannot be read as an address") from None
    if made.get_backend_name() == "sqlite" and not Path(str(made.database)).is_absolute():
        made = made.set(database=str(HOME / str(made.database)))
        return made.render_as_string(hide_password=False)
    return url


Url = Annotated[str, AfterValidator(_https)]


def _sid(sid: str) -> str:
    if sid and not re.match(r"AC[0-9a-zA-Z]{1,64}\Z", sid):
        raise ValueError("is not an account SID (AC and letters or digits)")
    return sid


def _sender(number: str) -> str:
    number = number.replace(" ", "").removeprefix("whatsapp:")
    if number and not re.match(r"\+[1-9][0-9]{6,14}\Z", number):
        raise ValueError("is not a number like +212600000000")
    return f"whatsapp:{number}" if number else ""


def _templates(text: str) -> str:
    for part in text.replace(",", " ").split():
        if not TEMPLATE.match(part):
            raise ValueError(f"{part!r} is not like announce.ar=HX0123 (kinds: {', '.join(TEMPLATE_KINDS)})")
    return text


def _quiet(hours: str) -> str:
    if hours and not HOURS.match(hours):
        raise ValueError("must be like 21:00-08:00, or empty for none")
    return hours


def _retention(text: str) -> str:
    for part in text.replace(",", " ").split():
        kind, _, days = part.partition("=")
        if kind not in RETENTION or not re.match(r"[0-9]{1,5}\Z", days, re.ASCII):
            raise ValueError(f"{part!r} is not like files=1825 (kinds: {', '.join(RETENTION)})")
        if kind == "inbound" and 0 < int(days) < LEAST_INBOUND:
            raise ValueError(f"inbound must be {LEAST_INBOUND} or more: repeats are known by it")
    return text


def _working(text: str) -> str:
    for part in text.split(","):
        if part.strip() and not WORKING.match(part.strip().lower()):
            raise ValueError(f"{part.strip()!r} is not like mon-fri 08:30-16:30")
    return text


def _hour(text: str) -> str:
    if text and not re.match(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z", text):
        raise ValueError("must be like 03:30, or empty for none")
    return text


def _recipient(key: str) -> str:
    if key:
        from pyrage import RecipientError, x25519

        try:
            x25519.Recipient.from_str(key)
        except RecipientError:
            raise ValueError("is not a recipient of age (age1...): age-keygen makes one") from None
    return key


def _folder(path: str) -> str:
    return str(HOME / path) if path else ""


def _remote(name: str) -> str:
    if name and not re.match(r"[A-Za-z0-9_.-]+:\S*\Z", name):
        raise ValueError("is not a place rclone knows (name:folder)")
    return name


def _invitation(code: str) -> str:
    if code and not re.match(r"[A-Za-z0-9_-]{8,60}\Z", code):
        raise ValueError("must be 8 to 60 of A-Z a-z 0-9 _ -")
    return code


class Settings(BaseSettings):
    """The installation's settings, frozen once read."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, validate_default=True)

    _demo: bool = PrivateAttr(False)  # asked for by name
    _configured: bool = PrivateAttr(False)  # there is a `.env`

    port: int = Field(8080, ge=1, le=65535)
    public_url: Url | None = None
    database_url: Annotated[str, AfterValidator(_database)] = "sqlite:///var/hirfa.db"
    data_key: Annotated[str, AfterValidator(_key)] = Field("", repr=False)
    data_key_old: Annotated[str, AfterValidator(_key)] = Field("", repr=False)
    timezone: str = "Africa/Casablanca"

    telegram_token: Annotated[str, AfterValidator(_token)] = Field("", repr=False)
    telegram_mode: Literal["polling", "webhook"] = "polling"
    telegram_webhook_secret: Annotated[str, AfterValidator(_secret)] = Field("", repr=False)
    telegram_webhook_secret_old: Annotated[str, AfterValidator(_secret)] = Field("", repr=False)
    telegram_api_url: Url = "https://api.telegram.org"
    telegram_rate: float = Field(30, ge=1, le=100_000)
    telegram_paid_rate: float = Field(0, ge=0, le=1000)

    twilio_account_sid: Annotated[str, AfterValidator(_sid)] = ""
    twilio_auth_token: str = Field("", repr=False)
    twilio_auth_token_old: str = Field("", repr=False)
    twilio_whatsapp_from: Annotated[str, AfterValidator(_sender)] = ""
    twilio_api_url: Url = "https://api.twilio.com"
    twilio_templates: Annotated[str, AfterValidator(_templates)] = ""
    whatsapp_rate: float = Field(80, ge=1, le=100_000)
    whatsapp_daily: int = Field(250, ge=0, le=10_000_000)
    whatsapp_price: Decimal | None = Field(None, ge=0, le=1000)

    quiet_hours: Annotated[str, AfterValidator(_quiet)] = "21:00-08:00"
    undo_seconds: int = Field(60, ge=0, le=600)
    approve_above: int = Field(200, ge=0, le=10_000_000)
    trial_size: int = Field(20, ge=0, le=10_000)
    admin_invite: Annotated[str, AfterValidator(_invitation)] = Field("", repr=False)

    metrics_token: Annotated[str, AfterValidator(_secret)] = Field("", repr=False)
    alert_url: Url | None = Field(None, repr=False)
    spend_a_day: Decimal | None = Field(None, ge=0, le=1_000_000)
    backup_folder: Annotated[str, AfterValidator(_folder)] = "var/backups"
    backup_at: Annotated[str, AfterValidator(_hour)] = "03:30"
    backup_keep_days: int = Field(14, ge=1, le=3650)
    backup_recipient: Annotated[str, AfterValidator(_recipient)] = ""
    backup_remote: Annotated[str, AfterValidator(_remote)] = ""

    check_after_days: int = Field(30, ge=0, le=365)
    retention: Annotated[str, AfterValidator(_retention)] = ""

    working_hours: Annotated[str, AfterValidator(_working)] = Field("", max_length=300)
    chamber_phone: str = Field("", max_length=40)
    chamber_hours_ar: str = Field("", max_length=200)
    chamber_hours_fr: str = Field("", max_length=200)
    chamber_address_ar: str = Field("", max_length=200)
    chamber_address_fr: str = Field("", max_length=200)
    helplines_ar: str = Field("", max_length=200)
    helplines_fr: str = Field("", max_length=200)

    @property
    def any_channel(self) -> bool:
        """Whether any setting of a channel is present: then this is not a demonstration."""
        telegram = self.telegram_token or self.telegram_webhook_secret
        twilio = self.twilio_account_sid or self.twilio_auth_token or self.twilio_whatsapp_from
        return bool(telegram or twilio)

    @property
    def demonstration(self) -> bool:
        """The page with the phones: asked for, or where nothing at all is configured for real people."""
        return self._demo or not (self._configured or self.any_channel or self.public_url)

    @property
    def no_door(self) -> bool:
        """Whether somebody has configured a desk that nobody could write to."""
        return self._configured and not self._demo and not self.any_channel

    @property
    def quiet(self) -> tuple[time, time] | None:
        """From which to which hour nothing leaves that nobody asked for; never in the demonstration."""
        if not self.quiet_hours or self.demonstration:
            return None
        begins, ends = self.quiet_hours.split("-")
        return time.fromisoformat(begins), time.fromisoformat(ends)

    @property
    def working(self) -> dict[int, tuple[tuple[time, time], ...]]:
        """From when to when somebody is at work, by weekday; nothing when that was not told."""
        found: dict[int, tuple[tuple[time, time], ...]] = {}
        for part in filter(None, (part.strip().lower() for part in self.working_hours.split(","))):
            days, _, hours = part.partition(" ")
            first, _, last = days.partition("-")
            begins, ends = (time.fromisoformat(each) for each in hours.split("-"))
            for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
                found[day] = (*found.get(day, ()), (begins, ends))
        return found

    @property
    def telegram_open(self) -> bool:
        """Whether the Telegram door opens."""
        return bool(self.telegram_token) and "telegram" not in self.shut_doors

    @property
    def shut_doors(self) -> dict[str, str]:
        """Channels half configured: why each stays shut, in one line."""
        shut = {}
        if self.telegram_webhook_secret and not self.telegram_token:
            shut["telegram"] = _says("telegram_token", "is not set")
        elif self.telegram_token and self.telegram_mode == "webhook":
            if self.public_url is None:
                shut["telegram"] = _says("public_url", "is needed by TELEGRAM_MODE=webhook")
            elif not self.telegram_webhook_secret:
                shut["telegram"] = _says("telegram_webhook_secret", "is needed by TELEGRAM_MODE=webhook")
        needed = ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_from", "public_url")
        if any(getattr(self, name) for name in needed[:3]):
            missing = next((name for name in needed if not getattr(self, name)), None)
            if missing:
                shut["whatsapp"] = _says(missing, "is not set")
        return shut

    @property
    def whatsapp_open(self) -> bool:
        """Whether the WhatsApp door opens."""
        return bool(self.twilio_account_sid) and "whatsapp" not in self.shut_doors

    @property
    def retention_days(self) -> dict[str, int]:
        """How many days each kind of thing is kept; 0: for ever."""
        parts = self.retention.replace(",", " ").split()
        told = {kind: int(days) for kind, _, days in (part.partition("=") for part in parts)}
        return {**RETENTION, **told}

    @property
    def templates(self) -> dict[str, str]:
        """The provider's id of each approved template, by `<kind>.<language>`."""
        parts = self.twilio_templates.replace(",", " ").split()
        return {name: id for name, _, id in (part.partition("=") for part in parts)}


def read_settings(demo: bool = False) -> Settings:
    """The settings, of the environment or of the installation's `.env`; for the demonstration (`demo`) none of a
    channel. BadSetting with one line that names the first that cannot be used.
    """
    file = HOME / ".env"
    try:
        if demo:
            none = dict.fromkeys(OF_CHANNELS, "")
            made = Settings(_env_file=None, public_url=None, **none)  # type: ignore[arg-type]
        else:
            made = Settings(_env_file=file)
        made._demo, made._configured = demo, file.exists()
        return made
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        why = first["msg"].removeprefix("Value error, ")
        raise BadSetting(f"{name.upper()} {why} ({_line(name)})") from None


OF_CHANNELS = (
    "telegram_token",
    "telegram_webhook_secret",
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_whatsapp_from",
)
OURS = ("TELEGRAM_", "TWILIO_", "WHATSAPP_", "CHAMBER_", "HELPLINES_", "BACKUP_", "DATA_KEY", "HIRFA_")


def unknown_settings() -> dict[str, str | None]:
    """Settings that are given and that nobody reads, by name: the one that was meant, where it can be guessed."""
    known = [name.upper() for name in Settings.model_fields] + ["HIRFA_HOME", "HIRFA_COMMAND"]
    file = HOME / ".env"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    named = [match[1] for line in lines if (match := re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=", line))]
    given = [*named, *(name for name in os.environ if name.upper().startswith(OURS))]
    found: dict[str, str | None] = {}
    for name in dict.fromkeys(given):
        if name.upper() not in known:
            found[name] = next(iter(difflib.get_close_matches(name.upper(), known, 1, 0.7)), None)
    return found


def _says(name: str, why: str) -> str:
    return f"{name.upper()} {why} ({_line(name)})"


def _line(name: str) -> str:
    """Where `.env.example` tells of a setting."""
    pattern = re.compile(rf"#?\s*{name.upper()}=")
    if EXAMPLE.exists():
        for number, line in enumerate(EXAMPLE.read_text(encoding="utf-8").splitlines(), 1):
            if pattern.match(line):
                return f".env.example line {number}"
    return ".env.example"
