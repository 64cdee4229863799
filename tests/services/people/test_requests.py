"""Requests for a person: rung, claimed, answered, given back; voice and pictures both ways; nothing reaches nobody."""

import itertools
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk.chat import base36
from models import journal
from models.attachment import Attachment
from models.contact import Contact
from models.delivery import Delivery
from models.person_request import PersonRequest, RequestWords
from models.staff import Staff
from services.attachments import attachments_to_fetch
from services.context import Policy
from services.people.request_answers import attachment_fetched
from services.people.request_ring import ring_waiting
from settings import RETENTION, Settings
from tests.counters import FORM, URL, Counter, Person, boss, counter

OF_A_REQUEST: tuple[type[Any], ...] = (RequestWords, Attachment, PersonRequest)
PICTURE, VOICE, PDF = b"\xff\xd8\xff picture", b"OggS voice", b"%PDF-1.7 paper"


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


def clerk(desk: Counter, number: int, channel: str = "telegram", **more: Any) -> Person:
    """An agent of the chamber."""
    person = desk.person(channel, number)
    person.says("/start")
    person.presses("language:fr")
    with Session(desk.engine) as db:
        since = desk.hands.at
        db.add(Staff(contact_id=person.contact_id, roles="agent", state="active", since=since, **more))
        db.commit()
    return person


def asker(desk: Counter, number: int = 1001, channel: str = "telegram") -> Person:
    person = desk.person(channel, number)
    person.says("/start")
    person.presses("language:fr")
    person.says("une personne")
    return person


def request_of(desk: Counter, number: int = 1) -> PersonRequest:
    with Session(desk.engine, expire_on_commit=False) as db:
        return db.scalars(sa.select(PersonRequest).where(PersonRequest.number == number)).one()


def policy(desk: Counter, **given: Any) -> None:
    from dataclasses import replace

    desk.desk = replace(desk.desk, policy=Policy(**{"quiet": None, "url": URL, "retention": dict(RETENTION), **given}))


def heard(person: Person) -> list[str]:
    return [each.text.replace("\u2068", "").replace("\u2069", "").replace("\u00a0", " ") for each in person.messages]


def fetched(desk: Counter, content: bytes | None, kind: str) -> None:
    """What a channel does of what it is asked for, three times at most."""
    for _ in range(3):
        for channel in ("telegram", "whatsapp"):
            with Session(desk.engine) as db:
                wanted = attachments_to_fetch(db, channel)
            for id, _, _ in wanted:
                desk.run(attachment_fetched, id, content, kind)


def test_two_clerks_race_for_a_request_and_one_has_it(desk: Counter) -> None:
    first, second = clerk(desk, 21), clerk(desk, 22)
    person = asker(desk)
    person.says("Mon dossier est bloqué")
    desk.sends()
    assert "claim:yes" in first.options
    assert "Mon dossier est bloqué" in first.text
    first.presses("claim:yes")
    assert "est à vous" in first.text
    second.presses("claim:yes")
    assert "s'en occupe déjà" in second.text
    assert "s'occupe de votre demande" in heard(person)[-1]
    before = len(second.messages)
    person.says("Vous êtes là ?")
    assert len(second.messages) == before  # who has it in hand hears of it, nobody else
    assert "Vous êtes là" in first.text


def test_an_answer_is_one_message_and_thanks_open_nothing(desk: Counter) -> None:
    agent = clerk(desk, 23)
    person = asker(desk)
    person.says("Où est la chambre ?")
    desk.sends()
    agent.presses("answer:open")
    agent.says("Rue Mohammed V, près de la poste.")
    assert "est partie" in heard(agent)[-1]
    assert "près de la poste" in heard(person)[-1]
    rung = len(agent.messages)
    person.says("Merci beaucoup")
    assert len(agent.messages) == rung
    assert request_of(desk).state == "answered"
    person.says("Et à quelle heure ?")
    assert "à quelle heure" in agent.text
    assert request_of(desk).state == "open"  # the same request, not another
    with Session(desk.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(PersonRequest)) == 1


@pytest.mark.parametrize("said", ["Merci", "Bonjour", "ok", "aide", "شكرا"])
def test_a_clerk_s_free_words_are_sent_as_she_wrote_them(desk: Counter, said: str) -> None:
    agent = clerk(desk, 24)
    person = asker(desk)
    desk.sends()
    agent.presses("answer:open")
    agent.says(said)
    assert said in heard(person)[-1]


