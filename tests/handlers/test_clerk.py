"""The clerk at work, on the whole desk: joining, inviting, answering a person, writing to many."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from models.registration import Registration
from tests.artisans import Artisan, WhatsAppArtisan
from tests.whole import ARABIC, FRENCH, INVITE, NOW, PLAN, TO_ALL, Whole, admin, rows, say, subscribed


@pytest.fixture
def whole(database_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, database_url) as made:
        yield made
        assert made.telegram.broken_rules == []
        assert made.twilio.broken_rules == []


def test_a_command_is_unknown_to_an_artisan(whole: Whole) -> None:
    person = whole.artisan(1001)
    say(person, "/start", "2")
    unknown = say(person, "/nonsense")
    for command in ("/session", "/sessions", "/broadcast", "/diffuser", "/invite"):
        say(person, "menu")
        assert say(person, command) == unknown
    assert "Nouvelle rencontre" not in str(person.messages)
    # a button forged from one she never had
    person.presses_exactly("undo:yes:1")
    person.hears(len(person.messages) + 1)
    assert "bouton" in person.texts[-1]


def test_the_first_invitation_is_void_once_used(whole: Whole) -> None:
    first, second = admin(whole), whole.number("+212600000201")
    assert "Nouvelle rencontre" in str(say(first, "menu") and first.messages[-1])
    say(second, "salam", "2")
    assert "Ce code ne marche pas" in say(second, f"j-{INVITE}")
    assert "Ce code ne marche pas" in say(second, "j-wrong-code-wrong")


def test_a_colleague_is_invited_and_confirmed(whole: Whole) -> None:
    boss, clerk, thief = admin(whole), whole.number("+212600000202"), whole.number("+212600000203")
    made = say(boss, "/invite", "1")
    code = next(word for word in made.split() if word.strip("\u2068\u2069").startswith("j-")).strip("\u2068\u2069")
    say(clerk, "salam", "2")
    before = len(boss.messages)
    assert "Nous attendons" in say(clerk, f"  {code} ")
    boss.hears(before + 1)
    assert "Est-ce bien la personne" in boss.texts[-1]
    assert "Nouvelle rencontre" not in say(clerk, "menu")  # not before the confirmation
    say(thief, "salam", "2")
    assert "Ce code ne marche pas" in say(thief, code)
    heard = len(clerk.messages)
    assert "dans l'équipe" in say(boss, "admit:yes")
    clerk.hears(heard + 1)
    assert "Bienvenue dans l'équipe" in clerk.texts[-1]
    assert "Nouvelle rencontre" in say(clerk, "menu")
    assert "Inviter" not in clerk.texts[-1]
    assert "Dans quelle province" in say(clerk, "/session")


def test_an_invitation_dies_after_two_days(whole: Whole) -> None:
    boss, late = admin(whole), whole.artisan(1004)
    made = say(boss, "/invite", "2")
    code = next(word for word in made.split() if word.strip("\u2068\u2069").startswith("j-")).strip("\u2068\u2069")
    whole.hands.move(hours=49)
    say(late, "/start", "2")
    assert "Ce code ne marche pas" in say(late, code)


def test_a_person_is_asked_for_and_answers(whole: Whole) -> None:
    boss, asker = admin(whole), whole.number("+212600000204")
    say(asker, "salam", "2")
    before = len(boss.messages)
    say(asker, "agent")
    boss.hears(before + 1)
    assert "Demande n° 1" in boss.texts[-1]
    say(asker, "Mon dossier est bloqué")
    boss.hears(before + 2)
    assert "Mon dossier est bloqué" in boss.texts[-1]
    heard = len(asker.messages)
    boss.sends(
        text="Venez jeudi, nous regardons ensemble.",
        reply_to_message={"message_id": boss.messages[-1]["message_id"]},
    )
    boss.hears(before + 3)
    assert "réponse à la demande n° 1" in boss.texts[-1]
    asker.hears(heard + 1)
    assert "Venez jeudi" in asker.texts[-1]
    say(asker, "Merci, à jeudi")  # rings nobody
    say(asker, "À quelle heure ?")
    boss.hears(before + 4)
    assert "Demande n° 1" in boss.texts[-1]  # the same one goes on
    assert "réponse" in say(boss, "answer:open")
    heard = len(asker.messages)
    assert "n° 1" in say(boss, "À jeudi.")
    asker.hears(heard + 1)
    whole.hands.move(hours=30)  # out of the window, and no template: nothing leaves, and the admin knows
    say(boss, "menu")
    with Session(whole.reader) as db:
        assert db.scalar(sa.text("SELECT count(*) FROM person_request WHERE state = 'answered'")) == 1


def test_a_message_to_many_from_draft_to_balance(whole: Whole) -> None:
    people: list[Artisan | WhatsAppArtisan] = [
        whole.artisan(1001),
        whole.artisan(1002),
        whole.number("+212600000205"),
        whole.number("+212600000206"),
    ]
    for person, language in zip(people, ("fr", "ar", "fr", "ar"), strict=True):
        subscribed(person, language, "1")
    say(people[3], "توقف")
    boss = admin(whole)
    say(boss, "/broadcast")
    assert "n'est pas dans la langue" in say(boss, "Texte en français")
    assert "crochets" in say(boss, "السلام [date] نلتقي")
    ready = say(boss, ARABIC, FRENCH, "beside:none", "area:province", "1", "whom:everybody", "when:now")
    assert "le recevront\u00a0: 3" in ready
    assert "ne veulent pas ces messages\u00a0: 1" in ready
    before = len(boss.messages)
    say(boss, "ready:preview")
    boss.hears(before + 3)
    whole.settle()
    shown = boss.texts[before:]
    assert sum(ARABIC in text for text in shown) == 1
    assert sum(FRENCH in text for text in shown) == 1
    assert "pas le bon nombre" in say(boss, "4")
    assert rows(whole) == []
    going = say(boss, "3")
    assert "3 personnes dans 60 secondes" in going
    assert rows(whole) == ["pending"] * 3
    whole.look()
    assert rows(whole) == ["pending"] * 3
    heard = [len(person.messages) for person in people]
    whole.hands.move(seconds=61)
    whole.look()
    assert [len(person.messages) - count for person, count in zip(people, heard, strict=True)] == [1, 1, 1, 0]
    assert FRENCH in people[0].texts[-1]
    assert ARABIC in people[1].texts[-1]
    assert "total\u00a0: 3 sur 3" in boss.texts[-1]
    whole.look()
    assert rows(whole) == ["delivered", "sent", "sent"]
    # each person's place is where it was: a digit still answers the menu she stood at
    assert "Bienvenue" in say(people[0], "menu")


def test_it_is_undone_within_the_minute(whole: Whole) -> None:
    person = whole.artisan(1001)
    subscribed(person, "fr", "1")
    boss = admin(whole)
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL, "ready:preview")
    whole.settle()
    say(boss, "1")
    heard = len(person.messages)
    assert "Personne ne l'a reçu" in say(boss, "annuler l'envoi")
    whole.hands.move(seconds=90)
    whole.look()
    assert rows(whole) == ["cancelled"]
    assert len(person.messages) == heard


def test_nobody_is_never_everybody(whole: Whole) -> None:
    person = whole.artisan(1001)
    subscribed(person, "fr", "1")
    boss = admin(whole)
    ready = say(
        boss, "/broadcast", ARABIC, FRENCH, "beside:none", "area:commune", "4", "1", *NOW
    )  # a commune nobody asked about
    assert "Personne ici n'a demandé" in ready
    assert "ready:preview" not in str(boss.buttons)
    with Session(whole.reader) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Broadcast)) == 0


def test_stop_in_mid_broadcast(whole: Whole) -> None:
    people = [whole.artisan(2000 + number) for number in range(20)]
    for person in people:
        subscribed(person, "fr", "1")
    boss = admin(whole)
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL, "ready:preview")
    whole.settle()
    say(boss, "20")
    for person in people[::2]:  # after the count, before they leave
        say(person, "stop")
    heard = [len(person.messages) for person in people]
    whole.hands.move(seconds=61)
    whole.look()
    assert [len(person.messages) - count for person, count in zip(people, heard, strict=True)] == [0, 1] * 10
    assert rows(whole) == ["cancelled"] * 10 + ["sent"] * 10
    assert "annulés\u00a0: 10" in boss.texts[-1]
    assert "total\u00a0: 20 sur 20" in boss.texts[-1]


def test_a_pre_registration_in_digits_and_words(whole: Whole) -> None:
    person = whole.number("+212600000207")
    say(person, "salam", "2")
    assert "d'accord ? (texte 2026-11.3)" in say(person, "2").replace("\u00a0", " ")
    say(person, "1", "moi")
    assert "chiffres" in say(person, "M0hamed")
    assert "Femme ou homme" in say(person, "Amina El Alaoui")
    say(person, "femme", "25/12/1990")
    assert "Le numéro de ce téléphone" in person.texts[-1]
    assert "pas compris le téléphone" in say(person, "061234567")
    say(person, "Le numéro de ce téléphone", "potier", "1", "7", "Guelmim", "1", "1", "1", "non", "oui", "0")
    assert "Amina El Alaoui" in person.texts[-1]
    say(person, "2", "3", "Amina Alaoui")
    done = say(person, "1")
    reference = "".join(c for c in done.split("\n")[1] if c.isdigit())
    assert len(reference) == 9
    with Session(whole.reader) as db:
        row = db.scalars(sa.select(Registration)).one()
        assert row.reference == reference
        assert row.trade == "C076"
        assert b"Alaoui" not in row.person
    refuser = whole.artisan(1009)
    say(refuser, "/start", "2", "menu:register")
    assert "aucune information personnelle" in say(refuser, "2")


def test_a_bare_yes_answers_the_meeting_that_was_the_last_thing_said(whole: Whole) -> None:
    boss, person, busy = admin(whole), whole.artisan(1001), whole.artisan(1002)
    for each in (person, busy):
        subscribed(each, "fr", "1")
    say(boss, *PLAN)
    whole.settle()
    say(boss, "2")
    whole.hands.move(minutes=20)
    say(busy, "menu:eligibility", "1", "35")  # her own question is open: whether she is insured
    whole.look()
    assert "Nouvelle rencontre" in person.texts[-1]
    assert "nous vous attendons" in say(person, "oui")
    assert "nous vous attendons" not in say(busy, "oui")
    say(busy, "je viens")
    assert "nous vous attendons" in busy.texts[-1]
    assert "cover:none" in str(busy.past) or "impôts" in say(busy, "1")  # and her question is still open
