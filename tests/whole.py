"""The whole desk in this process, on a clock whose hands a test moves, with real HTTP to both fakes."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.build import build
from app.runtime import Runtime
from app.serve import serve
from models import database
from models.broadcast import Broadcast
from models.delivery import TO_MANY, Delivery, DeliveryState
from models.inbound import Inbound
from services.context import Policy
from services.restore_guard import beat
from settings import Settings
from tests.artisans import Artisan, WhatsAppArtisan
from tests.desks import Hands
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.running import SECRET, TOKEN, free_port, whatsapp

INVITE = "only-for-tests-invite"


# what a clerk writes to everybody, and how she plans a meeting and sends
ARABIC, FRENCH = "القاعة تغيرت. نلتقي في دار الشباب.", "La salle change. Rendez-vous à la maison des jeunes."
NOW = ("whom:everybody", "when:now")
TO_ALL = ("beside:none", "area:all", *NOW)
PLAN = (
    "/session",
    "1",
    "1",
    "قاعة الغرفة",
    "Salle",
    "1",
    "27/11/2026",
    "15h",
    "1",
    "more:no",
    "sans limite",
    "ready:announce",
)


class Whole:
    """Both channels open, by webhook; `hands` move the desk's clock and the fakes' alike.

    `rates`: what the providers allow a second, and the desk is told of.
    """

    def __init__(
        self, folder: Path, database_url: str, templates: str = "", rates: tuple[int, int] | None = None
    ) -> None:
        self.hands = Hands()
        ids = tuple(part.partition("=")[2] for part in templates.split())
        paced, numbered = rates or (None, None)
        self.telegram = BotApi(folder, paced)
        self.twilio = Twilio(folder, ids, now=lambda: self.hands.at, rate=numbered)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        given = {
            **whatsapp(self.twilio.url, database_url, url),
            "PORT": str(port),
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.telegram.url,
            "TELEGRAM_MODE": "webhook",
            "TELEGRAM_RATE": "10000",
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
            "ADMIN_INVITE": INVITE,
            "TWILIO_TEMPLATES": templates,
        }
        if rates:
            given |= {"TELEGRAM_RATE": str(paced), "WHATSAPP_RATE": str(numbered)}
        self.settings = Settings(**{name.lower(): value for name, value in given.items()})  # type: ignore[arg-type]
        self.reader = database.engine(database_url, writer=False)
        self.doors = Runtime(every=None)  # the test says when to look
        self.people: list[Artisan | WhatsAppArtisan] = []
        self.twilio.webhook = f"{url}/twilio/whatsapp"
        self._loop: asyncio.AbstractEventLoop
        self._failed: BaseException | None = None
        self.folder = folder
        self._thread = threading.Thread(target=self._run, name="desk")

    def __enter__(self) -> "Whole":
        self._thread.start()
        self.telegram.wait(lambda: self.telegram.webhook or self._failed)
        assert self._failed is None
        return self

    def __exit__(self, *error: Any) -> None:
        if self.doors.server is not None:
            self.doors.server.should_exit = True
        self._thread.join(20)
        self.reader.dispose()
        self.telegram.close()
        self.twilio.close()

    def _run(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self.house = build(self.settings, lambda: self.hands.at, self.folder)
            await serve(self.house, self.doors)

        try:
            asyncio.run(main())
        except BaseException as error:
            self._failed = error
            raise

    def limits(self, **values: Any) -> None:
        """Other decisions of the chamber, from now on."""
        policy = self.house.desk.policy
        for name, value in values.items():
            object.__setattr__(policy, name, value)  # every part holds the same one

    def artisan(self, chat: int) -> Artisan:
        self.people.append(Artisan(self.telegram, chat))
        return self.people[-1]  # type: ignore[return-value]

    def number(self, number: str) -> WhatsAppArtisan:
        self.people.append(WhatsAppArtisan(self.twilio, number))
        return self.people[-1]  # type: ignore[return-value]

    def look(self) -> None:
        """The clock looks at the tables, until everything that is due has left and been told of."""
        self.beats()
        self.settle()
        for _ in range(3):  # what comes to its end is told in the next look
            asyncio.run_coroutine_threadsafe(self.doors.timetable.look(), self._loop).result(30)  # type: ignore[union-attr]
            self.settle()

    def beats(self) -> None:
        """The desk was alive all the while its hands were moved."""
        asyncio.run_coroutine_threadsafe(self.house.runner.run(beat, self.house.desk), self._loop).result(30)

    def put_down(self) -> None:
        """The clock looks once, and nobody waits for what leaves."""
        self.beats()
        asyncio.run_coroutine_threadsafe(self.doors.timetable.look(), self._loop).result(30)  # type: ignore[union-attr]

    def settle(self, seconds: float = 30) -> None:
        """Wait until every message has had its turn, and everything due has left."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with Session(self.reader) as db:
                done = db.scalar(sa.select(sa.func.count()).where(Inbound.state == "done"))
                going = sa.select(Broadcast.id).where(Broadcast.state == "going")
                leaves = Delivery.broadcast_id.is_(None) | Delivery.broadcast_id.in_(going)
                pending = leaves & (Delivery.state == DeliveryState.PENDING) & (Delivery.due_at <= self.hands.at)
                if Policy().is_quiet(self.hands.at):  # the wall clock of Morocco is UTC now
                    pending &= Delivery.kind.not_in(TO_MANY)
                untold = (Delivery.channel == "whatsapp") & (
                    Delivery.state == DeliveryState.SENT
                )  # its status is on the way
                due = sa.select(sa.func.count()).where((Delivery.state == DeliveryState.SENDING) | pending | untold)
                if done == sum(person.sent for person in self.people) and not db.scalar(due):
                    return
            time.sleep(0.02)
        raise AssertionError("never settled")


def say(person: Artisan | WhatsAppArtisan, *words: str) -> str:
    """Say or press each; the last answer."""
    for each in words:
        before = len(person.words)
        person.presses(each) if ":" in each and " " not in each and "/" not in each else person.says(each)
        person.api.wait(lambda before=before: len(person.words) > before)  # type: ignore[misc]
    return person.words[-1]


def admin(whole: Whole, chat: int = 5001) -> Artisan:
    """The first admin, joined by the invitation of the start, in French."""
    person = whole.artisan(chat)
    say(person, f"/start j-{INVITE}", "2")
    return person


def subscribed(person: Artisan | WhatsAppArtisan, language: str, province: str) -> None:
    """Hello, a language, the meetings near her, and the wish to be told of those of the province."""
    for said in (
        "/start",
        {"ar": "1", "fr": "2"}[language],
        {"ar": "اللقاءات", "fr": "rencontres"}[language],
    ):
        person.says(said)
        person.hears()
    for said in (province, "1", "1", "2", "1"):  # the province, tell me, its first commune, all of it, yes
        person.says(said)
        person.hears()
    assert "stop" in person.texts[-1] or "توقف" in person.texts[-1]


def announced(whole: Whole, clerk: Artisan, count: int, plan: tuple[str, ...] = PLAN) -> None:
    """A session planned and announced to so many: the count typed, the minute over."""
    say(clerk, *plan)
    whole.settle()
    say(clerk, str(count))
    whole.hands.move(seconds=61)
    whole.look()


def rows(whole: Whole, kind: str = "broadcast") -> list[str]:
    with Session(whole.reader) as db:
        return sorted(db.scalars(sa.select(Delivery.state).where(Delivery.kind == kind)))
