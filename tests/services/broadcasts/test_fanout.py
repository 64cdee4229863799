"""Messages to many at the level of use cases: filters, freezing, statuses, windows, quiet hours."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Operation
from handlers.whatsapp.send import refused
from models.broadcast import Broadcast, frozen_people
from models.contact import Address, Contact, blind_address, seal_address
from models.delivery import Delivery
from models.rows import new_id
from models.session import Subscription
from services.broadcasts import broadcasts, controls
from services.broadcasts.audience import UnknownFilter, count_audience
from services.broadcasts.audience import audience_of as audience
from services.context import Desk, Policy
from services.delivery.outbox import SendResult, record_results, recover_uncertain, take
from services.outbox.receipts import take_receipt
from services.outbox.sending import Throttled, Uncertain
from tests.desks import Hands, desk, engine, session

TEXTS = {"text_ar": "نص قصير للصناع", "text_fr": "Un texte court"}
OTHER = {"text_ar": "نص آخر للصناع", "text_fr": "Un autre texte"}


class Town:
    """A desk on a real database, with subscribers in two provinces."""

    def __init__(self, made: sa.Engine, policy: Policy | None = None) -> None:
        self.engine, self.hands = made, Hands()
        self.desk: Desk = replace(desk(self.hands), policy=policy or Policy(undo=timedelta(0)))
        find = self.desk.sources["communes"].find
        self.communes = {p: find("", {"province": p}, 0)[0] for p in ("guelmim", "tan_tan")}
        self.ids: list[Any] = []
        self.author = self.add("telegram", None)

    def add(self, channel: str, province: str | None, commune: int = 0, reach: str = "commune") -> Any:
        with session(self.engine) as db:
            id, name = new_id(), f"{channel}:+{len(self.ids) + 1000}"
            blind, now = blind_address(self.desk.sealer, channel, name), self.hands.at
            until = now + timedelta(hours=24) if channel == "whatsapp" else None
            db.add(Contact(id=id, created_at=now, language="fr", channel=channel, address=blind, window_until=until))
            db.flush()
            sealed = seal_address(self.desk.sealer, channel, blind, name)
            db.add(Address(channel=channel, blind=blind, contact_id=id, value=sealed))
            if province:
                where = self.communes[province][commune]
                db.add(
                    Subscription(
                        contact_id=id,
                        commune=where,
                        province=province,
                        reach=reach,
                        text_version="t",
                        language="fr",
                        channel=channel,
                        since=now,
                    )
                )
        self.ids.append(id)
        return id

    def does(self, act: Any, answers: dict[str, Any], who: Any = None) -> Any:
        with session(self.engine) as db:
            contact = db.get_one(Contact, who or self.author)
            return act(db, self.desk, contact, Operation("x", answers))

    def sent(self, area: dict[str, str], texts: dict[str, str] = TEXTS) -> int:
        """Freeze and send to a filter; the broadcast's number."""
        frozen = self.does(broadcasts.freeze_broadcast, {**texts, **area})
        assert frozen.opens is not None, frozen.says
        given = dict(frozen.opens[1])
        self.does(broadcasts.confirm_broadcast, {**given, "count": given["expected"]})
        return int(given["broadcast"])

    def take(self, channel: str = "telegram") -> list[Any]:
        with session(self.engine) as db:  # the author's own previews apart
            outgoings = take(db, self.desk, channel, "lane", 100)
        return [outgoing for outgoing in outgoings if outgoing.kind == "broadcast"]

    def ends(self, outgoing: Any, error: Any = None) -> None:
        with session(self.engine) as db:
            record_results(db, self.desk, "lane", [SendResult(outgoing.id, None if error else "SM1", error)])

    def states(self) -> list[str]:
        with Session(self.engine) as db:
            return sorted(db.scalars(sa.select(Delivery.state).where(Delivery.broadcast_id.is_not(None))))


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        yield Town(made)


def test_no_filter_is_ever_everybody(town: Town) -> None:
    """500 filters, most of them half there, deleted or foreign: the people meant, or nobody."""
    for province, commune in itertools.product(("guelmim", "tan_tan"), (0, 1)):
        for _ in range(3):
            town.add("telegram", province, commune)
    chance = random.Random(3)
    values: dict[str, list[Any]] = {
        "area": ["commune", "province", "all", "", None, "ALL", "commune;", "everybody"],
        "province": ["guelmim", "tan_tan", "", None, "gone", "*", "%", "all"],
        "commune": [*town.communes["guelmim"][:2], "", None, "10.999.99.99", "*", "%"],
    }
    meant = {"commune": 3, "province": 6, "all": 12}
    for _ in range(500):
        given = {key: chance.choice(options) for key, options in values.items()}
        given = {key: value for key, value in given.items() if value is not None and chance.random() < 0.9}
        try:
            frozen = town.does(broadcasts.freeze_broadcast, {**TEXTS, **given})
        except KeyError:  # a form that never asked what it needs: nothing is frozen
            continue
        if frozen.opens is None:
            continue
        with Session(town.engine) as db:
            row = db.get_one(Broadcast, frozen.opens[1]["broadcast"])
            # each place has three: a known commune has 3, or none of a commune nobody asked for
            assert len(frozen_people(row)) == row.count == meant[given["area"]], given


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"all": "no"},
        {"all": "yes", "province": "guelmim"},
        {"province": "gone"},
        {"commune": "x"},
        {"province": ""},
        {"province": "guelmim", "commune": "gone"},
        {"commune": "x", "province": "guelmim"},
    ],
)
def test_a_filter_the_desk_does_not_know_is_refused(town: Town, where: dict[str, str]) -> None:
    with pytest.raises(UnknownFilter):
        audience(town.desk, where, town.hands.at)
    with Session(town.engine) as db:
        assert count_audience(db, town.desk, where, {}).count == 0


