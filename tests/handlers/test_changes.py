"""A rule changes: the desk tells whose result it changes, and prepares a message that leaves only when told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.eligibility.result import assessment
from models import database
from models.assessment import Assessment, contacts_to_notify, seal_result, unseal_result
from models.broadcast import Broadcast
from models.contact import Contact
from models.rows import new_id
from services.context import Desk
from services.people import assessments
from tests.artisans import POTTER, Artisan, walk
from tests.desks import Hands, desk, engine, session
from tests.whole import Whole, admin, rows, say

# On 1 January 2026 the SMIG rises: about 156 DH a month becomes about 163.
BEFORE, AFTER = datetime(2025, 12, 30, 10, tzinfo=UTC), datetime(2026, 1, 2, 10, tzinfo=UTC)
TADAMON = ["work:none", "makes:no", "33", "cover:none", "tax_status:none", "in_rna:no", "9.2"]


@pytest.fixture
def whole(database_url: str, tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path, database_url)
    made.hands.at = BEFORE
    with made:
        yield made
        assert made.telegram.broken_rules == []


def kept(whole: Whole) -> list[Assessment]:
    with Session(whole.reader) as db:
        return list(db.scalars(sa.select(Assessment).order_by(Assessment.id)))


def body(row: Assessment) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(unseal_result(desk().sealer, row))
    return read


def three(whole: Whole) -> list[Artisan]:
    """Two potters, who ask to be told of changes, and one with Tadamon, who does too."""
    people = [whole.artisan(chat) for chat in (11, 12, 13)]
    walk(people[0], "fr", POTTER)
    walk(people[1], "ar", POTTER)
    walk(people[2], "fr", TADAMON)
    for person in people:
        say(person, "result:follow")
    whole.settle()
    return people


def test_a_result_keeps_its_edition_and_rules_all_sealed(whole: Whole) -> None:
    people = three(whole)
    row = kept(whole)[0]
    assert (row.edition, str(row.day), row.wishes) == ("2026-11-28", "2025-12-30", True)
    assert b"own_account" not in row.body
    assert b"tns_artisan" not in row.body
    assert "C'est noté" in people[0].texts[-1]
    assert any(button.startswith("result:register:") for button in people[0].buttons)  # the form stays


def test_corrected_a_form_has_one_result_and_for_another_person_two(whole: Whole) -> None:
    person = whole.artisan(11)
    walk(person, "fr", POTTER)
    say(person, "result:follow", "result:edit", "edit:in_rna", "in_rna:yes")
    whole.settle()
    assert len(kept(whole)) == 1
    say(person, "result:again", *TADAMON)
    whole.settle()
    assert [row.wishes for row in kept(whole)] == [True, True]  # the wish is the phone's


def test_whose_result_changes_and_a_message_to_them(whole: Whole) -> None:
    people, clerk = three(whole), admin(whole)
    silent = whole.artisan(14)  # who never asked to be told
    walk(silent, "fr", POTTER)
    whole.look()
    assert "Aucun résultat ne change" in say(clerk, "/changes")
    whole.hands.at = AFTER
    assert "Revenez dans une minute" in say(clerk, "/changes")
    whole.look()
    listed = say(clerk, "/changes")
    assert "3 résultats changent" in listed
    assert "comme artisan, 156 DH" in listed
    assert "comme artisan, 163 DH" in listed
    assert "Tadamon" not in listed
    say(people[1], "stop")
    prepared = say(clerk, "listed:prepare")
    assert "Rien ne part avant votre confirmation" in prepared
    assert "Une règle de l'assurance maladie a changé" in prepared
    whole.settle()
    assert rows(whole) == []  # prepared, not sent
    say(clerk, "ready:preview")
    whole.settle()
    assert rows(whole) == []
    with Session(whole.reader) as db:
        frozen = db.scalars(sa.select(Broadcast)).one()
        assert (frozen.count, frozen.audience) == (1, {"changed": "yes"})
    say(clerk, "1")
    whole.hands.move(minutes=2)
    whole.look()
    assert rows(whole) == ["sent"]
    assert "Une règle de l'assurance maladie a changé" in people[0].texts[-1]
    assert not any("a changé" in text for text in (*people[2].texts, *silent.texts))
    # told once: the next look compares with what she knows now; the one who stopped was told nothing
    assert "2 résultats changent" in say(clerk, "/changes")
    assert "Rien ne part" in say(clerk, "listed:prepare")
    assert not any(button.startswith("ready:preview:") for button in clerk.buttons)


def test_a_row_nobody_can_read_stops_nothing(whole: Whole, database_url: str) -> None:
    three(whole)
    clerk = admin(whole)
    made = database.engine(database_url, writer=True)
    with Session(made) as db:
        first, second = db.scalars(sa.select(Assessment).order_by(Assessment.id).limit(2))
        first.body = first.body[:-1] + bytes([first.body[-1] ^ 1])
        first.contact_id, second.contact_id = first.contact_id, first.contact_id  # moved to another person
        second.draft = "zz"
        db.commit()
    made.dispose()
    whole.hands.at = AFTER
    whole.look()
    assert "Aucun résultat ne change" in say(clerk, "/changes")  # the third is Tadamon's


def test_what_is_half_written_is_not_thrown_away(whole: Whole) -> None:
    people, clerk = three(whole), admin(whole)
    assert people
    say(clerk, "/broadcast", "نص قصير للصناع في كلميم")
    whole.hands.at = AFTER
    whole.look()
    say(clerk, "/changes")
    assert "déjà commencé" in say(clerk, "listed:prepare")
    assert "Votre" in say(clerk, "draft:continue") or clerk.texts[-1]
    assert "texte" in clerk.texts[-1].lower() or "français" in clerk.texts[-1].lower()


def test_an_artisan_does_not_know_the_command(whole: Whole) -> None:
    person = whole.artisan(11)
    say(person, "/start", "2")
    assert say(person, "/changes") == say(person, "/nonsense")


def test_many_results_are_looked_at_a_page_at_a_time(sqlite_url: str) -> None:
    with engine(sqlite_url) as made:
        hands = Hands()
        here = desk(hands)
        fill(made, here, 1200)
        hands.at = datetime(2025, 6, 1, 10, tzinfo=UTC)
        for look in range(3):
            with session(made) as db:
                assert assessments.last_review(db, here) is None, look
                assessments.review_page(db, here)
        with session(made) as db:
            found = assessments.last_review(db, here)
            assert found is not None
            assert [each.count for each in found] == [1200]
            assert len(db.scalars(contacts_to_notify()).all()) == 600  # every second one wished to be told
            assessments.review_page(db, here)  # nothing more to do today


def fill(made: sa.Engine, here: Desk, count: int) -> None:
    """Results of as many contacts; every second one asked to be told."""
    answers = {"work": "own_account", "cover": "none", "tax_status": "none", "in_rna": "yes"}
    found = assessment(answers, here.context())
    raw = json.dumps(
        {"answers": answers, "result": assessments.result_as_json(found), "rules": list(found.reasons)}
    ).encode()
    now = here.clock.now()
    with session(made) as db:
        for number in range(count):
            contact, id = new_id(), new_id()
            db.add(Contact(id=contact, created_at=now, language="fr"))
            db.flush()
            db.add(
                Assessment(
                    id=id,
                    contact_id=contact,
                    draft="2",
                    made_at=now,
                    day=here.clock.today(),
                    edition="x",
                    body=seal_result(here.sealer, id, contact, raw),
                    wishes=number % 2 == 0,
                )
            )


def test_taken_back_nobody_was_told(whole: Whole) -> None:
    three(whole)
    clerk = admin(whole)
    whole.hands.at = AFTER
    whole.look()
    say(clerk, "/changes", "listed:prepare", "ready:preview")
    whole.settle()
    say(clerk, "2")
    whole.look()
    assert "Aucun résultat ne change" in say(clerk, "/changes")
    say(clerk, "annuler l'envoi")
    whole.look()
    assert "2 résultats changent" in say(clerk, "/changes")
    whole.hands.move(minutes=5)
    whole.look()
    assert rows(whole) == ["cancelled", "cancelled"]
