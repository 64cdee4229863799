"""What a clerk tells many of a session goes the way of any broadcast: count, second person, trial, a minute."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from models.contact import Contact
from models.session import AwarenessSession
from models.staff import Staff
from services.broadcasts import approval, broadcasts, controls
from services.broadcasts.approval import drop_lapsed
from services.broadcasts.monitor import watch_broadcasts
from services.context import Policy
from services.delivery.outbox import take
from services.sessions import sessions
from services.sessions.announcing import start_due_announcements
from tests.desks import engine, session
from tests.towns import Town, policy

PLANNED = {
    "province": "guelmim",
    "place_ar": "قاعة",
    "place_fr": "Salle",
    "pin": "none",
    "day": "2026-11-27",
    "hour": "10:00",
    "text_ar": "مرحبا",
    "text_fr": "Bienvenue",
    "more": "no",
    "capacity": "open",
}


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        found = Town(made, Policy(undo=timedelta(seconds=60), approve_above=2, trial=0, quiet=None))
        found.employ()
        yield found


def people(town: Town, count: int) -> None:
    for _ in range(count):
        town.add("telegram", "guelmim")


def plans(town: Town) -> dict[str, Any]:
    """A session planned, its announcement frozen: the form that asks for the count."""
    done = town.does(sessions.plan_session, {**PLANNED, "commune": town.communes["guelmim"][0]})
    assert done.opens is not None
    return dict(done.opens[1])


def confirms(town: Town, asked: dict[str, Any], who: Any = None) -> Any:
    return town.does(broadcasts.confirm_broadcast, {**asked, "count": asked["expected"]}, who)


def minute(town: Town) -> None:
    town.hands.move(seconds=61)
    for look in (start_due_announcements, watch_broadcasts, drop_lapsed):
        with session(town.engine) as db:
            look(db, town.desk)


def arrives(town: Town) -> int:
    with session(town.engine) as db:
        taken = [each for each in take(db, town.desk, "telegram", "lane", 100) if each.broadcast is not None]
    for each in taken:
        town.ends(each)
    return len(taken)


def the_session(town: Town) -> AwarenessSession:
    with Session(town.engine, expire_on_commit=False) as db:
        return db.scalars(sa.select(AwarenessSession)).one()


def second_person(town: Town) -> Any:
    other = town.add("telegram", None)
    with session(town.engine) as db:
        db.add(Staff(contact_id=other, roles="approver", state="active", since=town.hands.at))
    return other


def test_an_announcement_waits_for_its_count_and_its_minute(town: Town) -> None:
    people(town, 2)
    asked = plans(town)
    assert asked["expected"] == 2
    minute(town)
    assert arrives(town) == 0
    assert "other_count" in str(town.does(broadcasts.confirm_broadcast, {**asked, "count": 3}).says)
    confirms(town, asked)
    assert the_session(town).state == "draft"
    assert arrives(town) == 0
    minute(town)
    assert the_session(town).state == "announced"
    assert arrives(town) == 2


def test_it_is_taken_back_within_the_minute_and_nothing_was_changed(town: Town) -> None:
    people(town, 2)
    asked = plans(town)
    confirms(town, asked)
    town.does(controls.take_back, {"broadcast": asked["broadcast"]})
    minute(town)
    assert arrives(town) == 0
    assert the_session(town).state == "draft"
    again = town.does(sessions.announce_draft, {"session": f"{the_session(town).id}.1", "what": "announce"})
    confirms(town, dict(again.opens[1]))
    minute(town)
    assert arrives(town) == 2


def test_above_the_threshold_a_second_person_agrees(town: Town) -> None:
    people(town, 3)
    other = second_person(town)
    asked = plans(town)
    confirms(town, asked)
    minute(town)
    assert arrives(town) == 0
    given = {"approval": asked["broadcast"]}
    assert town.does(approval.approve_yes, given).refused  # its author herself
    town.does(approval.approve_yes, given, other)
    minute(town)
    assert arrives(town) == 3
    first = f"{the_session(town).id}.1"
    moved = town.does(sessions.move_session, {"session": first, "what": "moment", "day": "2026-11-28", "hour": "10:00"})
    confirms(town, dict(moved.opens[1]))
    minute(town)
    assert the_session(town).edition == 1  # as long as nobody agreed, it stands where people think it is
    town.does(approval.approve_no, {"approval": moved.opens[1]["broadcast"]}, other)
    minute(town)
    assert the_session(town).starts_at == datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert arrives(town) == 0


def test_words_of_a_clerk_that_call_themselves_a_session_need_the_second_person_too(town: Town) -> None:
    """Alone, a broadcaster reaches nobody above the threshold, whatever she calls it."""
    people(town, 3)
    asked = plans(town)
    said = confirms(town, asked).says
    assert [each.msgid for each in said] == ["broadcast.nobody_approves"]
    minute(town)
    assert arrives(town) == 0


def test_a_large_one_reaches_a_few_first(town: Town) -> None:
    policy(town, approve_above=0, trial=2)
    people(town, 7)
    confirms(town, plans(town))
    minute(town)
    assert arrives(town) == 2
    minute(town)
    with Session(town.engine) as db:
        row = db.scalars(sa.select(Broadcast)).one()
        assert (row.state, row.why) == ("paused", "trial")
    town.does(controls.resume_broadcast, {"broadcast": 1})
    minute(town)
    assert arrives(town) == 5


def test_an_author_without_the_role_any_more_announces_nothing(town: Town) -> None:
    people(town, 2)
    confirms(town, plans(town))
    with session(town.engine) as db:
        db.execute(sa.update(Staff).values(state="removed"))
    minute(town)
    assert arrives(town) == 0
    assert the_session(town).state == "draft"


def test_who_hears_of_it_while_its_move_waits_is_told_the_move(town: Town) -> None:
    policy(town, approve_above=0)
    people(town, 1)
    confirms(town, plans(town))
    minute(town)
    assert arrives(town) == 1
    given = {"session": f"{the_session(town).id}.1", "what": "moment", "day": "2026-11-28", "hour": "10:00"}
    asked = dict(town.does(sessions.move_session, given).opens[1])
    late = town.add("telegram", "tan_tan")
    from services.sessions import attendance

    town.does(attendance.attend_yes, {"session": the_session(town).id}, late)
    confirms(town, asked)
    minute(town)
    assert arrives(town) == 2


def test_what_is_dropped_before_its_count_leaves_no_draft_behind(town: Town) -> None:
    people(town, 1)
    asked = plans(town)
    town.does(broadcasts.drop_broadcast, asked)
    assert the_session(town).state == "cancelled"
    with Session(town.engine) as db:
        assert db.get_one(Contact, town.author) is not None


def test_a_change_before_anybody_was_told_is_agreed_to_again(town: Town) -> None:
    """What was agreed to is what people read: not another place its author writes while it is on its way."""
    people(town, 3)
    other = second_person(town)
    asked = plans(town)
    confirms(town, asked)
    town.does(approval.approve_yes, {"approval": asked["broadcast"]}, other)
    minute(town)
    town.does(controls.pause_broadcast, {"broadcast": asked["broadcast"]})
    place = {"what": "place", "place_ar": "قاعة أخرى", "place_fr": "Votez pour X", "pin": "none"}
    done = town.does(sessions.move_session, {"session": f"{the_session(town).id}.1", **place})
    assert done.opens is not None
    confirms(town, dict(done.opens[1]))
    minute(town)
    assert the_session(town).place["fr"] == "Salle"
    town.does(controls.resume_broadcast, {"broadcast": asked["broadcast"]})
    with session(town.engine) as db:
        told = [each.spoken.text for each in take(db, town.desk, "telegram", "lane", 100) if each.broadcast is not None]
    assert len(told) == 3
    assert not any("Votez" in text for text in told)