def test_confirming_is_for_its_author_once_and_soon(town: Town) -> None:
    town.add("telegram", "guelmim")
    other = town.add("telegram", None)
    given = dict(town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).opens[1])
    town.does(broadcasts.confirm_broadcast, {**given, "count": 1}, who=other)
    town.does(broadcasts.confirm_broadcast, {**given, "count": 2})
    assert town.states() == []
    town.does(broadcasts.confirm_broadcast, {**given, "count": 1})
    town.does(broadcasts.confirm_broadcast, {**given, "count": 1})
    assert town.states() == ["pending"]
    late = dict(town.does(broadcasts.freeze_broadcast, {**OTHER, "area": "all"}).opens[1])
    town.hands.move(minutes=16)
    town.does(broadcasts.confirm_broadcast, {**late, "count": 1})
    assert town.states() == ["pending"]
    town.does(controls.take_back, {"broadcast": given["broadcast"]}, who=other)
    assert town.states() == ["pending"]


def test_the_policy_in_doubt(town: Town) -> None:
    """Any message to many is held when in doubt; a lane that died leaves it unknown, never pending."""
    for _ in range(2):
        town.add("telegram", "guelmim")
    town.sent({"area": "all"})
    first, _ = town.take()
    town.ends(first, Uncertain("x"))
    with session(town.engine) as db:
        assert recover_uncertain(db, town.desk, "telegram") >= 1
    assert town.states() == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("code", "state", "stopped", "unreachable"),
    [
        (63016, "window_closed", False, False),
        (63014, "undeliverable", True, False),
        (21610, "undeliverable", True, False),
        (63024, "undeliverable", False, True),
        (21211, "undeliverable", False, True),
        (21614, "undeliverable", False, True),
        (30008, "failed", False, False),
    ],
)
def test_what_an_error_code_of_a_status_means(
    town: Town, code: int, state: str, stopped: bool, unreachable: bool
) -> None:
    id = town.add("whatsapp", "guelmim")
    town.sent({"area": "all"})
    (outgoing,) = town.take("whatsapp")
    town.ends(outgoing)
    with session(town.engine) as db:
        assert take_receipt(db, town.desk, "whatsapp", outgoing.id, "SM1", "failed", refused(code))
    assert town.states() == [state]
    with Session(town.engine) as db:
        contact = db.get_one(Contact, id)
        assert (contact.stopped_at is not None, contact.unreachable_at is not None) == (stopped, unreachable)
        assert (contact.window_until == town.hands.at) == (code == 63016)


def test_a_status_settles_a_doubt(town: Town) -> None:
    town.add("whatsapp", "guelmim")
    town.sent({"area": "all"})
    (outgoing,) = town.take("whatsapp")
    town.ends(outgoing, Uncertain("x"))
    assert town.states() == ["unknown"]
    with session(town.engine) as db:
        assert not take_receipt(db, town.desk, "telegram", outgoing.id, "SM9", "sent")
        assert not take_receipt(db, town.desk, "whatsapp", new_id(), "SM9", "sent")
        assert take_receipt(db, town.desk, "whatsapp", outgoing.id, "SM9", "delivered")
        assert not take_receipt(db, town.desk, "whatsapp", outgoing.id, "SM8", "read")  # of another copy
    assert town.states() == ["delivered"]


def test_out_of_the_window_only_a_template_leaves(database_url: str) -> None:
    with engine(database_url) as made:
        town = Town(made, Policy(undo=timedelta(0), templates={"broadcast.fr": "HXb"}))
        bare = Town.__new__(Town)
        bare.__dict__.update(town.__dict__, desk=replace(town.desk, policy=Policy(undo=timedelta(0))))
        town.add("whatsapp", "guelmim")
        town.hands.move(hours=25)
        town.sent({"area": "all"})
        (outgoing,) = town.take("whatsapp")
        assert outgoing.template is not None
        assert outgoing.template.id == "HXb"
        assert outgoing.template.variables == ("Un texte court",)
        town.ends(outgoing)
        with Session(made) as db:
            assert count_audience(db, bare.desk, {"all": "yes"}, {}).closed == 1
            assert count_audience(db, town.desk, {"all": "yes"}, {}).closed == 0
        bare.sent({"area": "all"}, OTHER)
        assert bare.take("whatsapp") == []
        assert town.states() == ["sent", "window_closed"]


@pytest.mark.parametrize(("at", "leaves"), [("20:59", 1), ("21:00", 0), ("03:00", 0), ("07:59", 0), ("08:00", 1)])
def test_quiet_hours(town: Town, at: str, leaves: int) -> None:
    town.add("telegram", "guelmim")
    town.sent({"area": "all"})
    day = town.hands.at.date() + timedelta(days=int(at < "12:00"))
    town.hands.at = datetime.combine(day, time.fromisoformat(at), tzinfo=town.hands.at.tzinfo)
    assert len(town.take()) == leaves


def test_news_of_yesterday_does_not_leave(town: Town) -> None:
    town.add("telegram", "guelmim")
    town.sent({"area": "all"})
    town.hands.move(hours=25)
    assert town.take() == []
    assert town.states() == ["cancelled"]


def test_too_fast_is_no_attempt(town: Town) -> None:
    town.add("telegram", "guelmim")
    town.sent({"area": "all"})
    for _ in range(10):
        for outgoing in town.take():
            town.ends(outgoing, Throttled(3))
        town.hands.move(seconds=4)
    assert town.states() == ["pending"]
