"""A rule changes: the desk tells whose result it changes, and prepares a message that leaves only when told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.assessment import Assessment
from models.broadcast import Broadcast
from tests.artisans import POTTER, Artisan, walk
from tests.handlers.test_clerk import admin, rows, say
from tests.whole import Whole

# On 1 January 2026 the SMIG rises: about 156 DH a month becomes about 163.
BEFORE, AFTER = datetime(2025, 12, 30, 10, tzinfo=UTC), datetime(2026, 1, 2, 10, tzinfo=UTC)
TADAMON = ["work:none", "33", "cover:none", "tax_status:none", "in_rna:no", "9.2"]


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


def three(whole: Whole) -> list[Artisan]:
    people = [whole.artisan(chat) for chat in (11, 12, 13)]
    walk(people[0], "fr", POTTER)
    walk(people[1], "ar", POTTER)
    walk(people[2], "fr", TADAMON)
    whole.settle()
    return people


def test_a_result_keeps_its_edition_and_rules_and_seals_the_rest(whole: Whole) -> None:
    three(whole)
    row = kept(whole)[0]
    assert (row.regime, row.rules) == ("tns_artisan", ["can_register_in_rna"])
    assert (row.edition, str(row.day)) == ("2026-11-23", "2025-12-30")
    assert b"own_account" not in row.body
    assert len(kept(whole)) == 3


def test_corrected_a_form_has_one_result_and_for_another_person_two(whole: Whole) -> None:
    person = whole.artisan(11)
    walk(person, "fr", POTTER)
    say(person, "result:edit", "edit:in_rna", "in_rna:yes")
    whole.settle()
    assert [row.rules for row in kept(whole)] == [["registered_in_rna"]]
    say(person, "result:again", *TADAMON)
    whole.settle()
    assert [row.regime for row in kept(whole)] == ["tns_artisan", "tadamon"]


def test_whose_result_changes_and_a_message_to_them(whole: Whole) -> None:
    people, clerk = three(whole), admin(whole)
    assert "Aucun résultat ne change" in say(clerk, "/changes")
    whole.hands.at = AFTER
    listed = say(clerk, "/changes")
    assert "2 résultats changent" in listed
    assert "comme artisan, 156 DH" in listed
    assert "comme artisan, 163 DH" in listed
    assert "Tadamon" not in listed
    say(people[1], "stop")
    prepared = say(clerk, "listed:prepare")
    assert "Rien ne part avant votre confirmation" in prepared
    assert "Une règle de l'assurance maladie a changé" in clerk.texts[-1]
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
    assert "a changé" not in people[2].texts[-1]
    # she looks again: her result is today's
    say(people[0], "menu", "menu:eligibility", "draft:restart", *POTTER)
    whole.settle()
    assert "1 résultat change" in say(clerk, "/changes")  # the one who said stop, told nothing


def test_an_artisan_does_not_know_the_command(whole: Whole) -> None:
    person = whole.artisan(11)
    say(person, "/start", "2")
    assert say(person, "/changes") == say(person, "/nonsense")