def test_a_request_is_given_back_after_four_hours_of_work(desk: Counter) -> None:
    policy(desk, working=Settings(working_hours="mon-fri 08:30-16:30").working)
    first, second = clerk(desk, 25), clerk(desk, 26)
    person = asker(desk)
    person.says("Bonjour, mon dossier ?")
    desk.sends()
    first.presses("claim:yes")
    desk.hands.move(hours=3, minutes=59)
    desk.run(ring_waiting)
    assert request_of(desk).claimed_by == first.contact_id
    before = len(second.messages)
    desk.hands.move(minutes=2)
    desk.run(ring_waiting)
    assert request_of(desk).claimed_by is None
    assert "revient à toute l'équipe" in " ".join(heard(first))
    assert len(second.messages) == before + 1


def test_the_night_and_the_weekend_do_not_count_as_work(desk: Counter) -> None:
    policy(desk, working=Settings(working_hours="mon-fri 08:30-16:30").working)
    first = clerk(desk, 27)
    desk.hands.move(days=4, hours=5)  # Friday, 15:00
    person = asker(desk)
    assert "lundi" not in heard(person)[-1]
    desk.sends()
    first.presses("claim:yes")
    desk.hands.move(days=3)  # Monday, 15:00: an hour and a half, then six and a half
    desk.run(ring_waiting)
    assert request_of(desk).claimed_by is None
    late = desk.person("telegram", 28)
    late.says("/start")
    late.presses("language:fr")
    desk.hands.move(days=4, hours=3)  # Friday, 18:00
    late.says("une personne")
    assert "lundi" in heard(late)[-1]
    assert "8 h 30" in heard(late)[-1]


def test_agents_of_her_province_hear_first_then_everybody(desk: Counter) -> None:
    near, far = clerk(desk, 29, province="guelmim"), clerk(desk, 30, province="tan_tan")
    admin = boss(desk)
    person = desk.person("telegram", 1002)
    person.registers()  # in Guelmim
    person.says("une personne")
    person.says("Bonjour, mon dossier ?")
    assert "Demande n° 1" in near.text
    assert "Demande n° 1" not in far.text
    desk.hands.move(hours=1, minutes=1)
    desk.run(ring_waiting)
    assert "Demande n° 1" in far.text
    assert "Demande n° 1" in admin.text


def test_staff_are_not_rung_at_night_unless_they_ask(desk: Counter) -> None:
    from datetime import time

    policy(desk, quiet=(time(21), time(8)))
    sleeper, owl = clerk(desk, 31), clerk(desk, 32, nights=True)
    desk.hands.move(hours=12)  # ten in the evening
    asker(desk)
    assert "Demande n° 1" in owl.text
    assert "Demande n° 1" not in sleeper.text
    with Session(desk.engine) as db:
        db.execute(sa.update(Staff).values(nights=False))
        db.commit()
    asker(desk, 1003)
    assert request_of(desk, 2).rung_at is None
    desk.hands.move(hours=10)
    desk.run(ring_waiting)
    assert "Demande n° 2" in " ".join(heard(sleeper))


CHANNELS, WINDOWS, TEMPLATES, HOURS = ("telegram", "whatsapp"), (True, False), (True, False), (10, 23)


@pytest.mark.parametrize(
    ("channel", "window", "template", "hour"), list(itertools.product(CHANNELS, WINDOWS, TEMPLATES, HOURS))
)
def test_who_waits_reaches_somebody(desk: Counter, channel: str, window: bool, template: bool, hour: int) -> None:
    """Every combination of the admin's channel, window, template and hour: seen after the next staff message."""
    from datetime import time

    policy(desk, quiet=(time(21), time(8)), templates={"staff.fr": "HXs"} if template else {})
    admin = clerk(desk, 33, channel)
    with Session(desk.engine) as db:
        db.execute(sa.update(Staff).values(roles="admin"))
        db.commit()
    desk.hands.move(hours=hour - 10)
    if window:
        admin.says("menu")
    else:
        desk.hands.move(days=2)
    before = len(admin.messages)
    person = asker(desk)
    person.says("Il y a quelqu'un ?")
    desk.run(ring_waiting)
    rung = any("Demande n° 1" in text for text in heard(admin)[before:])
    assert rung is (hour == 10 and (channel == "telegram" or window or template))
    admin.says("menu")
    assert any("Demande n° 1" in text for text in heard(admin)[before:])
    assert any("Il y a quelqu'un" in text for text in heard(admin)[before:])


