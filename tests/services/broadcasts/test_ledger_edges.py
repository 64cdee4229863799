"""Where the ledger could lose somebody, tell her what is no longer so, or take her for gone: crashes, races,
outages, changed meetings, a copy of before, limits of a day.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Reply, Say
from models import delivery
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Delivery
from models.erasing import erase_contact
from models.session import Attendance, AwarenessSession
from models.staff import Staff
from services import restore_guard
from services.broadcasts import approval, broadcasts, controls
from services.broadcasts.fanout import enqueue_batch
from services.broadcasts.monitor import watch_broadcasts
from services.context import Policy
from services.delivery.outbox import recover_uncertain, take
from services.delivery.reconcile import ListedMessage, settle_uncertain, uncertain_deliveries
from services.outbox.circuit_breaker import hold_back
from services.outbox.messages import enqueue_notice
from services.outbox.receipts import take_receipt
from services.outbox.sending import Gone, Rejected, Throttled, Uncertain, Unreachable
from services.people import nudges
from services.sessions import attendance, sessions
from services.sessions.announcing import start_due_announcements
from services.sessions.reminders import announce_sessions, remind_sessions
from tests.desks import engine, session
from tests.towns import OTHER, TEXTS, Town, balance, kinds, look, looks, many, planned, policy, row_of

TEMPLATES = {"broadcast.fr": "HXb", "announce.fr": "HXa"}


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        found = Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))
        with session(made) as db:
            db.add(Staff(contact_id=found.author, roles="admin", state="active", since=found.hands.at))
        yield found


def taking(town: Town, channel: str = "telegram") -> list[Any]:
    """What leaves of meetings and to many."""
    with session(town.engine) as db:
        return [p for p in take(db, town.desk, channel, "lane", 100) if p.broadcast is not None]


def all_sent(town: Town, channel: str = "telegram") -> list[str]:
    outgoings = taking(town, channel)
    for outgoing in outgoings:
        town.ends(outgoing)
    return [outgoing.spoken.text for outgoing in outgoings]


def meeting_told(town: Town, people: int = 1, at: datetime = datetime(2026, 11, 26, 10)) -> int:
    """A meeting announced to people who say nothing to it; its number."""
    for _ in range(people):
        town.add("telegram", "guelmim")
    id = planned(town, at)
    look(town, "2026-11-23T10:00")
    all_sent(town)
    return id


def moves(town: Town, id: int, day: str, hour: str = "10:00", edition: int = 1) -> Any:
    given = {"session": f"{id}.{edition}", "what": "moment", "day": day, "hour": hour}
    return changed(town, given)


def changed(town: Town, given: dict[str, Any]) -> Any:
    """A session changed, its count typed, its minute over."""
    done = town.does(sessions.move_session, given)
    if done.opens is not None:
        asked = dict(done.opens[1])
        town.does(broadcasts.confirm_broadcast, {**asked, "count": asked["expected"]})
        looks(town, start_due_announcements)
    return done


def states(town: Town, kind: str) -> dict[str, int]:
    with Session(town.engine) as db:
        rows = db.execute(
            sa.select(Delivery.state, sa.func.count())
            .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
            .where(Broadcast.kind == kind)
            .group_by(Delivery.state)
        )
        return {state: count for state, count in rows}  # noqa: C416


def gone(town: Town) -> int:
    with Session(town.engine) as db:
        away = sa.or_(Contact.unreachable_at.is_not(None), Contact.stopped_at.is_not(None))
        return db.scalar(sa.select(sa.func.count()).where(away)) or 0


# -- a limit of the day ------------------------------------------------------------------------------------


def test_whom_the_day_s_limit_left_over_is_written_to_the_next_days(town: Town) -> None:
    policy(town, templates=TEMPLATES, daily={"whatsapp": 10}, quiet=None)
    for _ in range(20):
        town.add("whatsapp", "guelmim")
    town.hands.move(hours=25)
    id = town.sent({"area": "all"})
    town.hands.move(seconds=2)
    for _ in range(72):
        all_sent(town, "whatsapp")
        looks(town)
        town.hands.move(hours=1)
    assert balance(town, id) == {"sent": 20}
    assert row_of(town, id).state == "closed"


def test_an_announcement_left_over_tells_the_new_date(town: Town) -> None:
    policy(town, templates=TEMPLATES, daily={"whatsapp": 2}, quiet=None)
    for _ in range(3):
        town.add("whatsapp", "guelmim")
    town.hands.at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
    looks(town, announce_sessions)
    all_sent(town, "whatsapp")
    moves(town, id, "2026-12-10")
    for _ in range(96):
        town.hands.move(hours=1)
        all_sent(town, "whatsapp")
        looks(town)
    assert states(town, "announce") == {"sent": 3}


def test_nobody_is_told_to_come_once_the_meeting_has_begun(town: Town) -> None:
    """Whatever hour a delivery may wait until: the meeting may begin before it."""
    policy(town, quiet=None)
    town.add("telegram", "guelmim")
    planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
    looks(town, announce_sessions)
    with session(town.engine) as db:
        row = db.scalars(sa.select(AwarenessSession)).one()
        db.execute(sa.update(Delivery).values(not_after=row.starts_at + timedelta(days=1)))
        town.hands.at = row.starts_at + timedelta(minutes=1)
    assert town.take() == []
    assert states(town, "announce") == {"cancelled": 1}


def test_what_waits_for_the_next_day_was_not_shown(town: Town) -> None:
    policy(town, templates=TEMPLATES, daily={"whatsapp": 2}, quiet=None)
    for _ in range(2):
        town.add("whatsapp", "guelmim")
    town.hands.move(hours=25)
    planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
    looks(town, announce_sessions)
    assert len(taking(town, "whatsapp")) == 1
    with Session(town.engine) as db:
        rows = db.scalars(sa.select(Delivery).where(Delivery.broadcast_id.is_not(None))).all()
        shown = {row.state: delivery.last_about(db, row.contact_id, "session:") for row in rows}
    assert shown["pending"] is None
    assert shown["sending"] is not None


def test_63018_in_a_status_waits_and_leaves_again(town: Town) -> None:
    from handlers.whatsapp.send import refused

    town.add("whatsapp", "guelmim")
    id = town.sent({"area": "all"})
    (outgoing,) = taking(town, "whatsapp")
    town.ends(outgoing)
    with session(town.engine) as db:
        take_receipt(db, town.desk, "whatsapp", outgoing.id, "SM1", "failed", refused(63018))
    assert balance(town, id) == {"pending": 1}
    town.hands.move(seconds=61)
    (again,) = taking(town, "whatsapp")
    town.ends(again)
    assert balance(town, id) == {"sent": 1}


# -- an outage ---------------------------------------------------------------------------------------------


def test_one_more_refusal_of_what_the_brake_holds_is_not_believed(town: Town) -> None:
    from services.outbox.circuit_breaker import ignore_rejection

    many(town, 6)
    id = town.sent({"area": "all"})
    outgoings = taking(town)
    for outgoing in outgoings[:5]:
        town.ends(outgoing, Gone("Forbidden"))
    with session(town.engine) as db:
        assert hold_back(db, town.desk, "brake", [each.id for each in outgoings[:5]]) == 1
    town.ends(outgoings[5], Gone("Forbidden"))
    assert gone(town) == 1
    with session(town.engine) as db:
        assert ignore_rejection(db, town.desk, outgoings[5].id)
    assert gone(town) == 0
    town.does(controls.resume_broadcast, {"broadcast": id})
    with session(town.engine) as db:  # somebody looked at it: refusals count again
        assert not ignore_rejection(db, town.desk, outgoings[5].id)


def test_refusals_are_counted_over_messages_and_apart_for_what_is_told_later() -> None:
    import uuid

    from jobs.circuit_breaker import RejectionCounter

    made = RejectionCounter()
    for broadcast in range(4):
        assert made.pull(broadcast, uuid.uuid4(), None) is None
        assert made.pull(broadcast, uuid.uuid4(), Gone("x"), told=True) is None
    pulled = made.pull(9, uuid.uuid4(), Gone("x"), told=True)
    assert pulled is not None
    assert pulled[0] == "brake"
    assert len(pulled[1]) == 5
    assert set(made.held) == {0, 1, 2, 3, 9}


# -- a meeting changes while its messages are on their way ----------------------------------------------


@pytest.mark.parametrize("error", [Throttled(3), Uncertain("ServerTimeoutError"), Unreachable("refused")])
def test_a_reminder_in_flight_does_not_leave_again_once_the_meeting_moved(town: Town, error: Any) -> None:
    id = meeting_told(town)
    with session(town.engine) as db:
        contact = town.ids[-1]
        db.merge(Attendance(session_id=id, contact_id=contact, answer="yes", at=town.hands.at))
    assert look(town, "2026-11-26T08:00") == ["morning"]
    (outgoing,) = taking(town)
    moves(town, id, "2026-12-10")
    town.ends(outgoing, error)
    town.hands.move(seconds=30)
    texts = all_sent(town)
    assert len(texts) == 1  # the move alone
    assert "aujourd'hui" not in texts[0]
    ends = "unknown" if isinstance(error, Uncertain) else "cancelled"
    assert states(town, "morning") == {ends: 1}


def test_a_reminder_written_after_the_move_does_not_leave(postgres_url: str, monkeypatch: Any) -> None:
    with engine(postgres_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))
        town.employ()
        id = meeting_told(town)
        with session(made) as db:
            db.merge(Attendance(session_id=id, contact_id=town.ids[-1], answer="yes", at=town.hands.at))
        town.hands.at = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
        from services.sessions import reminders

        real: Any = reminders.start_session_broadcast  # type: ignore[attr-defined]  # as this module sees it
        once: list[int] = []

        def late(*given: Any) -> Any:
            if not once:
                once.append(moves(town, id, "2026-12-10"))
            return real(*given)

        monkeypatch.setattr(reminders, "start_session_broadcast", late)
        looks(town, remind_sessions)
        assert not any("demain" in text for text in all_sent(town))


def test_an_announcement_held_back_is_none_once_the_meeting_was_held(town: Town) -> None:
    town.add("telegram", "guelmim")
    id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
    look(town, "2026-11-23T10:00")
    with Session(town.engine) as db:
        broadcast = db.scalar(sa.select(Broadcast.id))
    town.does(controls.pause_broadcast, {"broadcast": broadcast})
    moves(town, id, "2026-11-24")
    town.hands.at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert town.does(controls.resume_broadcast, {"broadcast": broadcast}).refused
    assert all_sent(town) == []


@pytest.mark.parametrize(
    ("at", "said", "tells_at_once"),
    [("2026-11-24T08:00", "manage.done.night", True), ("2026-11-24T16:00", "manage.done.morning", False)],
)
def test_called_off_in_the_night(town: Town, at: str, said: str, tells_at_once: bool) -> None:
    id = meeting_told(town, 2, datetime.fromisoformat(at))
    town.hands.at = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    done = town.does(sessions.cancel_session, {"session": f"{id}.1"})
    assert [each.msgid for each in done.says] == ["manage.done.cancelled", said]
    told = len(all_sent(town))
    assert bool(told) is tells_at_once
    town.hands.at = datetime(2026, 11, 24, 8, 0, 30, tzinfo=UTC)
    assert told + len(all_sent(town)) == len(town.ids) - 1


def test_a_meeting_brought_forward_in_the_night_is_told_at_once(town: Town) -> None:
    id = meeting_told(town, 1, datetime(2026, 11, 24, 15))
    town.hands.at = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    moves(town, id, "2026-11-24", "08:00")
    assert len(all_sent(town)) == len(town.ids) - 1


@pytest.mark.parametrize("change", ["move", "cancel"])
def test_who_is_being_told_the_old_date_is_told_the_change(postgres_url: str, change: str) -> None:
    """Another process changes the meeting while a lane takes its announcement: it waits, and sees it."""
    with engine(postgres_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))
        town.employ()
        town.add("telegram", "guelmim")
        id = planned(town)
        with session(made) as db:
            db.execute(sa.delete(Attendance))
        look(town, "2026-11-23T10:00")
        done: list[Any] = []

        def changes() -> None:
            if change == "move":
                done.append(moves(town, id, "2026-12-10"))
            else:
                done.append(town.does(sessions.cancel_session, {"session": f"{id}.1"}))

        with Session(made) as db:
            outgoings = take(db, town.desk, "telegram", "lane", 100)
            thread = threading.Thread(target=changes)
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()  # it waits for us
            db.commit()
        thread.join(20)
        for outgoing in outgoings:
            town.ends(outgoing)
        assert len(all_sent(town)) == 1


def test_a_place_given_is_told_with_the_new_date(town: Town) -> None:
    first, second = town.add("telegram", "guelmim"), town.add("telegram", "guelmim")
    id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
        db.execute(sa.update(AwarenessSession).values(capacity=1))
        for contact, answer in ((first, "yes"), (second, "wait")):
            db.add(Attendance(session_id=id, contact_id=contact, answer=answer, at=town.hands.at))
    look(town, "2026-11-23T10:00")
    all_sent(town)
    town.does(attendance.attend_no, {"session": id}, who=first)
    moves(town, id, "2026-12-10")
    with session(town.engine) as db:
        taken = [p.spoken.text for p in take(db, town.desk, "telegram", "lane", 100) if p.kind == "notice"]
    told = [text for text in taken if not text.startswith(("Aperçu", "معاينة"))]
    assert len(told) == 1
    assert "10 décembre" in told[0]


def test_another_place_reminds_nobody_again_of_the_same_moment(town: Town) -> None:
    id = meeting_told(town)
    with session(town.engine) as db:
        db.merge(Attendance(session_id=id, contact_id=town.ids[-1], answer="yes", at=town.hands.at))
    assert look(town, "2026-11-26T08:00") == ["morning"]
    all_sent(town)
    place = {"what": "place", "place_ar": "قاعة", "place_fr": "Autre salle", "pin": "none"}
    changed(town, {"session": f"{id}.1", **place})
    assert look(town, "2026-11-26T08:05") == []


def test_one_meeting_s_lost_trade_does_not_hold_the_others(town: Town) -> None:
    town.add("telegram", "guelmim")
    one = planned(town)
    planned(town)
    with session(town.engine) as db:
        db.execute(sa.update(AwarenessSession).where(AwarenessSession.id == one).values(trades=["Z999"]))
    looks(town, announce_sessions)
    assert kinds(town) == ["announce", "announce"]


# -- what a clerk does in an order nobody thought of ---------------------------------------------------


def scheduled(town: Town, day: str) -> int:
    later = {"when": "later", "day": day, "hour": "12:00"}
    given = dict(town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all", **later}).opens[1])
    town.does(broadcasts.confirm_broadcast, {**given, "count": given["expected"]})
    return int(given["broadcast"])


def test_a_trial_outlives_a_pause_before_its_hour(town: Town) -> None:
    policy(town, trial=2)
    many(town, 9)
    id = scheduled(town, "2026-11-24")
    town.does(controls.pause_broadcast, {"broadcast": id})
    town.does(controls.resume_broadcast, {"broadcast": id})
    town.hands.at = datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)
    looks(town)
    assert len(town.take()) == 2


@pytest.mark.parametrize("by", ["staff", "refusals"])
def test_a_trial_outlives_a_pause_in_its_middle(town: Town, by: str) -> None:
    policy(town, trial=2)
    many(town, 9)
    id = town.sent({"area": "all"})
    if by == "staff":
        town.does(controls.pause_broadcast, {"broadcast": id})
    else:
        (first, _) = town.take()
        town.ends(first, Rejected("can't parse"))
        with session(town.engine) as db:
            hold_back(db, town.desk, by, [first.id])
    town.does(controls.resume_broadcast, {"broadcast": id})
    looks(town)
    with Session(town.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).where(Delivery.broadcast_id == id)) == 2


def test_the_same_words_frozen_twice_leave_once(town: Town) -> None:
    many(town, 3)
    one, two = (dict(town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).opens[1]) for _ in range(2))
    town.does(broadcasts.confirm_broadcast, {**one, "count": 3})
    assert town.does(broadcasts.confirm_broadcast, {**two, "count": 3}).refused
    assert len(town.take()) == 3


def test_the_same_words_after_a_scheduled_message_are_the_same(town: Town) -> None:
    many(town, 3)
    scheduled(town, "2026-11-25")
    town.hands.at = datetime(2026, 11, 25, 12, 0, 5, tzinfo=UTC)
    looks(town)
    for outgoing in town.take():
        town.ends(outgoing)
    looks(town)
    town.hands.move(hours=1)
    assert town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).refused


def test_after_a_correction_the_wrong_words_leave_no_more(town: Town) -> None:
    many(town, 2)
    id = town.sent({"area": "all"})
    first, second = town.take()
    town.ends(first)
    town.ends(second, Rejected("x"))
    looks(town)
    frozen = town.does(broadcasts.freeze_correction, {"broadcast": id, **OTHER})
    town.does(broadcasts.confirm_broadcast, {**frozen.opens[1], "count": 1})
    for outgoing in town.take():
        town.ends(outgoing)
    looks(town)
    assert town.does(controls.retry_failed, {"broadcast": id}).refused
    assert town.take() == []


def test_a_correction_of_what_is_held_back_ends_it(town: Town) -> None:
    many(town, 3)
    id = town.sent({"area": "all"})
    first, *others = town.take()
    town.ends(first)
    for outgoing in others:
        town.ends(outgoing, Throttled(1))
    town.does(controls.pause_broadcast, {"broadcast": id})
    frozen = town.does(broadcasts.freeze_correction, {"broadcast": id, **OTHER})
    done = town.does(broadcasts.confirm_broadcast, {**frozen.opens[1], "count": 1})
    assert "correct.rest" in [each.msgid for each in done.says]
    assert town.does(controls.resume_broadcast, {"broadcast": id}).refused
    town.hands.move(seconds=5)
    looks(town)
    assert [each.spoken.text.count("Un autre texte") for each in town.take()] == [1]
    assert balance(town, id) == {"sent": 1, "cancelled": 2}


def test_a_correction_is_counted_anew_when_the_first_went_on_meanwhile(town: Town) -> None:
    many(town, 2)
    id = town.sent({"area": "all"})
    first, second = town.take()
    town.ends(first)
    town.ends(second, Throttled(1))
    town.does(controls.pause_broadcast, {"broadcast": id})
    frozen = town.does(broadcasts.freeze_correction, {"broadcast": id, **OTHER})
    town.does(controls.resume_broadcast, {"broadcast": id})
    assert town.does(broadcasts.confirm_broadcast, {**frozen.opens[1], "count": 1}).refused


@pytest.mark.parametrize("reached", [True, False])
def test_nobody_agrees_for_ever(town: Town, reached: bool) -> None:
    policy(town, approve_above=1)
    many(town, 3)
    other = town.add("whatsapp", None)
    with session(town.engine) as db:
        db.add(Staff(contact_id=other, roles="approver", state="active", since=town.hands.at))
    if not reached:
        town.hands.move(hours=25)
    given = dict(town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).opens[1])
    done = town.does(broadcasts.confirm_broadcast, {**given, "count": 3})
    id = given["broadcast"]
    if not reached:  # nobody could have been asked
        assert [each.msgid for each in done.says] == ["broadcast.nobody_reached"]
        assert row_of(town, id).state == "dropped"
        return
    assert row_of(town, id).state == "waiting"
    town.hands.move(hours=25)
    looks(town, approval.drop_lapsed)
    assert row_of(town, id).state == "dropped"
    with Session(town.engine) as db:
        about = sa.select(sa.func.count()).where(
            Delivery.contact_id == town.author, Delivery.about == f"broadcast:{id}"
        )
        before = db.scalar(about)
    looks(town, approval.drop_lapsed)
    with Session(town.engine) as db:
        assert db.scalar(about) == before


def test_what_was_frozen_and_never_confirmed_is_dropped(town: Town) -> None:
    many(town, 3)
    given = town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).opens[1]
    town.hands.move(minutes=16)
    looks(town, approval.drop_lapsed)
    assert row_of(town, given["broadcast"]).state == "dropped"


# -- two processes, a lost answer of the database ------------------------------------------------------


def test_a_retry_while_the_clock_closes_it_is_not_lost(postgres_url: str, monkeypatch: Any) -> None:
    from sqlalchemy.orm.exc import StaleDataError

    with engine(postgres_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))
        many(town, 2)
        with session(made) as db:
            db.add(Staff(contact_id=town.author, roles="admin", state="active", since=town.hands.at))
        id = town.sent({"area": "all"})
        first, second = town.take()
        town.ends(first)
        town.ends(second, Rejected("x"))
        import models.broadcast as memory

        real = memory.open_deliveries
        once: list[int] = []

        def between(db: Session, row: Broadcast) -> int:
            found = real(db, row)
            if not once:
                once.append(town.does(controls.retry_failed, {"broadcast": id}))
            return found

        monkeypatch.setattr(memory, "open_deliveries", between)
        with pytest.raises(StaleDataError):  # which the runner tries again
            looks(town, watch_broadcasts)
        looks(town, watch_broadcasts)
        assert row_of(town, id).state == "going"
        assert len(town.take()) == 1


def test_who_is_erased_while_rows_are_put_down_has_none_with_an_address(postgres_url: str, monkeypatch: Any) -> None:
    with engine(postgres_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))
        many(town, 2)
        given = town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).opens[1]

        def erases() -> None:
            with session(made) as db:
                erase_contact(db, db.get_one(Contact, town.ids[1], with_for_update=True), town.hands.at)

        thread, real = threading.Thread(target=erases), delivery.insert_deliveries

        def between(db: Session, *rows: Any) -> None:
            """She is erased after she was read, and before her row is there."""
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()  # it waits for the rows, and then sees them
            real(db, *rows)

        monkeypatch.setattr(delivery, "insert_deliveries", between)
        with Session(made) as db:
            row = db.get_one(Broadcast, given["broadcast"])
            row.state = "going"
            enqueue_batch(db, town.desk, row)
            db.commit()
        thread.join(20)
        with Session(made) as db:
            erased = sa.select(Delivery).where(Delivery.contact_id == town.ids[1])
            assert {each.address for each in db.scalars(erased)} == {bytes(32)}


# -- doubts ------------------------------------------------------------------------------------------------


def test_too_late_for_what_may_have_arrived_stays_in_doubt(town: Town) -> None:
    id = meeting_told(town)
    with session(town.engine) as db:
        db.merge(Attendance(session_id=id, contact_id=town.ids[-1], answer="yes", at=town.hands.at))
    look(town, "2026-11-25T20:59")
    (outgoing,) = taking(town)
    town.ends(outgoing, Uncertain("Timeout"))
    town.hands.move(minutes=2)
    looks(town)
    assert states(town, "evening") == {"unknown": 1}


def in_doubt(town: Town, texts: dict[str, str] = TEXTS) -> tuple[int, Any, datetime]:
    id = town.sent({"area": "all"}, texts)
    (outgoing,) = taking(town, "whatsapp")
    town.ends(outgoing, Uncertain("answered 502"))
    return id, outgoing, town.hands.at


def settles(town: Town, *listed: ListedMessage) -> None:
    with session(town.engine) as db:
        for each in sorted(uncertain_deliveries(db, town.desk, "whatsapp"), key=lambda doubt: doubt.since):
            settle_uncertain(db, town.desk, each.id, listed)


def test_a_doubt_is_settled_by_all_of_its_words(town: Town) -> None:
    town.add("whatsapp", "guelmim")
    begins = "Bonjour, la chambre vous informe que le bureau sera"
    one = {"text_ar": "المكتب مغلق يوم الاثنين", "text_fr": f"{begins} fermé lundi"}
    two = {"text_ar": "المكتب مفتوح يوم الثلاثاء", "text_fr": f"{begins} ouvert mardi"}
    first, _, _ = in_doubt(town, one)
    town.hands.move(seconds=30)
    second, outgoing, at = in_doubt(town, two)
    town.hands.move(minutes=4)
    settles(town, ListedMessage("SM2", outgoing.spoken.text.replace("\n", " "), at))
    assert balance(town, first) == {"failed": 1}
    assert balance(town, second) == {"sent": 1}


@pytest.mark.parametrize(("body", "state"), [("Plan", "failed"), ("Message de la chambre : {}", "sent")])
def test_a_template_in_doubt_is_known_by_what_fills_it(town: Town, body: str, state: str) -> None:
    policy(town, templates=TEMPLATES)
    town.add("whatsapp", "guelmim")
    town.hands.move(hours=25)
    id, outgoing, at = in_doubt(town)
    town.hands.move(minutes=4)
    settles(town, ListedMessage("SM3", body.format(*outgoing.template.variables), at + timedelta(seconds=5)))
    assert balance(town, id) == {state: 1}


def test_words_that_are_others_today_settle_nothing(town: Town) -> None:
    town.add("whatsapp", "guelmim")
    id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
    looks(town, announce_sessions)
    for _ in range(2):
        (outgoing,) = taking(town, "whatsapp")
        town.ends(outgoing, Uncertain("502"))
        town.hands.move(seconds=25)
    assert states(town, "announce") == {"unknown": 1}
    moves(town, id, "2026-12-10")
    town.hands.move(minutes=4)
    settles(town)  # the list holds nothing that says what it would say today
    assert states(town, "announce") == {"unknown": 1}


# -- a copy of before ----------------------------------------------------------------------------------


@pytest.fixture
def restored(town: Town, tmp_path: Path) -> Any:
    """Makes the database a copy of `hours` ago."""
    town.desk = replace(town.desk, alive=tmp_path / "alive")

    def put_back(hours: float = 3) -> None:
        town.hands.move(hours=hours)
        (tmp_path / "alive").write_text(town.hands.at.isoformat())
        with session(town.engine) as db:
            found = restore_guard.look_at_start(db, town.desk)
            assert found is not None
            assert found.why == "restored"

    return put_back


def test_what_was_in_flight_in_a_copy_does_not_leave_again(town: Town, restored: Any) -> None:
    contact = town.add("telegram", "guelmim")
    with session(town.engine) as db:
        enqueue_notice(db, town.desk, db.get_one(Contact, contact), Reply((Say("attend.no"),)))
        assert len(take(db, town.desk, "telegram", "lane", 10)) == 1
    looks(town, restore_guard.note_alive)
    restored()
    with session(town.engine) as db:
        assert recover_uncertain(db, town.desk, "telegram") == 0
        assert take(db, town.desk, "telegram", "lane", 10) == []


def test_who_was_reminded_of_a_form_before_the_copy_is_not_again(town: Town, restored: Any) -> None:
    contact = town.add("telegram", "guelmim")
    with session(town.engine) as db:
        db.get_one(Contact, contact).draft_at = town.hands.at - timedelta(hours=20)
    looks(town, restore_guard.note_alive)
    policy(town, quiet=(time(2), time(3)))
    restored(48)
    with session(town.engine) as db:
        assert nudges.nudge_drafts(db, town.desk) == 0


def test_what_may_have_left_before_the_copy_is_taken_back(town: Town, restored: Any) -> None:
    town.add("telegram", "guelmim")
    id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance))
    look(town, "2026-11-23T10:00")
    looks(town, restore_guard.note_alive)
    restored(1)
    town.does(sessions.cancel_session, {"session": f"{id}.1"})
    assert len(all_sent(town)) == 1


def test_what_was_paused_before_the_copy_asks_again(town: Town, restored: Any) -> None:
    many(town, 2)
    id = town.sent({"area": "all"})
    town.does(controls.pause_broadcast, {"broadcast": id})
    looks(town, restore_guard.note_alive)
    restored(1)
    assert row_of(town, id).why == "restored"
