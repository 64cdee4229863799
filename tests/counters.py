"""A desk with a memory and no process: messages as the channels post them, turns at once, a clock one moves."""

import itertools
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk.chat import Chat
from conversations.roles import Role
from conversations.values import Spoken
from models import sealed
from models.contact import Contact
from models.delivery import Delivery, unseal_message
from models.registration import Registration
from models.staff import Staff
from services.chats import read_chat
from services.context import Desk, Policy
from services.outbox.messages import unpack_spoken
from services.people.files import person_of
from services.turns import lookups
from services.turns.converse import TurnDone, converse
from services.turns.receive import store_inbound
from settings import RETENTION
from tests import desks
from tests.desks import Hands, engine
from tests.usual import REGISTRATION, said

_ids = itertools.count(1)
URL = "https://desk.example.org"
FORM = tuple(said(REGISTRATION))


class Counter:
    """The desk, its database, its clock."""

    def __init__(self, made: sa.Engine, url: str | None = URL, key: str = desks.KEY) -> None:
        self.engine, self.hands = made, Hands()
        base = desks.desk(self.hands)
        policy = Policy(None, url=url, retention=dict(RETENTION))
        self.desk: Desk = replace(base, policy=policy, sealer=sealed.sealer(key))

    def person(self, channel: str = "telegram", number: int = 1001) -> "Person":
        return Person(self, channel, number)

    def run(self, use_case: Any, *given: Any) -> Any:
        with Session(self.engine, expire_on_commit=False) as db:
            done = use_case(db, self.desk, *given)
            db.commit()
        return done

    def rows(self, table: type) -> list[Any]:
        with Session(self.engine) as db:
            return list(db.scalars(sa.select(table)))

    def files(self) -> list[dict[str, Any]]:
        """Every file's answers."""
        with Session(self.engine) as db:
            rows = db.scalars(sa.select(Registration).order_by(Registration.id))
            return [person_of(self.desk, row) for row in rows]

    def sends(self, but: uuid.UUID | None = None) -> None:
        """What is on the way arrives."""
        with Session(self.engine) as db:
            waiting = sa.update(Delivery).where(Delivery.state == "pending", Delivery.due_at <= self.hands.at)
            if but is not None:
                waiting = waiting.where(Delivery.id != but)
            db.execute(waiting.values(state="sent", sent_at=self.hands.at))
            db.commit()


class Person:
    """One phone. Each message is what its channel would post; a turn reads it back from the database."""

    def __init__(self, counter: Counter, channel: str, number: int) -> None:
        self.counter, self.channel, self.number = counter, channel, number
        self.turned: TurnDone | None = None
        self.contact_id: uuid.UUID
        self.sent = 0
        self.also: str | None = None  # the opaque name that comes beside her number

    @property
    def address(self) -> str:
        return str(self.number) if self.channel == "telegram" else f"whatsapp:+2126{self.number:08}"

    def says(self, words: str, **more: Any) -> Spoken:
        if self.channel == "telegram":
            return self.posts({"message": self._message(text=words, **more)})
        return self.posts({"Body": words, **more})

    def presses(self, data: str) -> Spoken:
        """`step:option`, by the button of the last message; AssertionError when it is not there."""
        found = [b.data for b in (*self.spoken.options, *self.spoken.exits) if b.data.startswith(data + ":")]
        assert found, (data, self.spoken.text, [b.data for b in self.spoken.options])
        return self.presses_exactly(found[0])

    def presses_exactly(self, data: str) -> Spoken:
        if self.channel != "telegram":
            return self.posts({"Body": "?", "ButtonPayload": data})
        message = {"message_id": 1, "date": 1, "text": "?", "chat": {"id": self.number, "type": "private"}}
        return self.posts(
            {"callback_query": {"id": "1", "from": {"id": self.number}, "data": data, "message": message}}
        )

    def sends(self, **content: Any) -> Spoken:
        """Something else than words, in the channel's own shape."""
        return self.posts({"message": self._message(**content)} if self.channel == "telegram" else content)

    def _message(self, **content: Any) -> dict[str, Any]:
        return {
            "message_id": next(_ids),
            "date": int(self.counter.hands.at.timestamp()),
            "from": {"id": self.number},
            "chat": {"id": self.number, "type": "private"},
            **content,
        }

    def posts(self, body: dict[str, Any]) -> Spoken:
        number, desk = next(_ids), self.counter.desk
        raw = json.dumps({"update_id": number, **body} if self.channel == "telegram" else body).encode()
        with Session(self.counter.engine) as db:
            found = store_inbound(db, desk, self.channel, str(number), self.address, raw, self.also)
            assert found is not None
            self.contact_id = found
            db.commit()
        with Session(self.counter.engine) as db:  # another session: nothing is remembered but the rows
            self.turned = converse(db, desk, found)
            db.commit()
        self.sent += 1
        return self.spoken

    def does(self, *what: str) -> Spoken:
        """Buttons by `step:option`, the rest is said; a guess is agreed to."""
        for each in what:
            head, _, option = each.partition(":")
            is_button = bool(option) and head.isidentifier() and head.isascii()
            self.presses(each) if is_button else self.says(each)
            if self.spoken.options and self.spoken.options[0].data.startswith("sure:") and not each.startswith("sure"):
                self.presses("sure:yes")
        return self.spoken

    def registers(self, language: str = "fr", form: tuple[str, ...] = FORM) -> Spoken:
        """From hello to the reference."""
        self.says("/start")
        self.presses(f"language:{language}")
        self.presses("menu:register")
        self.does(*form)
        return self.presses("check:confirm")

    @property
    def messages(self) -> list[Spoken]:
        with Session(self.counter.engine) as db:
            found = sa.select(Delivery).where(Delivery.contact_id == self.contact_id).order_by(Delivery.id)
            rows = [row for row in db.scalars(found) if row.body is not None]
            return [unpack_spoken(unseal_message(self.counter.desk.sealer, row)) for row in rows]

    @property
    def spoken(self) -> Spoken:
        return self.messages[-1]

    @property
    def text(self) -> str:
        return self.spoken.text.replace("\u2068", "").replace("\u2069", "").replace("\u00a0", " ")

    @property
    def options(self) -> list[str]:
        return [button.data.rpartition(":")[0] for button in self.spoken.options]

    @property
    def step(self) -> str:
        """The question that is open: the first step that has no answer."""
        chat = self.chat
        with Session(self.counter.engine) as db:
            from conversations.forms.flow import lift, locate

            contact = db.get_one(Contact, self.contact_id)
            world = lookups.turn_context(db, self.counter.desk, contact, chat)
            flow = self.counter.desk.flows[chat.open]
            return locate(flow, lift(flow, chat.form.state), world).at.id

    @property
    def chat(self) -> Chat:
        with Session(self.counter.engine) as db:
            return read_chat(self.counter.desk, db.get_one(Contact, self.contact_id))


@contextmanager
def counter(database: str, **given: Any) -> Iterator[Counter]:
    with engine(database) as made:
        yield Counter(made, **given)


WIFE = tuple(
    {"whom:me": "whom:spouse", "Fatima Essai": "Amina Essai", "25/12/1990": "13/12/1992"}.get(each, each)
    for each in FORM
)


def bare(label: str) -> str:
    return label.strip("\u2068\u2069")


def boss(desk: Counter) -> Person:
    admin = desk.person("telegram", 9)
    admin.says("/start")
    admin.presses("language:fr")
    with Session(desk.engine) as db:
        db.add(Staff(contact_id=admin.contact_id, roles=Role.ADMIN, state="active", since=desk.hands.at))
        db.commit()
    return admin