def test_what_was_told_and_never_arrived_is_told_again(desk: Counter) -> None:
    first = clerk(desk, 34)
    asker(desk)
    with Session(desk.engine) as db:
        db.execute(sa.update(Delivery).where(Delivery.about == "request:1").values(state="undeliverable"))
        db.commit()
    second = clerk(desk, 35)
    with Session(desk.engine) as db:
        db.execute(sa.update(Contact).where(Contact.id == first.contact_id).values(unreachable_at=desk.hands.at))
        db.commit()
    desk.run(ring_waiting)
    assert "Demande n° 1" in second.text


def test_the_queue_shows_who_asks_and_all_that_was_written(desk: Counter) -> None:
    person = desk.person("telegram", 1004)
    person.registers()
    person.says("une personne")
    for words in ("Bonjour", "Mon dossier est bloqué", "Depuis lundi"):
        person.says(words)
    desk.hands.move(hours=3)
    late = boss(desk)  # joined after it was written
    late.says("/requests")
    assert "Fatima Essai" in str(late.spoken.options)
    assert "3 h" in str(late.spoken.options).replace("\u00a0", " ")
    late.says("1")
    for words in ("Mon dossier est bloqué", "Depuis lundi", "Guelmim", "Telegram"):
        assert words in late.text


def test_all_that_was_written_can_be_read(desk: Counter) -> None:
    person = asker(desk)
    for number in range(30):
        person.says(f"message numéro {number} ?")
    late = boss(desk)
    late.says("/demandes 1")
    assert "message numéro 29" in late.text
    assert "message numéro 3 " not in late.text
    late.presses("one:all")
    for number in range(30):
        assert f"message numéro {number} ?" in late.text


def test_handed_over_then_closed(desk: Counter) -> None:
    first, second = clerk(desk, 36), clerk(desk, 37)
    person = asker(desk)
    person.says("Bonjour, mon dossier ?")
    desk.sends()
    first.presses("claim:yes")
    first.says("/demandes 1")
    first.presses("one:hand_over")
    first.says("1")
    assert "passe à" in " ".join(heard(first))
    assert request_of(desk).claimed_by == second.contact_id
    assert "mon dossier" in second.text
    second.says("/demandes 1")
    second.presses("one:close")
    assert request_of(desk).state == "closed"
    assert "terminé votre demande" in heard(person)[-1]
    assert not person.chat.with_person
    first.says("/demandes")
    first.presses_exactly("answer:open:1")
    first.says("Trop tard ?")
    assert "est terminée" in heard(first)[-1]
    assert "Trop tard" not in " ".join(heard(person))


def test_her_open_question_is_answered_in_her_place_and_told_to_her(desk: Counter) -> None:
    agent = clerk(desk, 38)
    person = desk.person("telegram", 1005)
    person.says("/start")
    person.does("language:fr", "menu:eligibility", "work:own_account")
    assert person.step == "age"
    person.says("une personne")
    person.says("je ne sais pas écrire, j'ai 35 ans")
    desk.sends()
    agent.says("/demandes 1")
    assert "Âge" in agent.text
    agent.presses("one:in_place")
    agent.says("35")
    assert "C'est noté" in " ".join(heard(agent))
    assert "noté une réponse pour vous" in heard(person)[-1]
    assert person.step == "cover"
    with Session(desk.engine) as db:
        acts = list(db.scalars(sa.select(journal.JournalEntry.act)))
    assert "answer_in_place" in acts


def test_nobody_consents_in_her_place(desk: Counter) -> None:
    agent = clerk(desk, 39)
    person = desk.person("telegram", 1006)
    person.says("/start")
    person.does("language:fr", "menu:register")
    person.says("une personne")
    agent.says("/demandes 1")
    agent.presses("one:in_place")
    agent.says("oui")
    assert "personne ne le donne à sa place" in " ".join(heard(agent))
    assert person.step == "consent"


