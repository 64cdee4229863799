"""The person's file: several on one phone, shown to who is its person, corrected, agreed to, found twice."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.register.flow import CONSENT_VERSION
from models.consent import Consent
from models.contact import Contact
from models.delivery import Delivery
from models.registration import Registration
from models.rows import new_id
from services.delivery.outbox import take
from services.people.duplicates import compare_files
from tests.counters import FORM, WIFE, Counter, bare, boss, counter
from tests.usual import ELIGIBILITY, REGISTRATION, said


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_from_hello_to_the_reference_in_22_at_most(desk: Counter, channel: str) -> None:
    person = desk.person(channel, 5)
    person.registers()
    assert person.sent <= 22
    print(f"\n{channel}, new: {person.sent} messages and taps")
    assert person.text.splitlines()[1].replace(" ", "").isdigit()
    assert [media.kind for media in person.spoken.media] == ["card"]


def test_after_eligibility_in_16_at_most(desk: Counter) -> None:
    person = desk.person("whatsapp", 6)
    person.says("salam")
    person.does(
        "language:ar",
        "menu:eligibility",
        *said(ELIGIBILITY),
    )
    before = person.sent
    person.presses("result:register")
    other = {"name": "فاطمة", "phone": "phone:mine", "commune": "كلميم"}
    known = ("trade", "practice_years", "tax_status", "cover", "in_rna")  # carried from the result
    person.does(*said(REGISTRATION, other, known), "check:confirm")
    assert "رقم الملف" in person.text
    print(f"\nafter eligibility: {person.sent - before} messages and taps ({person.sent} with eligibility, from hello)")
    assert person.sent - before <= 16
    assert desk.files()[0]["work"] == "own_account"
    assert desk.files()[0]["tax_status"] == "none"


def test_two_people_of_a_phone_switch_in_two_taps(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:language")  # hers is in the other language
    person.presses("menu:register")
    person.does(*WIFE)
    person.presses("check:confirm")
    assert "رقم الملف" in person.text
    person.presses("menu:file")
    labels = [bare(button.label) for button in person.spoken.options]
    assert labels[:2] == ["Fatima Essai", "Amina Essai"]
    person.presses(person.options[0])
    assert "Fatima Essai" in person.text
    assert "Reçu le" in person.text  # in the language of the file
    person.presses("shown:others")
    person.presses(person.options[1])
    assert "Amina Essai" in person.text
    assert "وصل" in person.text
    assert {row["whom"] for row in desk.files()} == {"me", "spouse"}


def test_an_unfinished_form_waits_while_another_is_filled(desk: Counter) -> None:
    person = desk.person()
    person.says("/start")
    person.presses("language:fr")
    person.presses("menu:register")
    person.does(*FORM[:5])
    person.says("menu")
    person.presses("menu:register")
    person.presses("draft:another")
    person.does(*WIFE)
    person.presses("check:confirm")
    person.presses("menu:file")
    waiting = next(button for button in person.spoken.options if "Fatima Essai" in button.label)
    assert "à terminer" in waiting.label
    person.presses(waiting.data.rpartition(":")[0])
    assert person.step == "phone"
    person.does(*FORM[5:])
    person.presses("check:confirm")
    assert [row["name"] for row in desk.files()] == ["Amina Essai", "Fatima Essai"]


def test_nobody_sees_a_file_after_a_long_silence_without_a_check(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    desk.hands.move(days=31)
    person.says("mon dossier")
    assert bare(person.spoken.options[0].label) == "F•••"
    person.presses(person.options[0])
    assert person.step == "proof"
    assert "Fatima" not in person.text
    person.says("24/12/1990")
    assert "Ce n'est pas la date" in person.text
    person.says("25/12/1990")
    assert "Fatima Essai" in person.text
    person.presses("shown:others")
    person.presses(person.options[0])
    assert "Fatima Essai" in person.text  # known now, for a while


def test_a_wrong_date_three_times_closes_the_file_for_a_day(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    desk.hands.move(days=31)
    person.says("mon dossier")
    person.presses(person.options[0])
    for guess in ("1/1/1990", "2/1/1990", "3/1/1990"):
        person.says(guess)
    assert "fermé" in person.text
    person.says("mon dossier")
    person.presses(person.options[0])
    assert "fermé" in person.text
    desk.hands.move(hours=25)
    person.says("mon dossier")
    person.presses(person.options[0])
    person.says("25/12/1990")
    assert "Fatima Essai" in person.text


def test_an_open_file_closes_by_itself(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    old = person.spoken.options
    desk.hands.move(days=40)
    for button in old:  # every button of the old message, pressed by whoever holds the phone now
        person.presses_exactly(button.data)
        assert "Fatima" not in person.text, button.label
        assert all("Fatima" not in each.label for each in person.spoken.options)
    person.says("répéter")
    assert "Fatima" not in person.text


def test_an_unfinished_form_resumes_after_weeks_once_its_person_is_known(desk: Counter) -> None:
    person = desk.person()
    person.says("/start")
    person.presses("language:fr")
    person.presses("menu:register")
    person.does(*FORM)  # the summary stands open, with everything on it
    desk.hands.move(days=45)
    person.says("bonjour")
    assert person.options == ["draft:continue", "draft:another", "draft:restart"]
    assert "Fatima" not in person.text
    person.presses("draft:continue")
    assert person.step == "proof"
    person.says("1/1/1990")
    assert "Ce n'est pas la date" in person.text
    person.says("25/12/1990")
    assert "Fatima Essai" in person.text
    person.presses("check:confirm")
    assert len(desk.files()) == 1


def test_one_line_is_corrected(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:correct")
    person.presses("check:edit")
    person.presses("edit:name")
    person.says("Fatima Zahra Essai")
    person.presses("check:confirm")
    assert "Correction reçue" in person.text
    assert "Fatima Zahra Essai" in person.text  # the file stands open again
    assert [row["name"] for row in desk.files()] == ["Fatima Zahra Essai"]
    (row,) = desk.rows(Registration)
    assert row.changed_at == desk.hands.at
    assert len(desk.rows(Consent)) == 1  # given once; a correction takes it along and gives none


def test_consent_is_kept_with_its_words_channel_and_time(desk: Counter) -> None:
    person = desk.person("whatsapp", 8)
    person.says("salam")
    person.presses("language:fr")
    person.presses("menu:register")
    person.presses("consent:no")
    assert "nous n'enregistrons aucune" in person.text
    assert {"refused:eligibility", "refused:sessions", "refused:questions"} <= set(person.options)
    desk.hands.move(minutes=5)
    person.presses("refused:again")
    person.does(*(each if each != "0612345678" else "phone:mine" for each in FORM))
    person.presses("check:confirm")
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:erase")
    person.does("what:file", "sure_erase:erase")
    said = [(each.answer, each.text_version, each.language, each.channel) for each in desk.rows(Consent)]
    assert said == [
        ("refused", CONSENT_VERSION, "fr", "whatsapp"),
        ("accepted", CONSENT_VERSION, "fr", "whatsapp"),
        ("withdrawn", CONSENT_VERSION, "fr", "whatsapp"),
    ]
    (row,) = desk.rows(Registration)
    assert desk.rows(Consent)[1].file_id == row.id


def test_the_same_person_twice_is_told_to_the_chamber_only(desk: Counter) -> None:
    admin = boss(desk)
    first, second = desk.person("telegram", 11), desk.person("telegram", 12)
    first.registers()
    told = first.text
    again = tuple("FATIMA  ESSAI" if each == "Fatima Essai" else each for each in FORM)
    second.registers(form=again)
    assert strip(second.text) == strip(told)
    assert desk.run(compare_files) == 2  # the clock's: an answer takes as long for whom is known as for whom is new
    assert desk.run(compare_files) == 0
    rows = desk.rows(Registration)
    assert [row.flags for row in rows] == [["same_name_phone"]] * 2
    assert "même nom et même téléphone" in admin.text


def strip(text: str) -> str:
    """Without the reference and the link, which differ for everybody."""
    import re

    return re.sub(r"/f/\S+", "", re.sub(r"\d", "", text))


def test_the_card_s_number_in_the_chat_is_not_kept_and_taken_off(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.says("mon dossier")
    for typed in ("AB123456", "ma cin est ab 123456 merci", "Ａ１２３４５６", "AB١٢٣٤٥٦", "ab-123456"):
        person.says(typed)
        assert person.turned is not None
        assert person.turned.unsays
        assert "ne s'écrit jamais ici" in person.text
        assert "/f/" in person.text
        assert "whose:new" in person.options  # the place is kept
    asker = desk.person("telegram", 31)
    asker.says("/start")
    asker.presses("language:fr")
    admin = boss(desk)
    asker.says("personne")
    asker.says("ma carte est AB123456, aidez-moi")
    assert asker.turned is not None
    assert asker.turned.unsays
    heard = admin.text
    assert "AB••••56" in heard
    assert "AB123456" not in heard
    with Session(desk.engine) as db:
        assert b"AB123456" not in b"".join(db.scalars(sa.select(Delivery.body).where(Delivery.body.is_not(None))))


@pytest.mark.parametrize(
    "said", ["j'ai 12 ans de métier", "c 2026", "dh 15000", "15000 dh", "C076", "le 06 12 34 56 78"]
)
def test_what_is_no_card_is_left_alone(desk: Counter, said: str) -> None:
    person = desk.person()
    person.says("/start")
    person.presses("language:fr")
    person.says(said)
    assert person.turned is not None
    assert not person.turned.unsays


def test_without_a_public_address_only_the_counter(database_url: str) -> None:
    with counter(database_url, url=None) as desk:
        person = desk.person()
        person.registers()
        assert "/f/" not in person.text
        assert "se montre à la chambre" in person.text
        person.presses("menu:file")
        person.presses(person.options[0])
        assert "shown:cin" not in person.options


def test_a_file_of_another_phone_is_nobody_s(desk: Counter) -> None:
    one, other = desk.person("telegram", 21), desk.person("telegram", 22)
    one.registers()
    (row,) = desk.rows(Registration)
    other.says("/start")
    other.presses("language:fr")
    other.says("mon dossier")
    draft = other.spoken.options[0].data.rpartition(":")[2]
    for forged in (f"whose:{row.id.hex}:{draft}", f"shown:download:{draft}", f"whose:draft.2:{draft}"):
        other.presses_exactly(forged)
        assert "Fatima" not in other.text
    assert other.chat.forms.get("file") is None


def test_one_altered_file_does_not_hold_the_others(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:register")
    person.does(*WIFE)
    person.presses("check:confirm")
    with Session(desk.engine) as db:
        first = db.scalars(sa.select(Registration).order_by(Registration.id)).first()
        assert first is not None
        first.person = first.person[:-1] + bytes([first.person[-1] ^ 1])
        db.commit()
    person.presses("menu:file")
    assert [bare(button.label) for button in person.spoken.options][:2] == ["•••", "Amina Essai"]
    person.presses(person.options[1])
    assert "Amina Essai" in person.text


def test_kinds_of_message_are_stopped_one_by_one(desk: Counter) -> None:
    person = desk.person()
    person.says("/start")
    person.presses("language:fr")
    person.says("mes messages")
    person.presses("which:sessions")
    person.says("mes messages")
    assert "Rencontres : non" in person.text
    with Session(desk.engine) as db:
        contact = db.get_one(Contact, person.contact_id)
        assert contact.muted == "sessions"
        id, now = new_id(), desk.hands.at
        row = {
            "id": id,
            "contact_id": contact.id,
            "channel": "telegram",
            "address": contact.address,
            "seq": None,
            "kind": "session",
            "body": None,
            "created_at": now,
            "due_at": now,
            "attempts": 0,
            "doubts": 0,
            "state": "pending",
        }
        db.execute(sa.insert(Delivery).values(row))
        db.commit()
    desk.sends(but=id)
    assert desk.run(take, "telegram", "me", 100) is not None
    with Session(desk.engine) as db:
        stopped = db.get_one(Delivery, id)
        assert (stopped.state, stopped.reason) == ("cancelled", "stopped")
    person.presses("which:receive")
    with Session(desk.engine) as db:
        assert db.get_one(Contact, person.contact_id).muted == ""


@pytest.mark.parametrize("back", ["START", "je veux recevoir les messages", "رجعو ليا الرسائل"])
def test_what_was_stopped_comes_back_by_kind(desk: Counter, back: str) -> None:
    person = desk.person()
    person.registers()
    person.says("mes messages")
    person.presses("which:sessions")  # one kind
    person.says("mes messages")
    person.presses("which:file")  # and another
    (contact,) = desk.rows(Contact)
    assert contact.muted == "file sessions"
    person.says(back)
    assert "rencontres" in person.text
    assert "rappels" in person.text
    assert "nouvelles" not in person.text
    (contact,) = desk.rows(Contact)
    assert (contact.muted, contact.stopped_at) == ("", None)
    person.says("ne m'envoyez plus rien")
    (contact,) = desk.rows(Contact)
    assert contact.stopped_at is not None
    person.says(back)
    assert "tous les messages" in person.text
    (contact,) = desk.rows(Contact)
    assert contact.stopped_at is None
    person.says(back)  # nothing is stopped any more: no such thing is said
    assert "tous les messages" not in person.text
