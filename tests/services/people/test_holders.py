"""What a tester of files, erasure and cards found, so that it stays mended."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.language.card_number import handed_on, hidden
from conversations.roles import Role
from models import broadcast, erasing
from models.broadcast import Broadcast
from models.consent import Consent
from models.contact import Contact
from models.delivery import Delivery
from models.erasure_record import Erasure
from models.inbound import Inbound
from models.person_request import RequestWords
from models.registration import Registration
from models.rows import new_id
from models.staff import Invitation, Staff, blind_code
from services.broadcasts.fanout import enqueue_batch
from services.people import data_export, id_card_links
from services.privacy.erasure import erase_due
from services.privacy.retention import apply_retention
from services.turns.receive import store_inbound
from tests.counters import FORM, WIFE, Counter, Person, bare, boss, counter


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


def filled(desk: Counter, upto: int | None = None) -> Person:
    person = desk.person()
    person.says("/start")
    person.does("language:fr", "menu:register", *FORM[:upto])
    return person


# -- who holds the phone ---------------------------------------------------------------------------


def test_a_form_left_at_its_day_of_birth_asks_for_it_all_the_same(desk: Counter) -> None:
    person = filled(desk)
    person.presses("check:edit")
    person.presses("edit:birth")
    desk.hands.move(days=200)
    person.says("bonjour")
    person.presses("draft:continue")
    person.says("25/6/1985")
    assert "Fatima" not in person.text
    assert person.step == "proof"
    person.says("25/12/1990")
    assert "Fatima Essai" in person.text


def test_guessing_stops_after_three_a_day(desk: Counter) -> None:
    person = filled(desk)
    desk.hands.move(days=200)
    person.says("bonjour")
    person.presses("draft:continue")
    for day in range(1, 4):
        person.says(f"{day}/1/1990")
    for _ in range(3):
        assert "fermé" in person.text
        person.says("Terminer la pré-inscription")
    person.says("25/12/1990")
    assert "Fatima" not in person.text
    desk.hands.move(days=1)
    person.says("Terminer la pré-inscription")
    person.says("25/12/1990")
    assert "Fatima Essai" in person.text


def test_the_first_word_after_a_silence_shows_no_name(desk: Counter) -> None:
    person = filled(desk)
    person.says("menu")
    desk.hands.move(days=200)
    person.says("mon dossier")
    assert "Fatima" not in str(person.spoken)


def test_a_form_with_a_name_alone_is_begun_anew(desk: Counter) -> None:
    person = filled(desk, 3)
    desk.hands.move(days=60)
    person.says("mon dossier")
    assert "Fatima" not in str(person.spoken)
    person.says("menu")
    person.presses("menu:register")
    assert person.step == "consent"
    assert "Fatima" not in str(person.chat)


def test_an_old_form_sleeps_on_a_phone_in_daily_use(desk: Counter) -> None:
    person = filled(desk)
    person.says("menu")
    for _ in range(40):
        desk.hands.move(days=1)
        person.says("bonjour")
    person.presses("menu:register") if "menu:register" in person.options else person.says("menu")
    person.says("Terminer la pré-inscription")
    assert person.step == "proof"
    assert "Fatima" not in person.text


def test_a_copy_holds_nothing_of_an_earlier_holder(desk: Counter) -> None:
    first = desk.person()
    first.says("/start")
    first.does("language:fr", "menu:eligibility", "work:employee", "30", "declared:no")
    first.says("personne")
    first.says("je suis Khadija Amrani")
    desk.hands.move(days=220)
    second = desk.person()  # the same number, another hand
    second.says("menu")
    second.presses("menu:register")
    second.does(*FORM)
    second.presses("check:confirm")
    with Session(desk.engine) as db:
        row = db.scalars(sa.select(Registration)).one()
        data = data_export.collected_data(db, desk.desk, db.get_one(Contact, row.contact_id), row)
    assert "Khadija" not in str(data)
    assert data["results"] == []


def test_everything_is_erased_by_who_is_known_only(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    desk.hands.move(days=200)
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    assert "ouvrez d'abord chaque dossier" in person.text
    desk.hands.move(days=3)
    desk.sends()
    assert desk.run(erase_due) == 0
    assert len(desk.files()) == 1


# -- erasing ---------------------------------------------------------------------------------------


def erased(desk: Counter, person: Person) -> None:
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    desk.hands.move(hours=49)
    for _ in range(4):
        desk.sends()
        desk.run(erase_due)


def test_nobody_waiting_to_join_is_admitted_after_she_was_erased(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    with Session(desk.engine) as db:
        db.add(Staff(contact_id=person.contact_id, roles=Role.ADMIN, state="waiting", since=desk.hands.at))
        db.commit()
    erased(desk, person)
    assert desk.rows(Staff) == []


def test_who_is_to_be_erased_does_not_join(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    with Session(desk.engine) as db:
        given = {"roles": Role.ADMIN, "invited_by": None, "created_at": desk.hands.at}
        code = blind_code(desk.desk.sealer, "j-23456789abcdef")
        db.add(Invitation(code=code, expires_at=desk.hands.at.replace(year=2027), used_at=None, **given))
        db.commit()
    person.says("j-23456789abcdef")
    assert desk.rows(Staff) == []


def test_a_message_that_waits_while_she_is_erased_is_no_dead_letter(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    desk.hands.move(hours=49)
    desk.sends()
    desk.run(erase_due)
    desk.sends()
    desk.run(store_inbound, "telegram", "waits", person.address, b'{"message": {"text": "Fatima Essai"}}')
    desk.run(erase_due)
    assert {row.state for row in desk.rows(Inbound)} == {"done"}


def test_what_was_passed_on_to_the_chamber_goes_too(desk: Counter) -> None:
    admin = boss(desk)
    person = desk.person("telegram", 40)
    person.registers()
    person.says("personne")
    person.says("je suis Fatima Essai de Guelmim")
    person.says("menu")
    assert "Fatima Essai" in admin.text
    erased(desk, person)
    assert all("Fatima" not in said.text for said in admin.messages)
    assert desk.rows(RequestWords) == []


def test_what_is_on_the_way_ends_with_her(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    with Session(desk.engine) as db:
        contact, now = db.get_one(Contact, person.contact_id), desk.hands.at
        frozen, count, digest = broadcast.pack_audience([contact.id])
        rows = [
            Broadcast(
                kind="broadcast",
                state="going",
                author_id=contact.id,
                frozen=frozen,
                count=count,
                hash=digest,
                put=count,
                created_at=now,
            )
            for _ in range(2)
        ]
        db.add_all(rows)
        db.flush()
        db.execute(
            sa.insert(Delivery).values(
                id=new_id(),
                contact_id=contact.id,
                channel="telegram",
                address=contact.address,
                seq=None,
                kind="broadcast",
                body=None,
                broadcast_id=rows[0].id,
                created_at=now,
                due_at=now.replace(year=2030),
                attempts=0,
                doubts=0,
                state="pending",
            )
        )
        db.commit()
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    desk.hands.move(hours=49)
    desk.run(erase_due)
    desk.hands.move(hours=25)  # the lane was down all the while
    desk.run(erase_due)
    with Session(desk.engine) as db:
        assert set(erasing.count_rows_about(db, person.contact_id).values()) == {0}
        assert broadcast.state_counts(db, db.get_one(Broadcast, 1)) == {"cancelled": 1}
        second = db.get_one(Broadcast, 2)  # frozen before, confirmed after
        second.state, second.put = "going", 0
        enqueue_batch(db, desk.desk, second)
        db.commit()
        assert broadcast.state_counts(db, db.get_one(Broadcast, 2)) == {"cancelled": 1}


def test_another_s_wish_is_not_undone(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:register")
    person.does(*WIFE)
    person.presses("check:confirm")
    person.presses("menu:file")
    person.presses(person.options[1])
    person.presses("shown:erase")
    person.does("what:file", "sure_erase:erase")
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    person.says("supprimer mes données")
    person.presses("leaving:stay")
    desk.hands.move(hours=50)
    desk.sends()
    desk.run(erase_due)
    assert [row["name"] for row in desk.files()] == ["Fatima Essai"]
    assert [row.subject for row in desk.rows(Erasure) if not row.counts] == []
    assert [row.answer for row in desk.rows(Consent)].count("kept") == 1


def test_nothing_is_added_to_a_file_that_is_to_go(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    buttons = {button.data.rpartition(":")[0]: button.data for button in person.spoken.options}
    person.presses("shown:erase")
    person.does("what:file", "sure_erase:erase")
    for option in ("shown:correct", "shown:cin"):
        person.presses_exactly(buttons[option])
        assert "/f/" not in person.text
        assert "Est-ce juste" not in person.text


def test_who_leaves_does_not_register_unawares(desk: Counter) -> None:
    person = desk.person()
    person.says("/start")
    person.presses("language:fr")
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase", "menu:register", *FORM, "check:confirm")
    assert "Effacement prévu" in person.text
    assert desk.files() == []


def test_kept_and_asked_again_is_told_again(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    desk.hands.move(hours=49)
    desk.sends()
    desk.run(erase_due)  # told, and not yet gone
    person.says("/start")
    person.presses("language:fr")
    person.says("supprimer mes données")
    person.presses("leaving:stay")
    said = len(person.messages)
    erased(desk, person)
    assert desk.rows(Registration) == []
    assert said > 0


# -- consent, limits, rows of before ---------------------------------------------------------------


def test_no_leaves_nothing_of_the_form(desk: Counter) -> None:
    person = filled(desk)
    person.presses("check:edit")
    person.presses("edit:consent")
    person.presses("consent:no")
    assert "Fatima" not in str(person.chat)
    assert person.chat.forms["register"].state.answers == {"consent": "no"}


def test_no_in_a_correction_proposes_to_erase(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:correct")
    person.presses("check:edit")
    person.presses("edit:consent")
    person.presses("consent:no")
    assert "what:file" in person.options


def test_a_correction_begun_again_is_begun_once(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    for _ in range(4):
        person.says("mon dossier")
        person.presses(person.options[0])
        person.presses("shown:correct")
    person.says("mon dossier")
    assert len([each for each in person.options if each.startswith("whose:draft")]) == 1
    desk.hands.move(days=40)
    person.says("mon dossier")
    assert not [each for each in person.options if each.startswith("whose:draft")]


def test_a_correction_keeps_the_day_of_consent(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    (before,) = [row.consent_at for row in desk.rows(Registration)]
    desk.hands.move(days=3)
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:correct")
    person.does("check:edit", "edit:name", "Fatima Zahra", "check:confirm")
    assert [row.consent_at for row in desk.rows(Registration)] == [before]


def test_without_a_consent_on_record_nothing_is_registered(desk: Counter) -> None:
    person = filled(desk)
    with Session(desk.engine) as db:
        db.execute(sa.delete(Consent))
        db.commit()
    person.presses("check:confirm")
    assert desk.files() == []


def test_a_link_made_before_takes_nothing_for_a_file_that_is_to_go(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    token = person.text.split("/f/")[1].split()[0]
    assert desk.run(id_card_links.open_link, token) is not None
    with Session(desk.engine) as db:
        row = db.scalars(sa.select(Registration)).one()
        row.erase_at = desk.hands.at
        db.commit()
    assert desk.run(id_card_links.open_link, token) is None


def test_back_in_a_list_leaves_the_list_and_not_the_question(desk: Counter) -> None:
    person = filled(desk, 9)
    person.presses("commune:in.guelmim")
    person.says("retour")
    assert person.options[0] == "commune:in.guelmim"
    person.says("retour")
    assert person.step == "practice_years"


def test_a_phone_registers_so_many_people_a_day(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    for _ in range(6):
        person.says("menu")
        person.presses("menu:register")
        person.does(*FORM)
        person.presses("check:confirm")
    assert "beaucoup de personnes" in person.text
    assert len(desk.files()) == 6
    with Session(desk.engine) as db:
        db.add(Staff(contact_id=person.contact_id, roles="clerk", state="active", since=desk.hands.at))
        db.commit()
    person.presses("check:confirm")  # the chamber's own phones register whole workshops
    assert len(desk.files()) == 7


def test_a_file_of_the_short_form_is_for_the_counter(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    with Session(desk.engine) as db:
        from models.registration import seal_person

        row = db.scalars(sa.select(Registration)).one()
        row.person = seal_person(desk.desk.sealer, row.id, b'{"name": "Essai", "phone": "+212600000000"}')
        row.seen_at = None
        db.commit()
    person.says("mon dossier")
    person.presses(person.options[0])
    assert "ancien dossier" in person.text


def test_a_file_nobody_can_read_breaks_no_turn(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    with Session(desk.engine) as db:
        row = db.scalars(sa.select(Registration)).one()
        row.person = row.person[:-1] + bytes([row.person[-1] ^ 1])
        db.commit()
    for option in ("shown:correct", "shown:card", "shown:download"):
        person.presses(option)
        assert "problème" in person.text


def test_retention_leaves_others_requests_and_takes_forms_along(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:correct")
    desk.desk = replace(desk.desk, policy=replace(desk.desk.policy, retention={"files": 10}))
    desk.hands.move(days=9)
    person.says("personne")
    desk.hands.move(days=2)
    desk.run(apply_retention)
    assert desk.rows(Registration) == []
    assert "Fatima" not in str(person.chat)
    assert person.chat.with_person


# -- card numbers ----------------------------------------------------------------------------------

CARDS = [
    "AB123456", "je suis Fatima JA 123456 cin JA 123456", "mon numéro est BK 654321", "رقم بطاقتيAB123456", "وAB123456",
    "AB\n123456", "AB 123 456", "AB12 3456", "CNI JA 123456", "identité JA 123456", "carte nationale JA 123456",
    "CIN = JA  123456", "id-JA123456", "JA/123456", "JA123456-", "𝐀𝐁𝟏𝟐𝟑𝟒𝟓𝟔", "J-123456", "cin: ab123456",
]  # fmt: skip
NO_CARDS = [
    "CA 150000 dh", "combien coûte la carte, on me dit de payer 15000 dh", "mon médecin me prend 15000",
    "j'ai la carte depuis le 20150101", "RC 12345", "IF 1234567", "BP 12345", "TP 12345678", "au 80000", "un 20000",
    "dh50000", "0612345678", "123 456 789", "25/12/1990", "le 15 mars 2026", "C076",
]  # fmt: skip


@pytest.mark.parametrize("said", CARDS)
def test_a_card_is_known_however_it_is_written(said: str) -> None:
    found = hidden(said)
    assert found is not None, said
    assert "123456" not in handed_on(said).replace(" ", "")


@pytest.mark.parametrize("said", NO_CARDS)
def test_what_is_no_card_is_not_taken_off(said: str) -> None:
    assert hidden(said) is None, hidden(said)


@pytest.mark.parametrize("said", ["je suis Fatima Essai JA 123456", "cin JA 12 34 57", "voila BK654321 merci"])
def test_what_is_handed_on_is_masked(said: str) -> None:
    told = handed_on(said)
    assert told != said
    assert not any(number in told.replace(" ", "") for number in ("123456", "123457", "654321"))


def test_a_name_is_handed_on_as_it_is() -> None:
    said = "je suis Fatima, tel 0612345678, 15000 dh"
    assert handed_on(said) == said
    assert bare("\u2068x\u2069") == "x"
