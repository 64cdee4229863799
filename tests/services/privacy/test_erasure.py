"""Delete me: two steps, two days, every place, a receipt; nothing kept longer than the chamber says; nudges."""

import uuid
from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Subject
from models import broadcast, erasing
from models.assessment import Assessment
from models.broadcast import Broadcast
from models.contact import Address, Contact
from models.delivery import Delivery
from models.erasure_record import Erasure
from models.inbound import Inbound
from models.registration import Registration
from models.rows import new_id
from models.session import Subscription
from services.people.duplicates import compare_files
from services.people.nudges import nudge_drafts
from services.privacy.erasure import erase_due
from services.privacy.retention import apply_retention
from tests.counters import FORM, WIFE, Counter, Person, boss, counter
from tests.desks import session


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


def places(desk: Counter, contact_id: uuid.UUID) -> dict[str, int]:
    with Session(desk.engine) as db:
        return erasing.count_rows_about(db, contact_id)


def everywhere(desk: Counter) -> Person:
    """Somebody of whom something stands in every place there is."""
    person = desk.person()
    person.registers()
    person.presses("menu:eligibility")
    person.does("work:employee", "30", "declared:no")
    person.says("personne")
    person.says("j'attends Fatima Essai")
    person.says("menu")
    with Session(desk.engine) as db:
        contact, now = db.get_one(Contact, person.contact_id), desk.hands.at
        db.add(
            Subscription(
                contact_id=contact.id,
                commune="10.261.01.03",
                province="guelmim",
                reach="province",
                text_version="1",
                language="fr",
                channel="telegram",
                since=now,
            )
        )
        frozen, count, digest = broadcast.pack_audience([contact.id])
        many = Broadcast(
            kind="broadcast",
            state="going",
            author_id=contact.id,
            frozen=frozen,
            put=count,
            count=count,
            hash=digest,
            created_at=now,
        )
        db.add(many)
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
                broadcast_id=many.id,
                created_at=now,
                due_at=now,
                attempts=1,
                doubts=0,
                state="sent",
                provider_id="77",
            )
        )
        db.commit()
    return person


def test_everything_is_erased_after_two_days_with_a_receipt(desk: Counter) -> None:
    person = everywhere(desk)
    before = places(desk, person.contact_id)
    missing = [table for table, count in before.items() if not count]
    assert missing == ["attachment", "attendance", "notice", "staff"]  # nobody of the chamber is there to be told
    person.says("supprimer mes données")
    assert person.options == ["what:one", "what:everything", "what:nothing"]
    person.presses("what:everything")
    assert "48 heures" in person.text
    person.presses("sure_erase:erase")
    assert "mercredi 25 novembre 2026 à 10 h" in person.text
    receipt = person.text.split("reçu : ")[1].split("\n")[0]
    desk.hands.move(hours=47)
    desk.sends()
    assert desk.run(erase_due) == 0
    assert places(desk, person.contact_id)["registration"] == 1
    desk.hands.move(hours=2)
    desk.run(erase_due)
    assert receipt in person.text  # said before the address is gone
    assert desk.run(erase_due) == 0  # and waited for
    desk.sends()
    desk.run(erase_due)
    assert set(places(desk, person.contact_id).values()) == {0}
    for table in (Registration, Assessment, Address, Subscription):
        assert desk.rows(table) == []
    with Session(desk.engine) as db:
        assert broadcast.state_counts(db, db.get_one(Broadcast, 1)) == {
            "sent": 1
        }  # the ledger still counts to the last person
        (row,) = db.scalars(sa.select(Delivery))
        assert (row.address, row.provider_id, row.body) == (erasing.NO_ADDRESS, None, None)
        (kept,) = db.scalars(sa.select(Erasure))
        assert kept.counts["registration"] == 1
        assert all(each.body is None and each.address == erasing.NO_ADDRESS for each in db.scalars(sa.select(Inbound)))
    person.says("bonjour")  # a stranger again
    assert person.options == ["language:ar", "language:fr"]
    assert len(desk.rows(Address)) == 1


@pytest.mark.parametrize("what", ["file", "everything"])
def test_what_the_chamber_was_told_of_a_person_goes_with_her(desk: Counter, what: str) -> None:
    boss(desk)
    first, twin = desk.person(), desk.person("telegram", 12)
    first.registers()
    twin.registers()
    desk.run(compare_files)  # two files of the same name and phone: the admin is told of each
    twin.says("personne")
    twin.says("je suis Fatima Essai")
    (file,) = (each for each in desk.rows(Registration) if each.contact_id == twin.contact_id)
    assert places(desk, twin.contact_id)["notice"] == 3  # her file, her wish, her words
    with session(desk.engine) as db:
        if what == "file":
            erasing.erase_file(db, db.get_one(Registration, file.id), words=False)
        else:
            erasing.erase_contact(db, db.get_one(Contact, twin.contact_id), desk.hands.at)
    left = {str(Subject.parse(row.about)) for row in desk.rows(Delivery) if row.about}
    assert f"flag:{file.id.hex}" not in left
    assert len([about for about in left if about.startswith("flag:")]) == 1  # the other's stays
    assert any(about.startswith("request:") for about in left) == (what == "file")


