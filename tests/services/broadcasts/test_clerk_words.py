"""What a clerk sees before she decides, and the plain words she answers with."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.values import Heard, Named, Say, Subject
from models.broadcast import Broadcast
from models.contact import Contact
from models.session import AwarenessSession
from models.staff import Staff
from services.broadcasts import broadcasts, report, sheet
from services.broadcasts.concerned import count_concerned
from services.context import Policy
from services.delivery.outbox import take
from services.people import stops
from services.sessions import attendance
from services.sessions.reminders import announce_sessions
from tests.desks import engine, knowing, session, words, world
from tests.towns import OTHER, TEXTS, Town, files, looks, many, planned

BLANKS = {"text_ar": "موعدك في [الجماعة] يا [الاسم]", "text_fr": "[prénom], rendez-vous à [commune]"}


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        found = Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))
        with session(made) as db:
            db.add(Staff(contact_id=found.author, roles="admin", state="active", since=found.hands.at))
        yield found


@pytest.mark.parametrize("trade", ["any", "C076"])
def test_as_many_are_counted_as_are_told(town: Town, trade: str) -> None:
    """Whoever stopped, or has another trade, is neither counted nor told; put aside or announced at once."""
    weaver, potter, stopped, _ = (town.add("telegram", "guelmim") for _ in range(4))
    files(town, weaver, trade="C030")
    files(town, potter, trade="C076")
    id = planned(town)
    with session(town.engine) as db:
        db.get_one(Contact, stopped).stopped_at = town.hands.at
        row = db.get_one(AwarenessSession, id)
        row.trades = None if trade == "any" else [trade]
        given = {"commune": row.commune, "province": row.province, "trade": trade}
    with Session(town.engine) as db:
        counted = {count_concerned(db, town.desk, given), count_concerned(db, town.desk, {"session": f"{id}.1"})}
    looks(town, announce_sessions)
    with Session(town.engine) as db:
        assert counted == {db.scalar(sa.select(Broadcast.count))} == {3 if trade == "any" else 2}


def test_a_preview_shows_examples_and_its_button_stops_nothing(town: Town) -> None:
    person = town.add("telegram", "guelmim")
    files(town, person)
    town.does(broadcasts.freeze_broadcast, {**BLANKS, "area": "all"})
    shown = []
    for _ in range(2):  # one after the other
        with session(town.engine) as db:
            (outgoing,) = take(db, town.desk, "telegram", "lane", 9)
        town.ends(outgoing)
        shown.append(outgoing.spoken)
    texts = " ".join(each.text for each in shown)
    assert "Fatima, rendez-vous à" in texts.replace("\u2068", "").replace("\u2069", "")
    assert "[" not in texts
    assert {button.data for each in shown for button in each.options} == {"quit:news:0"}
    town.does(stops.quit_kind, {"bulk": 0, "which": "news"})
    with Session(town.engine) as db:
        assert db.get_one(Contact, town.author).muted == ""


def test_messages_are_listed_by_their_first_words_as_they_were_typed(town: Town) -> None:
    person = town.add("telegram", "guelmim")
    files(town, person)
    id = town.sent({"area": "all"}, BLANKS)
    with Session(town.engine) as db:
        label = report.BroadcastSource(db, town.desk).label(str(id)).names
        told = report.broadcast_view(db, town.desk, db.get_one(Contact, town.author), str(id)).told
    assert "[prénom], rendez-vous à [commune]" in label["fr"]
    assert "[الجماعة]" in label["ar"]
    assert "23/11" in label["fr"]
    assert "{" not in town.desk.speech.speak((told,), "ar", "0").text


def test_who_has_no_file_is_told_apart_in_the_sheet(town: Town) -> None:
    many(town, 3)
    id = town.sent({"area": "all"})
    with Session(town.engine) as db:
        names = [row[2] for row in sheet.spreadsheet_rows(db, town.desk, db.get_one(Broadcast, id), "fr")]
    assert sorted(names) == ["••01", "••02", "••03"]


def test_who_waits_for_a_place_and_says_she_comes_is_waiting(town: Town) -> None:
    first, second = town.add("telegram", "guelmim"), town.add("telegram", "guelmim")
    id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.text("DELETE FROM attendance"))
        db.get_one(AwarenessSession, id).capacity = 1
    town.does(attendance.attend_yes, {"session": id}, who=first)
    town.does(attendance.attend_wait, {"session": id}, who=second)
    again = town.does(attendance.attend_yes, {"session": id}, who=second)
    assert [each.msgid for each in again.says] == ["attend.wait"]


def test_the_same_texts_and_others_are_told_apart(town: Town) -> None:
    """Of an audience that is all left out, the reason is said, not that nobody asked."""
    from conversations.forms.flow import Case
    from conversations.staff.broadcast import reach
    from services.broadcasts.forecast import forecast_reach

    many(town, 2)
    town.sent({"area": "all"})
    given = {**TEXTS, "area": "all", "whom": "everybody", "when": "now"}
    with Session(town.engine) as db:
        found = forecast_reach(db, town.desk, given)
    case = Case(given, knowing(world(), audience=lambda answers: found))
    said = town.desk.speech.speak((reach(case),), "fr", "0").text.replace("\u00a0", " ")
    assert said.startswith("Personne ne le recevra :")
    assert "moins de 24 h : 2" in said
    assert OTHER != TEXTS


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("D-1-8877", "here"),
        ("d 1 8877", "here"),
        ("d–1–8877", "here"),
        ("P-1-482113", "seen"),
        ("/start d-1-8877", "here"),
        ("d-1", None),
        ("da 1 8877", None),
    ],
)
def test_a_code_of_the_door_as_phones_write_it(said: str, meant: str | None) -> None:
    operation = actions.operation_of(Heard(said), world())
    assert (operation.name if operation else None) == meant


@pytest.mark.parametrize(
    ("about", "said", "meant"),
    [
        ("sending:5", "continuer", "resume"),
        ("sending:5", "نكمل", "resume"),
        ("sending:5", "annuler", "undo"),
        ("approval:5", "d'accord", "approve_yes"),
        ("approval:5", "أوافق", "approve_yes"),
        ("approval:5", "pas d'accord", "approve_no"),
        ("session:5", "continuer", None),
        (None, "d'accord", None),
    ],
)
def test_words_that_count_right_after_what_they_answer(about: Any, said: str, meant: str | None) -> None:
    here = knowing(replace(world(), roles=frozenset({"admin"})), said_last=lambda: Subject.parse(about))
    operation = actions.immediate_operation(Heard(said), here)
    assert (operation.name if operation else None) == meant
    assert actions.immediate_operation(Heard(said), replace(here, roles=frozenset())) is None


@pytest.mark.parametrize(
    ("about", "said", "meant"),
    [
        ("rating:5", "خمسة", "5"),
        ("rating:5", "4 étoiles", "4"),
        ("rating:5", "٤", "4"),
        ("approval:5", "oui", "yes"),
        ("approval:5", "لا", "no"),
        ("sending:5", "oui", "resume"),
        ("sending:5", "non", None),
        ("rating:5", "45 jours", None),
    ],
)
def test_a_bare_answer_to_a_notice(about: str, said: str, meant: str | None) -> None:
    here = knowing(replace(world(), roles=frozenset({"admin"})), asked_last=lambda: Subject.parse(about))
    found = actions.typed_action(Heard(said), here)
    assert (found.value if found else None) == meant


@pytest.mark.parametrize(
    ("text", "language", "apart"),
    [
        ("القاعة في [الجماعة]. الهاتف 0528 77 00 11", "fr", True),
        ("La salle [commune], à 10:30", "ar", True),
        ("القاعة في Guelmim", "ar", False),
        ("Salle قاعة de la chambre", "fr", False),
    ],
)
def test_a_text_of_the_other_direction_stands_apart_as_a_whole(text: str, language: str, apart: bool) -> None:
    """Its brackets and numbers keep their places; words of the other language inside stand apart alone."""
    said = words().say(Say("sendings.text", {"text": Named.same(text)}), language)
    assert (f"\u2068{text}\u2069" in said) is apart
    assert "\u2068" in said