def test_voice_and_pictures_go_both_ways(desk: Counter) -> None:
    agent = clerk(desk, 40)
    person = asker(desk)
    person.sends(voice={"file_id": "voice-1"})
    rung = len(agent.messages)
    fetched(desk, VOICE, "audio/ogg")
    assert [media.kind for media in agent.spoken.media] == ["voice"]
    assert len(agent.messages) == rung + 1
    desk.sends()
    agent.presses("answer:open")
    agent.sends(voice={"file_id": "voice-2"})
    assert "dès qu'il est prêt" in heard(agent)[-1]
    assert not person.spoken.media
    fetched(desk, VOICE, "audio/ogg")
    assert [media.kind for media in person.spoken.media] == ["voice"]
    assert "est partie" in heard(agent)[-1]
    person.sends(photo=[{"file_id": "photo-1"}], caption="Voici mon atelier")
    assert "Voici mon atelier" in " ".join(heard(agent))
    fetched(desk, PICTURE, "image/jpeg")
    assert [media.kind for media in agent.spoken.media] == ["photo"]
    desk.sends()
    agent.presses("answer:open")
    agent.sends(document={"file_id": "paper-1", "mime_type": "application/pdf"}, caption="La liste des papiers")
    fetched(desk, PDF, "application/pdf")
    assert [media.kind for media in person.spoken.media] == ["document"]
    assert "La liste des papiers" in heard(person)[-1]


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"x" * 40_000_000, "image/jpeg"), (b"MZ no picture", "image/jpeg"), (None, "")],
    ids=["40 MB", "no picture", "nobody can fetch it"],
)
def test_what_cannot_be_opened_is_told_to_both(desk: Counter, content: bytes | None, kind: str) -> None:
    agent = clerk(desk, 41)
    person = asker(desk)
    person.sends(photo=[{"file_id": "photo-2"}])
    fetched(desk, content, kind)
    assert "personne n'a pu ouvrir" in " ".join(heard(agent))
    assert "pas pu ouvrir" in heard(person)[-1]
    desk.sends()
    agent.presses("answer:open")
    agent.sends(photo=[{"file_id": "photo-3"}])
    fetched(desk, content, kind)
    assert "ne s'ouvre pas" in heard(agent)[-1]
    assert request_of(desk).state == "open"


def test_a_picture_of_a_card_is_deleted_at_once(desk: Counter) -> None:
    agent = clerk(desk, 42)
    person = asker(desk)
    person.sends(photo=[{"file_id": "photo-4"}])
    fetched(desk, PICTURE, "image/jpeg")
    desk.sends()
    agent.presses("card:yes")
    assert "effacée" in heard(agent)[-1]
    assert "montrait une carte" in heard(person)[-1]
    with Session(desk.engine) as db:
        assert db.scalars(sa.select(Attachment.content)).all() == [None]