def test_one_file_of_two_is_erased(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:register")
    person.does(*WIFE)
    person.presses("check:confirm")
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:erase")
    person.does("what:file", "sure_erase:erase")
    desk.hands.move(hours=49)
    desk.sends()
    desk.run(erase_due)
    assert [row["name"] for row in desk.files()] == ["Amina Essai"]
    assert "ont été effacées" in person.text
    assert len(person.messages) == 1  # what was said before named its person


def test_one_changes_one_s_mind(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.presses("menu:file")
    person.presses(person.options[0])
    person.presses("shown:erase")
    person.does("what:everything", "sure_erase:erase")
    person.says("supprimer mes données")  # asked twice: the same date, and the way back
    assert person.options == ["leaving:stay", "leaving:menu"]
    person.presses("leaving:stay")
    assert "Nous n'effaçons rien" in person.text
    desk.hands.move(hours=60)
    desk.sends()
    assert desk.run(erase_due) == 0
    assert len(desk.files()) == 1
    person.says("mon dossier")
    person.presses(person.options[0])
    person.presses("shown:erase")
    person.does("what:file", "sure_erase:erase")
    person.presses("menu:file")
    person.presses(person.options[0])
    assert "Effacement prévu" in person.text
    person.presses("shown:keep")
    desk.hands.move(hours=60)
    desk.sends()
    assert desk.run(erase_due) == 0


def test_a_word_that_is_not_yes_erases_nothing(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.says("supprimer mes données")
    person.presses("what:everything")
    for said in ("ok", "waxa", "safi", "👍"):
        person.says(said)
        assert person.step == "sure_erase"
    person.presses("sure_erase:keep")
    assert "Rien n'a été effacé" in person.text


def test_who_asked_and_left_is_erased_all_the_same(desk: Counter) -> None:
    person = desk.person()
    person.registers()
    person.says("supprimer mes données")
    person.does("what:everything", "sure_erase:erase")
    desk.sends()
    desk.hands.move(hours=49)
    desk.run(erase_due)  # the last message is put down, and never leaves
    desk.hands.move(hours=25)
    desk.run(erase_due)
    assert desk.rows(Registration) == []
    assert desk.rows(Address) == []


# -- retention -----------------------------------------------------------------------------------


def test_nothing_is_kept_longer_than_its_days(desk: Counter) -> None:
    person = everywhere(desk)
    desk.sends()
    desk.hands.move(days=31)
    desk.run(apply_retention)
    assert desk.rows(Inbound) == []
    assert len(person.messages) > 0
    desk.hands.move(days=60)
    desk.run(apply_retention)
    assert person.messages == []
    desk.hands.move(days=275)
    desk.run(apply_retention)
    assert desk.rows(Assessment) == []
    assert person.chat.forms == {}
    assert len(desk.rows(Registration)) == 1
    desk.hands.move(days=1500)
    desk.run(apply_retention)
    assert desk.rows(Registration) == []
    assert len(desk.rows(Address)) == 1  # who is told of meetings is not forgotten
    with Session(desk.engine) as db:
        db.execute(sa.delete(Subscription))
        db.commit()
    desk.hands.move(days=1)
    desk.run(apply_retention)
    assert desk.rows(Address) == []
    log = [each.counts for each in desk.rows(Erasure)]
    assert log[0]["inbound"] > 20
    kinds = {kind for each in log for kind in each}
    assert kinds == {"inbound", "messages", "drafts", "results", "requests", "files", "links", "contacts"}


def test_a_look_a_day_a_page_at_a_time(desk: Counter) -> None:
    person = desk.person()
    person.says("/start")
    with Session(desk.engine) as db:
        for _ in range(450):
            db.execute(
                sa.insert(Inbound).values(
                    channel="telegram",
                    external=uuid.uuid4().bytes * 2,
                    contact_id=person.contact_id,
                    address=b"1" * 32,
                    received_at=desk.hands.at,
                    state="done",
                    tries=0,
                    body=None,
                )
            )
        db.commit()
    desk.hands.move(days=40)
    for left in (251, 51, 0):
        desk.run(apply_retention)
        assert len(desk.rows(Inbound)) == left
    desk.hands.move(hours=1)
    desk.run(apply_retention)  # until tomorrow nothing is looked at again
    assert len(desk.rows(Erasure)) == 3


# -- nudges ----------------------------------------------------------------------------------------


def begun(desk: Counter, channel: str = "telegram") -> Person:
    person = desk.person(channel)
    person.says("/start" if channel == "telegram" else "salam")
    person.presses("language:fr")
    person.presses("menu:register")
    person.does(*FORM[:6])
    desk.sends()
    return person


def test_a_word_after_one_day_and_after_four_then_silence(desk: Counter) -> None:
    person = begun(desk)
    said = len(person.messages)
    told = []
    for hour in range(24 * 12):
        desk.hands.move(hours=1)
        if desk.run(nudge_drafts):
            told.append(hour + 1)
        desk.sends()
    assert told == [24, 96]
    assert len(person.messages) == said + 2
    assert "n'est pas terminée" in person.text
    person.presses("word:finish")
    assert person.step == "trade"  # where she was, with all she had said


def test_no_nudge_at_night_and_none_to_who_wants_none(desk: Counter) -> None:
    from dataclasses import replace
    from datetime import time

    quiet = replace(desk.desk.policy, quiet=(time(21), time(8)))
    desk.desk = replace(desk.desk, policy=quiet)
    person = begun(desk)
    desk.hands.move(hours=24 + 12)  # ten in the evening
    assert desk.run(nudge_drafts) == 0
    desk.hands.move(hours=10)
    assert desk.run(nudge_drafts) == 1
    desk.sends()
    person.says("stop")
    desk.hands.move(days=5)
    assert desk.run(nudge_drafts) == 0


def test_a_finished_or_refused_form_is_not_reminded_of(desk: Counter) -> None:
    person, other = desk.person("telegram", 1), desk.person("telegram", 2)
    person.registers()
    other.says("/start")
    other.does("language:fr", "menu:register", "consent:no")
    desk.hands.move(days=2)
    assert desk.run(nudge_drafts) == 0


def test_a_day_has_its_date(desk: Counter) -> None:
    assert desk.desk.clock.today() == date(2026, 11, 23)
