"""Messages to many at the level of use cases: filters, freezing, statuses, windows, quiet hours."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from handlers.whatsapp.send import refused
from models.broadcast import Broadcast, frozen_people
from models.contact import Contact
from models.rows import new_id
from services.broadcasts import broadcasts, controls
from services.broadcasts.audience import UnknownFilter, count_audience
from services.broadcasts.audience import audience_of as audience
from services.context import Policy
from services.delivery.outbox import recover_uncertain
from services.outbox.receipts import take_receipt
from services.outbox.sending import Throttled, Uncertain
from tests.desks import engine, session
from tests.towns import OTHER, TEXTS, Town


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
