"""Why a message did not arrive is a value from the provider's code on: every row of the tables, every error of a
connection, as the clerk reads it in both languages.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from conversations.values import Say
from handlers.telegram import send as telegram
from handlers.telegram.transport import AiohttpRequest, NoAnswer, NotSecure, NotWritten
from handlers.whatsapp import send as whatsapp
from handlers.whatsapp.transport import AiohttpClient
from models.contact import Contact
from models.delivery import Delivery
from services.broadcasts.report import broadcast_view
from services.outbox.sending import (
    Gone,
    Reason,
    Rejected,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from tests.desks import engine, session, words
from tests.towns import Town

TELEGRAM: list[tuple[TelegramError, type[SendError], str]] = [
    (InvalidToken("Unauthorized"), Unauthorized, "credentials"),
    (Forbidden("Forbidden: bot can't initiate conversation with a user"), Gone, "not_started"),
    (Forbidden("Forbidden: bot was blocked by the user"), Gone, "blocked"),
    (Forbidden("Forbidden: user is deactivated"), Gone, "blocked"),
    (BadRequest("Bad Request: chat not found"), Gone, "no_chat"),
    (BadRequest("Bad Request: PEER_ID_INVALID"), Gone, "no_chat"),
    (BadRequest("Bad Request: user is deactivated"), Gone, "blocked"),
    (BadRequest("Bad Request: bot was kicked from the group chat"), Gone, "blocked"),
    (BadRequest("Bad Request: can't parse entities"), Rejected, "other"),
    (ChatMigrated(5), Rejected, "other"),
    (NotSecure("ClientConnectorCertificateError"), Unreachable, "tls"),
    (NotWritten("ConnectionTimeoutError"), Unreachable, "network"),
    (NoAnswer("ServerTimeoutError"), Uncertain, "unsure"),
    (TimedOut(), Uncertain, "unsure"),
    (NetworkError("Bad Gateway"), Uncertain, "outage"),
    (Conflict("Conflict"), Uncertain, "outage"),
]
TWILIO: list[tuple[int, int, type[SendError], str]] = [
    (400, 20003, Unauthorized, "credentials"),
    (400, 20005, Unauthorized, "credentials"),
    (401, 70051, Unauthorized, "credentials"),
    (400, 21211, Gone, "number"),
    (400, 21610, Stopped, "stopped"),
    (400, 21614, Gone, "number"),
    (400, 63014, Stopped, "stopped"),
    (400, 63016, WindowClosed, "window"),
    (400, 63018, Throttled, "daily"),
    (400, 63024, Gone, "no_account"),
    (400, 63049, Rejected, "withheld"),
    (400, 21617, Rejected, "other"),
    (503, 20500, Uncertain, "outage"),
    (429, 20429, Throttled, "throttled"),
]


@pytest.mark.parametrize(("error", "meant", "reason"), TELEGRAM, ids=lambda value: str(value)[:40])
def test_every_refusal_of_telegram(error: TelegramError, meant: type[SendError], reason: str) -> None:
    found = telegram.meaning(error)
    assert (type(found), found.reason) == (meant, reason)


@pytest.mark.parametrize(("status", "code", "meant", "reason"), TWILIO)
def test_every_refusal_of_twilio(status: int, code: int, meant: type[SendError], reason: str) -> None:
    found = whatsapp.meaning(TwilioRestException(status, "/Messages", "words", code))
    assert (type(found), found.reason) == (meant, reason)


def test_every_row_of_the_tables_is_tried_here() -> None:
    tried = {(meant, reason) for _, meant, reason in TELEGRAM}
    assert {(meant, str(reason)) for _, _, meant, reason in telegram.REFUSALS} == tried
    assert set(whatsapp.REFUSALS) <= {code for _, code, _, _ in TWILIO}


# -- real connections ---------------------------------------------------------------------------------------


@contextmanager
def listening(answer: bytes | None = None) -> Iterator[int]:
    """A port that takes connections; it answers so, or never says a word."""
    import threading

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        open_now = []

        def serve() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    open_now.append(connection)
                    if answer is not None:
                        connection.recv(65536)
                        connection.sendall(answer)
                        connection.close()
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for each in open_now:
            each.close()
        thread.join(5)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def ends(url: str, channel: str, wait: float = 0.3) -> SendError:
    """How one call of a channel to an address ends."""

    async def main() -> SendError:
        async with aiohttp.ClientSession() as http:
            if channel == "telegram":
                transport = AiohttpRequest(http, read_timeout=wait, connect_timeout=wait)
                bot = Bot("42:x", base_url=f"{url}/bot", request=transport, get_updates_request=transport)
                with pytest.raises(TelegramError) as raised:
                    await bot.send_message(1, "words")
                return telegram.meaning(raised.value)
            client = Client("AC1", "x", http_client=AiohttpClient(http, url, connect_timeout=wait))
            with pytest.raises(TwilioException) as failed:
                await client.messages.create_async(to="whatsapp:+1", from_="whatsapp:+2", body="words")
            return whatsapp.meaning(failed.value)

    return asyncio.run(main())


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_what_never_left_is_told_apart_from_what_may_have(channel: str) -> None:
    def found(url: str) -> tuple[str, str]:
        error = ends(url, channel)
        return type(error).__name__, error.reason

    assert found(f"http://127.0.0.1:{closed_port()}") == ("Unreachable", "network")
    with listening() as port:  # a connection that is never made secure: nothing of the message left
        assert found(f"https://127.0.0.1:{port}")[0] == "Unreachable"
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:  # no TLS there
        assert found(f"https://127.0.0.1:{port}") == ("Unreachable", "tls")
    with listening(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\n{}") as port:
        assert found(f"http://127.0.0.1:{port}") == ("Uncertain", "outage")
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{") as port:
        assert found(f"http://127.0.0.1:{port}") == ("Uncertain", "unsure")


# -- as a clerk reads it -------------------------------------------------------------------------------------


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        yield Town(made)


def report_of(town: Town, id: int, language: str) -> str:
    with Session(town.engine) as db:
        sending = broadcast_view(db, town.desk, db.get_one(Contact, town.author), str(id))
    return words().speak((sending.told,), language, "1").text.replace("\u2068", "").replace("\u2069", "")


def test_each_reason_has_a_sentence_of_its_own_in_both_languages() -> None:
    for language in ("ar", "fr"):
        said = [words().say(Say(f"reason.{reason}"), language) for reason in Reason]
        assert len(set(said)) == len(said)


@pytest.mark.parametrize(
    ("error", "state", "fr", "ar"),
    [
        (Forbidden("bot can't initiate conversation with a user"), "undeliverable", "ne nous ont encore jamais écrit", "لم يكتبوا لنا بعد"),
        (BadRequest("Bad Request: PEER_ID_INVALID"), "undeliverable", "compte introuvable", "لم نجد الحساب"),
        (NotWritten("ConnectionTimeoutError"), "failed", "pas de connexion", "لم نستطع الاتصال"),
        (NotSecure("ClientConnectorCertificateError"), "failed", "connexion non sûre, rien n'est parti", "الاتصال غير آمن، لم يخرج شيء"),
        (NetworkError("Bad Gateway"), "unknown", "panne de l'application, on ne sait pas si c'est arrivé", "عطل في التطبيق، لا نعرف هل وصلت"),
        (TwilioRestException(400, "/Messages", "words", 21211), "undeliverable", "numéro non valable", "رقم غير صالح"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_the_clerk_s_report_says_why(town: Town, error: Any, state: str, fr: str, ar: str) -> None:
    town.add("telegram", "guelmim")
    id = town.sent({"area": "all"})
    meaning: Callable[[Any], SendError] = telegram.meaning if isinstance(error, TelegramError) else whatsapp.meaning
    for _ in range(9):
        for outgoing in town.take():
            town.ends(outgoing, meaning(error))
        town.hands.move(minutes=11)
    assert town.states() == [state]
    assert fr in report_of(town, id, "fr")
    assert ar in report_of(town, id, "ar")


def test_what_is_known_of_earlier_messages_stays_known(town: Town) -> None:
    """Rows of the last release hold what the provider said, in words: the migration reads it."""
    import importlib.util

    from models.database import ROOT

    path = next((ROOT / "migrations" / "versions").glob("0007_*.py"))
    spec = importlib.util.spec_from_file_location("reasons", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert {reason for reason, _ in module.MARKS} <= set(Reason)
    said = {
        "Forbidden: bot was blocked by the user": "blocked",
        "Twilio 63024": "no_account",
        "Twilio 21211": "number",
        "throttled for 60.0 s": "throttled",
        "no template": "window",
        "the session changed": "undone",
        "too late to be of use": "late",
        "ConnectionTimeoutError": "network",
        "ServerTimeoutError": "unsure",
        "ClientConnectorCertificateError": "tls",
        "answered 502": "outage",
        "the lane died while sending": "unsure",
        "Bad Request: can't parse": "other",
        "Forbidden: bot can't initiate conversation with a user": "not_started",
    }
    for _ in said:
        town.add("telegram", "guelmim")
    town.sent({"area": "all"})
    with session(town.engine) as db:
        ids = list(db.scalars(sa.select(Delivery.id).where(Delivery.broadcast_id.is_not(None))))
        for id, text in zip(ids, said, strict=True):
            db.execute(sa.update(Delivery).where(Delivery.id == id).values(error=text, state="failed"))
        db.execute(module.backfill())
        found = dict(db.execute(sa.select(Delivery.error, Delivery.reason).where(Delivery.id.in_(ids))).all())
    assert found == said
    assert ssl.OPENSSL_VERSION
