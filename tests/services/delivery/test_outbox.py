"""The outbox: every way a send can end, the order of a contact's messages, doubt, and age."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.contact import Contact
from models.delivery import Delivery
from models.inbound import Inbound
from models.person_request import PersonRequest, RequestWords
from services.context import Channel, Desk
from services.delivery.outbox import SendResult, record_results, recover_uncertain, take
from services.outbox.send_outcomes import RETRY_SECONDS
from services.outbox.sending import (
    Gone,
    Outgoing,
    Rejected,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from services.turns.converse import converse, count_failure
from services.turns.receive import store_inbound
from tests.desks import Hands, desk, engine, session

OWNER = "lane-1"


class House:
    """A desk on a real database, driven use case by use case."""

    def __init__(self, made: sa.Engine) -> None:
        self.engine, self.hands = made, Hands()
        self.desk: Desk = desk(self.hands)
        self.count = 0

    def says(self, text: str, phone: str = "phone", id: str | None = None) -> None:
        """A message of the web channel, stored and turned."""
        self.count += 1
        body = ('{"text": "' + text + '"}').encode()
        with session(self.engine) as db:
            contact = store_inbound(db, self.desk, "web", id or str(self.count), phone, body)
        if contact is not None:
            with session(self.engine) as db:
                assert converse(db, self.desk, contact) is not None

    def take(self, most: int = 100) -> list[Outgoing]:
        with session(self.engine) as db:
            return take(db, self.desk, "web", OWNER, most)

    def ends(self, outgoing: Outgoing, error: SendError | None = None, owner: str = OWNER) -> int:
        with session(self.engine) as db:
            return record_results(
                db, self.desk, owner, [SendResult(outgoing.id, "p-1" if error is None else None, error)]
            )

    def recover(self) -> int:
        with session(self.engine) as db:
            return recover_uncertain(db, self.desk, "web")

    def states(self) -> list[str]:
        with Session(self.engine) as db:
            return list(db.scalars(sa.select(Delivery.state).order_by(Delivery.seq)))

    def only(self) -> Delivery:
        with Session(self.engine) as db:
            return db.scalars(sa.select(Delivery)).one()


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with engine(database_url) as made:
        yield House(made)


def test_a_message_is_answered_once_and_its_body_dropped(house: House) -> None:
    house.says("hello", id="a")
    house.says("hello", id="a")
    assert house.states() == ["pending"]
    with Session(house.engine) as db:
        row = db.scalars(sa.select(Inbound)).one()
        assert (row.state, row.body) == ("done", None)
    outgoing = house.take()[0]
    assert outgoing.address == "phone"
    assert house.take() == []
    house.ends(outgoing)
    assert house.states() == ["sent"]


def test_a_contact_s_messages_leave_in_order(house: House) -> None:
    for number in range(3):
        house.says(f"word {number}")
    house.says("hello", phone="other")
    first = house.take()
    assert sorted(outgoing.address for outgoing in first) == ["other", "phone"]
    assert house.take() == []  # the next waits while the first is being sent
    mine = next(outgoing for outgoing in first if outgoing.address == "phone")
    assert mine.seq == 1
    house.ends(mine)
    assert [outgoing.seq for outgoing in house.take()] == [2]


@pytest.mark.parametrize(
    ("error", "state", "blocks"),
    [
        (None, "sent", False),
        (Throttled(3), "pending", True),
        (Unauthorized("x"), "pending", True),
        (Unreachable("x"), "pending", True),
        (Uncertain("x"), "pending", True),
        (Gone("x"), "undeliverable", False),
        (Rejected("x"), "failed", False),
        (WindowClosed("x"), "window_closed", False),
        (Stopped("x"), "undeliverable", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, SendError) else str(value),
)
def test_how_a_send_ends(house: House, error: SendError | None, state: str, blocks: bool) -> None:
    house.says("one")
    house.says("two")
    house.ends(house.take()[0], error)
    assert house.states()[0] == state
    following = [outgoing.seq for outgoing in house.take()]
    if blocks:
        assert following in ([], [1])  # the same one again, never the next before it
    else:
        assert following == [2]


def test_throttled_is_not_an_attempt(house: House) -> None:
    house.says("one")
    for _ in range(20):
        house.ends(house.take()[0], Throttled(3))
        assert house.take() == []
        house.hands.move(seconds=4)
    assert house.only().attempts == 0


def test_nothing_written_is_tried_again_with_pauses(house: House) -> None:
    house.says("one")
    for pause in RETRY_SECONDS:
        house.ends(house.take()[0], Unreachable("refused"))
        house.hands.move(seconds=pause - 1)
        assert house.take() == []
        house.hands.move(seconds=1)
    house.ends(house.take()[0], Unreachable("refused"))
    assert house.states() == ["failed"]


def test_in_doubt_a_reply_is_sent_again_once_and_then_left_in_doubt(house: House) -> None:
    house.says("one")
    house.ends(house.take()[0], Uncertain("timeout"))
    house.ends(house.take()[0], Uncertain("timeout"))
    assert house.states() == ["unknown"]
    assert house.take() == []


def test_what_a_dead_lane_left_is_recovered_once(house: House) -> None:
    house.says("one")
    lost = house.take()[0]
    assert house.recover() == 1
    assert house.ends(lost, owner="somebody else") == 0
    again = house.take()[0]
    assert again.id == lost.id
    assert house.recover() == 1
    assert house.states() == ["unknown"]


def test_a_late_result_of_another_lane_changes_nothing(house: House) -> None:
    house.says("one")
    outgoing = house.take()[0]
    assert house.ends(outgoing, owner="lane-0") == 0
    assert house.states() == ["sending"]


def test_who_is_gone_comes_back_by_writing(house: House) -> None:
    house.says("one")
    house.ends(house.take()[0], Gone("blocked"))
    with Session(house.engine) as db:
        assert db.scalars(sa.select(Contact.unreachable_at)).one() is not None
    house.says("two")
    with Session(house.engine) as db:
        assert db.scalars(sa.select(Contact.unreachable_at)).one() is None


def test_a_reply_too_late_is_cancelled_and_the_question_asked_afresh(house: House) -> None:
    house.says("1")
    house.says("1")
    house.hands.move(minutes=16)
    assert house.take() == []  # the first is cancelled; a newer one follows it
    assert house.take() == []  # and that one too: it was the open question
    assert house.states() == ["cancelled", "cancelled", "pending"]
    fresh = house.take()
    assert [outgoing.seq for outgoing in fresh] == [3]
    assert "menu" in fresh[0].spoken.options[0].data


def test_a_spoilt_row_does_not_hold_the_others(house: House) -> None:
    house.says("hello", phone="one")
    house.says("hello", phone="two")
    with house.engine.begin() as connection:
        broken = connection.execute(sa.select(Delivery.id, Delivery.body).limit(1)).one()
        body = bytearray(broken.body)
        body[-1] ^= 1
        connection.execute(sa.update(Delivery).where(Delivery.id == broken.id).values(body=bytes(body)))
    assert len(house.take()) == 1
    assert sorted(house.states()) == ["failed", "sending"]


# -- turns --------------------------------------------------------------------------------------


def test_a_person_is_asked_for_once_and_told_all(house: House) -> None:
    for said in ("1", "1", "موظف", "عندي مشكل", "موظف", "شكرا"):
        house.says(said)
    with Session(house.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(PersonRequest)) == 1
        words = db.scalars(sa.select(RequestWords).order_by(RequestWords.created_at, RequestWords.id)).all()
        told = [house.desk.sealer.unseal("request_words", "words", row.id.hex, row.words).decode() for row in words]
    assert told == ["عندي مشكل", "موظف", "شكرا"]


def test_stop_is_kept(house: House) -> None:
    house.says("1")
    house.says("stop")
    with Session(house.engine) as db:
        contact = db.scalars(sa.select(Contact)).one()
        assert contact.stopped_at == house.hands.at
        assert contact.language is None


def test_a_turn_that_raises_touches_nothing_and_is_put_aside_the_fifth_time(house: House) -> None:
    house.says("1")
    broken: Callable[[bytes], None] = lambda body: 1 / 0  # type: ignore[assignment]  # noqa: E731
    sick = replace(house.desk, channels={"web": Channel("web", {}, broken)})
    with session(house.engine) as db:
        contact = store_inbound(db, sick, "web", "bad", "phone", b"{}")
    assert contact is not None
    again = []
    for _ in range(5):
        with session(house.engine) as db, pytest.raises(ZeroDivisionError):
            converse(db, sick, contact)
        with session(house.engine) as db:
            again.append(count_failure(db, sick, contact))
    assert again == [True] * 4 + [False]
    with Session(house.engine) as db:
        assert sorted(db.scalars(sa.select(Inbound.state))) == ["dead", "done"]
    house.says("2")  # later messages go on
    assert len(house.states()) == 3  # one answer, one apology, one answer


def test_personal_values_are_sealed_from_the_first_row(house: House) -> None:
    secret = "0612345678 قاسم"
    house.says(secret, phone="chat-0612345678")
    house.says("1")
    house.says("موظف")
    house.says(secret)
    with house.engine.connect() as connection:
        for table in sa.inspect(connection).get_table_names():
            for row in connection.execute(sa.text(f"SELECT * FROM {table}")):
                for value in row:
                    raw = bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                    assert b"0612345678" not in raw, table
                    assert "قاسم".encode() not in raw, table