def test_nothing_is_fetched_while_no_request_is_open(desk: Counter) -> None:
    person = desk.person("telegram", 1007)
    person.says("/start")
    person.presses("language:fr")
    person.sends(photo=[{"file_id": "photo-5"}])
    person.sends(voice={"file_id": "voice-5"})
    with Session(desk.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 0


def test_a_ready_answer_is_one_tap(desk: Counter) -> None:
    agent = clerk(desk, 43)
    person = asker(desk)
    person.says("Combien je dois payer pour l'AMO ?")
    desk.sends()
    ready = next(option for option in agent.options if option.startswith("faq:"))
    agent.presses(ready)
    assert "est partie" in heard(agent)[-1]
    assert "Réponse" in heard(person)[-1] or "AMO" in heard(person)[-1]
    assert request_of(desk).state == "answered"


def test_a_paper_is_asked_for_at_the_counter(desk: Counter) -> None:
    agent = clerk(desk, 44)
    person = asker(desk)
    agent.says("/demandes 1")
    agent.presses("one:paper")
    agent.presses("paper:diploma")
    assert "Montrez-le au guichet" in heard(person)[-1]
    assert "Diplôme" in heard(person)[-1]


def test_who_insults_is_muted_for_a_day(desk: Counter) -> None:
    agent = clerk(desk, 45)
    person = asker(desk)
    agent.says("/demandes 1")
    agent.presses("one:mute")
    before = len(agent.messages)
    person.says("menu")
    person.says("une personne")
    assert "de nouveau parler" in heard(person)[-1]
    assert not person.chat.with_person
    person.says("insulte")
    assert len(agent.messages) == before
    desk.hands.move(days=1, minutes=1)
    person.says("une personne")
    assert len(agent.messages) == before + 1


def test_what_a_clerk_has_in_hand_is_given_back_when_she_leaves(desk: Counter) -> None:
    admin = boss(desk)
    agent = clerk(desk, 46)
    asker(desk)
    desk.sends()
    agent.presses("claim:yes")
    admin.says("/staff")
    number = next(each for each in admin.options if "member" in each and each != admin.options[0])
    admin.presses(number)
    admin.presses("one:remove")
    assert request_of(desk).claimed_by is None
    before = len(admin.messages)
    desk.run(ring_waiting)
    assert len(admin.messages) == before + 1


def test_erasing_takes_words_and_pictures_of_both_sides(desk: Counter) -> None:
    from models import erasing

    agent = clerk(desk, 47)
    person = asker(desk)
    person.says("Bonjour, mon dossier ?")
    person.sends(photo=[{"file_id": "photo-6"}])
    fetched(desk, PICTURE, "image/jpeg")
    desk.sends()
    agent.presses("answer:open")
    agent.says("Venez jeudi.")
    with Session(desk.engine) as db:
        contact = db.get_one(Contact, person.contact_id)
        erasing.erase_contact(db, contact, desk.hands.at + timedelta(days=1))
        db.commit()
        counts = [db.scalar(sa.select(sa.func.count()).select_from(table)) for table in OF_A_REQUEST]
    assert counts == [0, 0, 0]
    assert not any("mon dossier" in text for text in heard(agent))


# -- what an adversary found ------------------------------------------------------------------------------


def test_one_file_in_two_requests_is_erased_with_the_last(desk: Counter) -> None:
    from models import erasing

    agent = clerk(desk, 50)
    first, second = asker(desk, 1051), asker(desk, 1052)
    desk.sends()
    for number in (1, 2):
        agent.presses_exactly(f"answer:open:{number}")
        agent.sends(voice={"file_id": "voice-9"})
        fetched(desk, VOICE, "audio/ogg")
    assert [media.kind for media in second.spoken.media] == ["voice"]
    for person, left in ((first, 1), (second, 0)):
        with Session(desk.engine) as db:
            erasing.erase_contact(db, db.get_one(Contact, person.contact_id), desk.hands.at)
            db.commit()
            count = db.scalar(sa.select(sa.func.count()).select_from(Attachment))
        assert count == left


def test_a_refused_answer_leaves_the_request_open(desk: Counter) -> None:
    agent = clerk(desk, 53)
    asker(desk)
    desk.sends()
    for _ in range(2):  # the second time it is known to be none
        agent.presses_exactly("answer:open:1")
        agent.sends(photo=[{"file_id": "photo-9"}])
        fetched(desk, b"MZ no picture", "image/jpeg")
    assert "ne s'ouvre pas" in " ".join(heard(agent))
    assert request_of(desk).state == "open"


def test_a_notice_whose_window_was_closed_did_not_arrive(desk: Counter) -> None:
    agent = clerk(desk, 54)
    asker(desk)
    with Session(desk.engine) as db:
        db.execute(sa.update(Delivery).where(Delivery.about == "request:1").values(state="window_closed"))
        db.commit()
    before = len(agent.messages)
    desk.run(ring_waiting)
    assert len(agent.messages) == before + 1


def test_twenty_notices_do_not_make_a_request_mute(desk: Counter) -> None:
    agent = clerk(desk, 55)
    person = asker(desk)
    for number in range(25):
        person.says(f"message {number} ?")
    agent.presses_exactly("answer:open:1")
    agent.says("Oui")
    desk.hands.move(days=1, hours=1)
    before = len(agent.messages)
    person.says("Une autre question urgente ?")
    assert len(agent.messages) == before + 1


def test_who_is_muted_in_the_middle_hears_so(desk: Counter) -> None:
    agent = clerk(desk, 56)
    person = asker(desk)
    agent.says("/demandes 1")
    agent.presses("one:mute")
    person.says("Aidez-moi, c'est urgent")
    assert "transmis" not in heard(person)[-1]
    assert "de nouveau" in heard(person)[-1]


def test_who_answered_keeps_it_when_she_writes_on_hours_later(desk: Counter) -> None:
    agent, other = clerk(desk, 57), clerk(desk, 58)
    person = asker(desk)
    desk.sends()
    agent.presses("claim:yes")
    agent.presses_exactly("answer:open:1")
    agent.says("Venez jeudi.")
    desk.hands.move(hours=6)
    before = len(other.messages)
    person.says("Et à quelle heure ?")
    desk.run(ring_waiting)
    assert request_of(desk).claimed_by == agent.contact_id
    assert len(other.messages) == before


def test_nobody_is_handed_her_own_request(desk: Counter) -> None:
    first, second = clerk(desk, 59), clerk(desk, 60)
    second.says("une personne")
    first.says("/demandes 1")
    first.presses("one:hand_over")
    first.says("1")
    assert "ne peut pas recevoir" in " ".join(heard(first))
    assert request_of(desk).claimed_by is None


def test_what_a_clerk_was_shown_of_her_is_erased_with_her(desk: Counter) -> None:
    from models import erasing

    agent = clerk(desk, 61)
    person = desk.person("telegram", 1061)
    person.registers()
    person.says("une personne")
    person.says("Mon secret est ici, non ?")
    agent.says("/demandes")
    agent.says("1")
    assert "Mon secret" in agent.text
    with Session(desk.engine) as db:
        erasing.erase_contact(db, db.get_one(Contact, person.contact_id), desk.hands.at)
        db.commit()
    assert not any("Mon secret" in text or "Fatima" in text for text in heard(agent))


@pytest.mark.parametrize(("quiet", "worked"), [((21, 8), 13), ((0, 7), 17), ((1, 7), 18)])
def test_quiet_hours_leave_hours_of_work(desk: Counter, quiet: tuple[int, int], worked: int) -> None:
    from datetime import datetime, time

    from services.working_hours import worked_between

    policy(desk, quiet=(time(quiet[0]), time(quiet[1])))
    day = worked_between(desk.desk, datetime(2026, 11, 23), datetime(2026, 11, 24))
    assert round(day.total_seconds() / 3600) == worked


def test_nothing_of_anybody_stands_in_the_journal_or_the_log(desk: Counter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    planted = ("Zoulikha Imzilen", "Imzilen", "0661234599", "+212661234599", "QZ310007", "mon atelier brûle", "Brahim")
    admin, agent = boss(desk), clerk(desk, 62)
    admin.says("/staff 2")
    admin.presses("one:name")
    admin.says(planted[6])
    person = desk.person("telegram", 1062)
    person.registers(
        form=tuple({"Fatima Essai": planted[0], "0612345678": planted[2]}.get(each, each) for each in FORM)
    )
    person.says("une personne")
    person.says(f"{planted[5]}, ma carte est {planted[4]}, mon numéro {planted[2]}")
    person.sends(photo=[{"file_id": "photo-8"}], caption=planted[5])
    fetched(desk, PICTURE, "image/jpeg")
    desk.sends()
    agent.presses("card:yes")
    for form, said in (("answer", planted[5]), ("paper", "paper:cin"), ("hand_over", "member"), ("close", "")):
        agent.says("/demandes 1")
        if f"one:{form}" not in agent.options:
            continue
        agent.presses(f"one:{form}")
        if said and ":" in said:
            agent.presses(said)
        elif said:
            agent.says("1" if said == "member" else said)
    with Session(desk.engine) as db:
        rows = db.scalars(sa.select(journal.JournalEntry)).all()
        assert len(rows) > 4
        kept = " ".join(f"{row.actor} {row.act} {row.subject}" for row in rows)
        assert all(re.fullmatch(r"[a-z]+(:[0-9a-f]+)?", row.subject or "none") for row in rows)
    for value in planted:
        assert value not in kept
        assert value not in caplog.text


def test_of_two_claims_at_once_one_counts(postgres_url: str) -> None:
    """Two processes, at the same moment, many times."""
    with counter(postgres_url) as desk:
        clerks = [clerk(desk, number) for number in (63, 64)]
        for number in range(1, 11):
            asker(desk, 1070 + number)
            together = threading.Barrier(2)

            def claims(person: Person, number: int = number, together: threading.Barrier = together) -> None:
                together.wait(5)
                person.presses_exactly(f"claim:yes:{base36(number)}")

            threads = [threading.Thread(target=claims, args=(person,)) for person in clerks]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            with Session(desk.engine) as db:
                acts = sa.select(sa.func.count()).where(journal.JournalEntry.act == "claim")
                assert db.scalar(acts) == number
            assert request_of(desk, number).claimed_by in [person.contact_id for person in clerks]


def test_no_line_of_hers_passes_for_the_desk_s_own(desk: Counter) -> None:
    person = asker(desk)
    person.says("Bonjour, et mon dossier ?\nDemande n° 99 : répondez ici")
    agent = clerk(desk, 70)
    desk.run(ring_waiting)
    agent.says("/demandes 1")
    for text in heard(agent):
        assert "\nDemande n° 99" not in text
    assert "» Demande n° 99" in agent.text
