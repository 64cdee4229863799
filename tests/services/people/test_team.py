"""The team: who is in it, with which rights; out at once; silent, or with another holder; the second person."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.roles import Role
from models import journal
from models.contact import Contact
from models.staff import Staff, StaffState
from services.people import invitations, server, team
from services.people.journal import tell_monday
from services.people.staff import let_sleep
from tests.counters import Counter, Person, boss, counter


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


def row_of(desk: Counter, person: Person) -> Staff:
    with Session(desk.engine, expire_on_commit=False) as db:
        return db.scalars(sa.select(Staff).where(Staff.contact_id == person.contact_id)).one()


def colleague(desk: Counter, by: Person, number: int, role: str = "broadcaster", channel: str = "telegram") -> Person:
    """Somebody invited by an admin, and confirmed."""
    by.says("/invite")
    by.presses(f"role:{role}")
    code = next(word for word in by.text.split() if word.startswith("j-"))
    person = desk.person(channel, number)
    person.says("/start")
    person.does("language:fr")
    person.says(code)
    desk.sends()
    by.presses("admit:yes")
    by.presses("name:later")
    assert row_of(desk, person).state == StaffState.ACTIVE
    return person


def from_the_server(desk: Counter, number: int) -> Person:
    """Another admin, whom who runs the server answers for."""
    person = desk.person("telegram", number)
    person.says("/start")
    person.does("language:fr")
    person.says(desk.run(server.invite_from_server, [Role.ADMIN]))
    return person


def acts(desk: Counter) -> list[str]:
    with Session(desk.engine) as db:
        return list(db.scalars(sa.select(journal.JournalEntry.act).order_by(journal.JournalEntry.number)))


def test_a_colleague_is_out_at_once_in_the_middle_of_her_wizard(desk: Counter) -> None:
    admin = boss(desk)
    clerk = colleague(desk, admin, 21)
    clerk.says("/broadcast")
    clerk.says("القاعة تغيرت. نلتقي في دار الشباب.")
    assert "français" in clerk.text
    number = row_of(desk, clerk).id
    admin.says("/staff sans nom")  # whoever it finds is listed
    assert f"member:{number}" in admin.options
    admin.presses(f"member:{number}")
    assert "rencontres et messages" in admin.text
    admin.presses("one:remove")
    assert "n'est plus dans l'équipe" in admin.text
    before = len(clerk.messages)
    clerk.says("La salle change.")
    assert len(clerk.messages) == before + 1
    assert "broadcast" not in clerk.chat.open
    assert "Message aux artisans" not in clerk.text
    assert "remove_member" in acts(desk)


def test_two_messages_take_a_colleague_out(desk: Counter) -> None:
    admin = boss(desk)
    clerk = colleague(desk, admin, 22)
    admin.says("/staff 2")
    admin.presses("one:name")
    admin.says("Amina")
    admin.says("/staff Amina")
    assert "Retirer de l'équipe" in str(admin.spoken.options)
    admin.says("retirer")
    assert row_of(desk, clerk).state == StaffState.REMOVED


def test_the_last_admin_stays(desk: Counter) -> None:
    admin = boss(desk)
    admin.says("/staff 1")
    admin.presses("one:leave")
    assert "n'aurait plus de responsable" in admin.text
    other = colleague(desk, admin, 23, "admin")
    admin.says("/staff")
    admin.presses(f"member:{row_of(desk, admin).id}")
    admin.presses("one:leave")
    assert "quitté l'équipe" in admin.text
    assert row_of(desk, admin).state == StaffState.REMOVED
    assert "a quitté" in other.text


def test_roles_add_up(desk: Counter) -> None:
    admin = boss(desk)
    clerk = colleague(desk, admin, 24, "agent")
    clerk.says("/session")
    assert clerk.chat.open != "plan"
    admin.says("/staff 2")
    admin.presses("one:role")
    admin.presses("role:broadcaster")
    assert row_of(desk, clerk).roles == "agent broadcaster"
    clerk.says("/session")
    assert clerk.chat.open == "plan"
    admin.says("/staff 2")
    admin.presses("one:role")
    admin.presses("role:broadcaster")
    assert row_of(desk, clerk).roles == "agent"
    admin.says("/staff 2")
    admin.presses("one:role")
    admin.presses("role:agent")
    assert "dernier rôle" in admin.text


def test_everybody_hears_of_a_new_colleague_and_another_admin_may_know_her(desk: Counter) -> None:
    admin = boss(desk)
    second = colleague(desk, admin, 25, "admin")
    clerk = colleague(desk, admin, 26)
    assert "Une nouvelle personne" in second.messages[-1].text
    second.presses("vouch:yes")
    assert row_of(desk, clerk).vouched_by == second.contact_id


def test_sixty_days_of_silence_and_no_deed_before_a_yes(desk: Counter) -> None:
    admin = boss(desk)
    clerk = colleague(desk, admin, 27)
    desk.hands.move(days=59)
    for each in (admin, clerk):
        each.says("menu")
    assert "Nouvelle rencontre" in str(clerk.spoken.options)
    for _ in range(2):
        desk.hands.move(days=30)
        admin.says("menu")
    desk.sends()
    before = len(admin.messages)
    clerk.presses("menu:plan")  # a button of before
    assert clerk.chat.open != "plan"
    assert "60 jours" in clerk.messages[-2].text + clerk.messages[-1].text
    clerk.says("/session")
    assert clerk.chat.open != "plan"
    assert len(admin.messages) == before + 1  # asked once a day
    desk.sends()
    admin.presses("wake:yes")
    clerk.says("/session")
    assert clerk.chat.open == "plan"


def test_who_is_silent_is_rung_no_more(desk: Counter) -> None:
    admin = boss(desk)
    colleague(desk, admin, 28, "admin")
    desk.hands.move(days=61)
    admin.says("menu")  # herself silent as well: nobody of the chat can confirm her
    assert row_of(desk, admin).state == StaffState.ASLEEP
    assert desk.run(let_sleep) == 1
    asker = desk.person("telegram", 29)
    asker.says("/start")
    asker.does("language:fr", "une personne")
    before = len(admin.messages)
    asker.says("Bonjour, et mon dossier ?")
    assert len(admin.messages) == before
    done, _ = desk.run(server.confirm_from_server, row_of(desk, admin).id)
    assert done
    admin.says("menu")
    assert "L'équipe" in str(admin.spoken.options)


def test_a_number_that_comes_with_another_name_has_another_holder(desk: Counter) -> None:
    admin = boss(desk)
    clerk = desk.person("whatsapp", 30)
    posted(clerk, "salam", "whatsapp:MA.1")
    posted(clerk, "2", "whatsapp:MA.1")
    admin.says("/invite")
    admin.presses("role:broadcaster")
    code = next(word for word in admin.text.split() if word.startswith("j-"))
    posted(clerk, code, "whatsapp:MA.1")
    desk.sends()
    admin.presses("admit:yes")
    posted(clerk, "/session", "whatsapp:MA.1")
    assert clerk.chat.open == "plan"
    posted(clerk, "/session", "whatsapp:MA.2")
    assert row_of(desk, clerk).state == StaffState.ASLEEP
    assert clerk.chat.open != "plan"


def posted(person: Person, words: str, also: str) -> None:
    """A WhatsApp message with the opaque name that came beside the number."""
    person.also = also
    person.says(words)


def test_two_phones_of_one_person_approve_nothing(desk: Counter) -> None:
    """Her second phone, and a third let in by the second, are no second person, whoever says that she knows them."""
    admin = boss(desk)
    second = colleague(desk, admin, 31, "admin")
    third = colleague(desk, second, 32, "approver")
    desk.sends()
    second.says("/staff")
    with Session(desk.engine) as db:
        for each in (second, third):
            assert not team.is_independent(db, desk.desk, each.contact_id, admin.contact_id)
        assert team.is_independent(db, desk.desk, admin.contact_id, second.contact_id)
    real = from_the_server(desk, 33)
    desk.hands.move(days=8)
    with Session(desk.engine) as db:  # another admin is there: it is hers to say
        assert not team.is_independent(db, desk.desk, third.contact_id, admin.contact_id)
        assert team.is_independent(db, desk.desk, real.contact_id, admin.contact_id)
    real.says("/staff")
    real.presses(f"member:{row_of(desk, third).id}")
    real.presses("one:confirm")
    with Session(desk.engine) as db:
        assert team.is_independent(db, desk.desk, third.contact_id, admin.contact_id)
        assert not team.is_independent(db, desk.desk, second.contact_id, admin.contact_id)


def test_where_there_is_no_other_admin_a_week_makes_her_known(desk: Counter) -> None:
    admin = boss(desk)
    clerk = colleague(desk, admin, 34, "approver")
    desk.hands.move(days=6)
    with Session(desk.engine) as db:
        assert not team.is_independent(db, desk.desk, clerk.contact_id, admin.contact_id)
    desk.hands.move(days=2)
    with Session(desk.engine) as db:
        assert team.is_independent(db, desk.desk, clerk.contact_id, admin.contact_id)


def test_ten_thousand_guesses_open_nothing_and_are_slowed(desk: Counter) -> None:
    admin = boss(desk)
    code = desk.run(invitations.create_invitation, Role.ADMIN)
    thief = desk.person("telegram", 35)
    thief.says("/start")
    thief.does("language:fr")
    before = len(admin.messages)
    with Session(desk.engine) as db:
        contact = db.get_one(Contact, thief.contact_id)
        looked = 0
        for number in range(10_000):
            contact.guesses, tries = contact.guesses, contact.guesses
            assert not invitations.is_invitation(db, desk.desk, contact, f"j-guess{number:05}")
            looked += contact.guesses > tries
        db.commit()
    assert looked == invitations.MOST_GUESSES
    thief.says("j-guess-after-guess")
    assert "dans une heure" in thief.text
    thief.says(code)  # even the right one waits
    assert "dans une heure" in thief.text
    assert len(admin.messages) == before + 1
    with Session(desk.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Staff)) == 1
    desk.hands.move(hours=1)
    thief.says("j-guess-after-guess")
    assert "ne marche pas" in thief.text


def test_an_invitation_of_who_was_removed_is_void(desk: Counter) -> None:
    admin = boss(desk)
    other = colleague(desk, admin, 36, "admin")
    other.says("/invite")
    other.presses("role:admin")
    code = next(word for word in other.text.split() if word.startswith("j-"))
    admin.says("/staff")
    admin.presses(f"member:{row_of(desk, other).id}")
    admin.presses("one:remove")
    late = desk.person("telegram", 37)
    late.says("/start")
    late.does("language:fr")
    late.says(code)
    assert "ne marche pas" in late.text


def test_monday_tells_the_head_and_finds_a_cut_end(desk: Counter) -> None:
    admin = boss(desk)
    colleague(desk, admin, 38)
    assert desk.run(tell_monday) == 0  # its first day
    desk.hands.move(days=7)
    assert desk.run(tell_monday) == 1
    with Session(desk.engine) as db:
        head = journal.journal_head(db)
        assert head is not None
        assert journal.stands(db, head)
        db.execute(sa.delete(journal.JournalEntry).where(journal.JournalEntry.number == int(head.partition("-")[0])))
        db.commit()
        assert journal.first_broken(db, desk.desk.sealer) is None  # the rest is whole: only the head tells
        assert not journal.stands(db, head)
    assert head in admin.text
    assert desk.run(tell_monday) == 0  # once a week
    desk.hands.move(days=7)
    desk.run(tell_monday)
    assert "changé ou coupé" in admin.text


def test_any_row_changed_or_taken_out_is_found(desk: Counter) -> None:
    with Session(desk.engine) as db:
        for number in range(1000):
            at = desk.hands.at + timedelta(seconds=number)
            journal.append_entry(db, desk.desk.sealer, at, number % 7, "plan", None)
        db.commit()
        assert journal.first_broken(db, desk.desk.sealer) is None
    entry = journal.JournalEntry
    for number in (1, 2, 500, 999):
        for change in (
            sa.update(entry).values(actor=99),
            sa.update(entry).values(act="undo"),
            sa.update(entry).values(subject="bulk:1"),
            sa.update(entry).values(at=desk.hands.at - timedelta(days=1)),
            sa.delete(entry),
        ):
            with Session(desk.engine) as db:
                db.execute(change.where(entry.number == number))
                assert journal.first_broken(db, desk.desk.sealer) in (number, number + 1)
                db.rollback()


def test_the_first_invitation_stays_void_while_the_only_admin_is_silent(desk: Counter) -> None:
    admin = boss(desk)
    desk.hands.move(days=61)
    desk.run(let_sleep)
    assert row_of(desk, admin).state == StaffState.ASLEEP
    assert desk.run(invitations.first_invitation, "chosen-by-the-installer") is None
    stranger = desk.person("telegram", 41)
    stranger.says("/start")
    stranger.does("language:fr")
    stranger.says("j-chosen-by-the-installer")
    assert "ne marche pas" in stranger.text


def test_words_of_people_are_no_guesses(desk: Counter) -> None:
    admin = boss(desk)
    before = len(admin.messages)
    person = desk.person("telegram", 42)
    person.says("/start")
    person.does("language:fr")
    for words in ("Abderrahmane", "Ouarzazate", "0612345678", "AB123456", "Inchallah", "Assalamualaikum") * 3:
        person.says(words)
    with Session(desk.engine) as db:
        assert db.get_one(Contact, person.contact_id).guesses == 0
    assert len(admin.messages) == before


def test_an_admin_who_makes_the_other_one_less_waits_a_week(desk: Counter) -> None:
    admin = boss(desk)
    other = colleague(desk, admin, 43, "admin")
    real = from_the_server(desk, 44)
    for _ in range(10):
        desk.hands.move(days=1)
        for each in (admin, other, real):
            each.says("menu")
    admin.says("/staff")
    admin.presses(f"member:{row_of(desk, real).id}")
    admin.presses("one:remove")
    with Session(desk.engine) as db:
        assert not team.is_independent(db, desk.desk, other.contact_id, admin.contact_id)
    desk.hands.move(days=8)
    with Session(desk.engine) as db:
        assert team.is_independent(db, desk.desk, other.contact_id, admin.contact_id)


def test_who_let_the_author_in_waits_for_another_admin_where_there_is_one(desk: Counter) -> None:
    """Her own second phone as the author: nobody but another admin can tell that they are two."""
    admin = boss(desk)
    second = colleague(desk, admin, 45)
    with Session(desk.engine) as db:  # a sole admin: who else could agree?
        assert team.is_independent(db, desk.desk, admin.contact_id, second.contact_id)
    real = from_the_server(desk, 46)
    with Session(desk.engine) as db:
        assert not team.is_independent(db, desk.desk, admin.contact_id, second.contact_id)
        assert team.is_independent(db, desk.desk, real.contact_id, second.contact_id)
    real.says("/staff")
    real.presses(f"member:{row_of(desk, second).id}")
    real.presses("one:confirm")
    with Session(desk.engine) as db:
        assert team.is_independent(db, desk.desk, admin.contact_id, second.contact_id)


def test_words_at_a_draft_of_who_was_removed_are_no_text_of_it(desk: Counter) -> None:
    admin = boss(desk)
    clerk = colleague(desk, admin, 47)
    clerk.says("/broadcast")
    clerk.says("القاعة تغيرت. نلتقي في دار الشباب.")
    clerk.says("menu")
    clerk.says("/broadcast")
    assert "draft:continue" in clerk.options
    admin.says("/staff 2")
    admin.presses("one:remove")
    clerk.says("La salle change, rendez-vous à la maison des jeunes.")
    assert clerk.chat.open != "broadcast"
    assert "text_fr" not in clerk.chat.forms["broadcast"].state.answers
