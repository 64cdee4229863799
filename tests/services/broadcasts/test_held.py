"""What is held after a gap, a copy, a doubtful clock: the admins are asked once, and what they say is done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Reply, Say
from models.contact import Contact
from models.delivery import Delivery
from models.inbound import Inbound
from services import hold, restore_guard
from services.broadcasts import held
from services.outbox.messages import enqueue_notice
from services.privacy import daily_cap
from services.turns.receive import store_inbound
from tests.desks import engine, session
from tests.towns import Town, look, looks, many, planned, row_of


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with engine(database_url) as made:
        found = Town(made)
        found.employ()
        found.desk = replace(found.desk, alive=tmp_path / "alive")
        yield found


def starts(town: Town, **later: float) -> hold.Hold | None:
    """The desk starts so much later."""
    town.hands.move(**later)
    with session(town.engine) as db:
        found = restore_guard.look_at_start(db, town.desk)
        restore_guard.beat(db, town.desk)
    return found


def questions(town: Town) -> int:
    with Session(town.engine) as db:
        found = sa.select(sa.func.count()).where(Delivery.about.startswith("held:"))
        return db.scalar(found) or 0


def answers(town: Town, act: str, number: int | None = None) -> str:
    with Session(town.engine) as db:
        now = hold.current_hold(db)
    given = {"held": number if number is not None else now.number if now else 0}
    done = town.does(getattr(held, act), given)
    return str(done.says[0].msgid)


def test_after_a_gap_the_admins_are_asked_once_and_a_yes_goes_on(town: Town) -> None:
    many(town, 3)
    town.sent({"area": "all"})
    looks(town, restore_guard.note_alive)
    assert starts(town, seconds=31) is not None
    looks(town)
    assert town.take() == []
    looks(town, held.ask_about_hold, held.ask_about_hold)
    assert questions(town) == 1
    assert answers(town, "release_held", 1) == "desk.done_already"  # a button of another hold
    assert answers(town, "release_held") == "held.released"
    assert len(town.take()) == 3
    assert answers(town, "release_held", 5) == "desk.done_already"


def test_a_gap_that_held_nothing_asks_nobody(town: Town) -> None:
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    looks(town, held.ask_about_hold)
    assert questions(town) == 0
    town.hands.move(hours=25)
    looks(town, held.ask_about_hold)
    with Session(town.engine) as db:
        assert hold.current_hold(db) is None


def test_what_is_made_afterwards_is_not_held(town: Town) -> None:
    many(town, 2)
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    town.hands.move(minutes=1)
    town.sent({"area": "all"})
    looks(town)
    assert len(town.take()) == 2


def test_a_no_pauses_each_and_its_author_is_asked(town: Town) -> None:
    many(town, 2)
    id = town.sent({"area": "all"})
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    assert answers(town, "leave_held") == "held.left"
    assert (row_of(town, id).state, row_of(town, id).why) == ("paused", "restored")
    looks(town)
    assert town.take() == []


def test_reminders_of_the_day_are_offered_first(town: Town) -> None:
    town.add("telegram", "guelmim")
    planned(town)
    many(town, 2)
    town.sent({"area": "all"})
    look(town, "2026-11-25T17:00")
    looks(town, restore_guard.note_alive)
    town.hands.at = town.desk.clock.at(town.desk.clock.wall().replace(hour=18, minute=30))
    starts(town, seconds=1)
    look(town, "2026-11-25T18:31")
    looks(town, held.ask_about_hold)
    assert questions(town) == 1
    before = len(town.take())
    assert answers(town, "release_reminders") == "held.reminders"
    with session(town.engine) as db:
        kinds = {row.kind for row in db.scalars(sa.select(Delivery).where(Delivery.state == "pending"))}
    assert before == 0
    assert kinds
    assert questions(town) == 2  # about the rest


def test_what_one_person_awaited_leaves_on_a_yes(town: Town) -> None:
    contact = town.add("telegram", "guelmim")
    with session(town.engine) as db:
        enqueue_notice(db, town.desk, db.get_one(Contact, contact), Reply((Say("attend.no"),)))
        store_inbound(db, town.desk, "telegram", "1.m1", "77", b"{}")
        restore_guard.mark_restored(db, town.desk)
    with Session(town.engine) as db:
        assert set(db.scalars(sa.select(Inbound.state))) == {"before"}  # kept, answered to nobody
        assert set(db.scalars(sa.select(Delivery.state))) == {"cancelled"}
    assert answers(town, "release_held") == "held.released"
    with Session(town.engine) as db:
        assert set(db.scalars(sa.select(Delivery.state))) == {"pending"}


def test_a_clock_years_ahead_is_believed_after_a_day_or_once_it_is_back(town: Town) -> None:
    looks(town, restore_guard.note_alive)
    now = town.hands.at
    town.hands.at = now + timedelta(days=1826)
    looks(town, restore_guard.note_alive)
    with session(town.engine) as db:
        assert restore_guard.clock_is_doubted(db, town.desk)
        enqueue_notice(db, town.desk, db.get_one(Contact, town.author), Reply((Say("attend.no"),)))
    town.hands.at = now + timedelta(minutes=1)
    with session(town.engine) as db:
        assert restore_guard.clock_is_doubted(db, town.desk)  # until the beat has looked
    looks(town, restore_guard.note_alive)
    with session(town.engine) as db:
        assert not restore_guard.clock_is_doubted(db, town.desk)
        assert hold.current_hold(db) is None
        due = db.scalars(sa.select(Delivery.due_at).where(Delivery.state == "pending")).one()
        assert due <= town.hands.at  # what was written in the false future leaves now
    town.hands.at = now + timedelta(days=1826)
    looks(town, restore_guard.note_alive)
    for _ in range(26):
        town.hands.move(hours=1)
        looks(town, restore_guard.note_alive)
    with session(town.engine) as db:
        assert not restore_guard.clock_is_doubted(db, town.desk)


def test_no_more_than_a_share_goes_in_a_day(town: Town) -> None:
    with session(town.engine) as db:
        assert not daily_cap.is_capped(db, town.desk, "files", lambda db: 20_000)
        daily_cap.count_deleted(db, town.desk, "files", 1_999)
        assert not daily_cap.is_capped(db, town.desk, "files", lambda db: 20_000)
        daily_cap.count_deleted(db, town.desk, "files", 1)
        assert daily_cap.is_capped(db, town.desk, "files", lambda db: 20_000)
    town.hands.move(days=1)
    with session(town.engine) as db:
        assert not daily_cap.is_capped(db, town.desk, "files", lambda db: 20_000)


# -- what an adversary found --------------------------------------------------------------------------------


def why(town: Town) -> str | None:
    with Session(town.engine) as db:
        found = hold.current_hold(db)
        return None if found is None else str(found.why)


def test_a_copy_of_days_ago_waits_for_a_yes_also_once_the_clock_is_believed(town: Town) -> None:
    many(town, 2)
    town.sent({"area": "all"})
    looks(town, restore_guard.note_alive)
    assert starts(town, days=3) is not None
    assert why(town) == "clock"
    for _ in range(26):
        town.hands.move(hours=1)
        looks(town, restore_guard.note_alive)
    assert why(town) == "gap"
    looks(town)
    assert town.take() == []


def test_a_gap_is_not_forgotten_when_a_clock_leaps_and_comes_back(town: Town) -> None:
    many(town, 2)
    town.sent({"area": "all"})
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    now = town.hands.at
    for at in (now + timedelta(days=1826), now + timedelta(seconds=30)):
        town.hands.at = at
        looks(town, restore_guard.note_alive)
    assert why(town) == "gap"
    looks(town)
    assert town.take() == []


def test_a_start_with_the_clock_behind_is_a_gap(town: Town) -> None:
    looks(town, restore_guard.note_alive)
    assert starts(town, minutes=-30) is not None
    assert why(town) == "gap"


def test_each_gap_is_one_of_its_own(town: Town) -> None:
    """A hold nobody answered says nothing of what was made after it."""
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    town.hands.move(minutes=1)
    looks(town, restore_guard.note_alive)
    many(town, 2)
    town.sent({"area": "all"})
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    looks(town)
    assert town.take() == []


def test_a_beat_that_was_not_committed_makes_no_copy_of_a_living_desk(town: Town) -> None:
    looks(town, restore_guard.note_alive)
    for _ in range(10):
        town.hands.move(seconds=10)
        with Session(town.engine) as db:
            restore_guard.note_alive(db, town.desk)
            db.rollback()
    looks(town, restore_guard.note_alive)
    assert why(town) is None


def test_what_an_admin_refused_is_not_revived_by_a_later_yes(town: Town) -> None:
    contact = town.add("telegram", "guelmim")
    with session(town.engine) as db:
        enqueue_notice(db, town.desk, db.get_one(Contact, contact), Reply((Say("attend.no"),)))
        restore_guard.mark_restored(db, town.desk)
    assert answers(town, "leave_held") == "held.left"
    looks(town, restore_guard.note_alive)
    starts(town, minutes=5)
    answers(town, "release_held")
    with Session(town.engine) as db:
        assert set(db.scalars(sa.select(Delivery.state).where(Delivery.contact_id == contact))) == {"cancelled"}


@pytest.mark.parametrize("seconds", [45, 90, 1800])
def test_a_clock_that_is_set_back_a_little_makes_no_copy_of_a_living_desk(town: Town, seconds: int) -> None:
    for _ in range(3):
        town.hands.move(seconds=10)
        looks(town, restore_guard.note_alive)
    town.hands.move(seconds=-seconds)
    for _ in range(4):
        town.hands.move(seconds=10)
        looks(town, restore_guard.note_alive)
    assert why(town) is None
