"""What people send by mistake, row by row (the numbers are those of docs/inputs.md), on both channels.

Each message is the body its channel posts, stored and turned on a real database; what is kept is read back.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from conversations.desk.chat import Chat, Form
from conversations.register.flow import FLOW
from conversations.values import Say, State
from models import database
from models.contact import Contact
from services.chats import write_chat
from tests.counters import Counter, Person
from tests.desks import words
from tests.usual import REGISTRATION, values

TOLD = values(REGISTRATION)
_numbers = iter(range(2000, 9999))


@pytest.fixture(scope="module")
def counter(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    import shutil

    path = tmp_path_factory.mktemp("inputs") / "desk.db"
    shutil.copy(sqlite_template, path)
    made = database.engine(f"sqlite:///{path}", writer=True)
    yield Counter(made)
    made.dispose()


@pytest.fixture(params=["telegram", "whatsapp"])
def channel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def at(counter: Counter, channel: str, step: str, language: str = "fr", **more: Any) -> Person:
    """Somebody whose open question is this one, all before it answered."""
    person = counter.person(channel, next(_numbers))
    person.says("/start")
    before = [each.id for each in FLOW.steps[: [each.id for each in FLOW.steps].index(step)]]
    answers = {key: value for key, value in {**TOLD, **more}.items() if key in before}
    place_at(counter, person, answers, language)
    return person


def place_at(counter: Counter, person: Person, answers: dict[str, Any], language: str) -> None:
    with Session(counter.engine) as db:
        contact = db.get_one(Contact, person.contact_id)
        forms = {
            "welcome": Form("1", State("welcome", 1, {"language": language})),
            "register": Form("2", State("register", FLOW.version, answers)),
        }
        write_chat(counter.desk, contact, Chat(language, "register", forms, 2))
        db.commit()
    person.says("répéter" if language == "fr" else "إعادة")


def held(person: Person, step: str) -> Any:
    return person.chat.forms["register"].state.answers.get(step)


def kept_all(person: Person, step: str) -> None:
    """Nothing answered before is lost."""
    order = [each.id for each in FLOW.steps]
    for each in order[: order.index(step)]:
        if each in TOLD and FLOW.step(each).when is None:  # type: ignore[union-attr]
            assert held(person, each) == TOLD[each]


AGAIN, GUESS, TAKEN = "again", "guess", "taken"
LATIN_100 = "Abc" * 34
NAMES = [
    (1, "\u00a0 \u200b", AGAIN, None), (1, "   \u2060", AGAIN, None),
    (2, "محمد بن عبد الله", TAKEN, "محمد بن عبد الله"), (2, "Aït Ben-Haddou", TAKEN, "Aït Ben-Haddou"),
    (2, "El Ouafi", TAKEN, "El Ouafi"), (2, "N'Daye", TAKEN, "N'Daye"), (2, "ⵎⵓⵃⵎⵎⴷ", TAKEN, "ⵎⵓⵃⵎⵎⴷ"),
    (3, "F", AGAIN, None), (3, LATIN_100, AGAIN, None), (3, "x" * 4000, AGAIN, None),
    (4, "M0hamed", AGAIN, "digits"), (4, "محمد٣", AGAIN, "digits"),
    (5, "He\u0301le\u0300ne", TAKEN, "Hélène"),
    (6, "\u202eFatima\u2066 Zahra\u200f", TAKEN, "Fatima Zahra"),
    (7, "مح\u200cمد", TAKEN, "مح\u200cمد"),
    (8, "Аhmed", GUESS, "Аhmed"),
    (9, "😀😀", AGAIN, None), (9, "Z" + "\u0300" * 40, AGAIN, None), (9, "ﷺ", AGAIN, None),
    (10, '=HYPERLINK("http://x","y")', AGAIN, None), (10, "@SUM(1)", AGAIN, None), (10, "-2+3", AGAIN, None),
    (11, "<b>x</b>", AGAIN, None), (11, "*x*", AGAIN, None), (11, "{{7*7}}", AGAIN, None), (11, "%s", AGAIN, None),
    (11, "'; DROP TABLE", AGAIN, None),
    (12, "Fati\x0bma", TAKEN, "Fatima"),
    (13, "Fatima\nEl Ouafi", AGAIN, "two_lines"),
    (14, "null", TAKEN, "null"), (14, "None", TAKEN, "None"), (14, "undefined", TAKEN, "undefined"),
    (14, "true", TAKEN, "true"),
    (15, "محـــمد", TAKEN, "محـــمد"), (15, "مُحَمَّد", TAKEN, "مُحَمَّد"),
]  # fmt: skip
BIRTHS = [
    (27, "12/03/1990", GUESS, "1990-03-12"), (27, "12-3-1990", GUESS, "1990-03-12"),
    (27, "12.03.1990", GUESS, "1990-03-12"), (27, "12 mars 1990", TAKEN, "1990-03-12"),
    (27, "12 مارس 1990", TAKEN, "1990-03-12"), (27, "1990-03-12", GUESS, "1990-03-12"),
    (27, "25/03/1990", TAKEN, "1990-03-25"), (27, "né le 12 mars 1990", TAKEN, "1990-03-12"),
    (27, "1er mars 1990", TAKEN, "1990-03-01"), (27, "25 ghoucht 1990", TAKEN, "1990-08-25"), (27, "tzadit f 25 ch8er 8 1990", TAKEN, "1990-08-25"),
    (27, "تزاديت عام 1990", GUESS, "1990"), (27, "مزداد في 25 دجنبر 1990", TAKEN, "1990-12-25"),
    (28, "٢٥/٠٣/١٩٩٠", TAKEN, "1990-03-25"), (28, "۲۵/۰۳/۱۹۹۰", TAKEN, "1990-03-25"),
    (29, "03/12/1990", GUESS, "1990-12-03"),
    (30, "31/02/1990", AGAIN, "no_such_day"), (30, "00/01/1990", AGAIN, "no_such_day"),
    (30, "29/02/1900", AGAIN, "no_such_day"),
    (31, "29/02/1992", TAKEN, "1992-02-29"),
    (32, "12/03/90", AGAIN, "short_year"), (32, "01/01/68", AGAIN, "short_year"),
    (33, "1411/08/15", AGAIN, "hijri"), (33, "15 شعبان 1411", AGAIN, "hijri"), (33, "15 ramadan 1420", AGAIN, "hijri"),
    (34, "25/12/2026", AGAIN, "odd_age"), (34, "23/11/2026", AGAIN, "odd_age"), (34, "25/12/2015", AGAIN, "odd_age"),
    (34, "25/12/1900", AGAIN, "odd_age"),
    (35, "1990", GUESS, "1990"), (35, "mars 1990", GUESS, "1990"), (35, "né en 1962", GUESS, "1962"),
    (36, "12/03/19900", AGAIN, None), (36, "12/03/0090", AGAIN, None), (36, "９９９９", AGAIN, None),
    (37, "demain", AGAIN, "not_a_birth"), (37, "hier", AGAIN, "not_a_birth"), (37, "12e mars", AGAIN, "not_a_birth"),
    (37, "²5/03/1990", AGAIN, "not_a_birth"), (37, "12/13/1990", AGAIN, "no_such_day"),
]  # fmt: skip
MINE = "+212612345678"
PHONES = [
    *((40, written, TAKEN, MINE) for written in (
        "0612345678", "06 12 34 56 78", "06-12.34/56 78", "+212612345678", "00212612345678", "212612345678",
        "+212 (0)6 12 34 56 78", "+2120612345678",
    )),
    (41, "٠٦١٢٣٤٥٦٧٨", TAKEN, MINE), (41, "０６１２３４５６７８", TAKEN, MINE),
    (40, "0661060706", TAKEN, "+212661060706"), (42, "0712345678", TAKEN, "+212712345678"),
    (43, "0522334455", GUESS, "+212522334455"),
    (44, "061234567", AGAIN, None), (44, "06123456789", AGAIN, None), (44, "0812345678", AGAIN, None),
    (44, "112", AGAIN, None),
    (45, "O612345678", AGAIN, None), (45, "whatsapp:+212612345678", AGAIN, None),
    (45, "0612345678;ext=5", AGAIN, None), (45, "0612345678\u202e", TAKEN, MINE),
    (46, "+33612345678", GUESS, "+33612345678"),
    (47, "0612345678 0712345678", AGAIN, "two_phones"), (47, "0612345678 ou 0712345678", AGAIN, "two_phones"),
    (47, "hada howa 0612345678", GUESS, MINE),
]  # fmt: skip
CHILDREN = [
    (51, "3", TAKEN, 3), (51, "٣", TAKEN, 3), (51, "trois", TAKEN, 3), (51, "ثلاثة", TAKEN, 3),
    (51, "3 enfants", TAKEN, 3), (51, "tlata", TAKEN, 3), (51, "جوج", TAKEN, 2), (51, "3 drari", TAKEN, 3),
    (51, "عندي 3 ولاد", TAKEN, 3), (51, "j'ai 2 enfants", TAKEN, 2),
    *((52, odd, AGAIN, None) for odd in ("-1", "+3", "3.5", "3,5", "1_000", "1e3", "0x3", "²", "Ⅲ", "①")),
    (54, "999999999999", AGAIN, None), (54, "9" * 5000, AGAIN, None), (54, "NaN", AGAIN, None), (54, "inf", AGAIN, None),
    (54, "21", AGAIN, None),
    (55, "0", TAKEN, 0), (55, "aucun", TAKEN, 0), (55, "والو", TAKEN, 0), (55, "ma3ndich", TAKEN, 0),
]  # fmt: skip
CHOICES = [
    (56, "1", TAKEN, "home"),
    (56, "١", TAKEN, "home"),
    (56, "1️⃣", TAKEN, "home"),
    (56, "1)", TAKEN, "home"),
    (56, " 1 ", TAKEN, "home"),
    (56, "a la meson", GUESS, "home"),
    (56, "fdar", TAKEN, "home"),
    (57, "9", AGAIN, "option"),
    (57, "1 et 3", AGAIN, "option"),
    (59, "chno khassni", AGAIN, None),
]
TABLE = [
    (step, *row)
    for step, rows in (
        ("name", NAMES),
        ("birth", BIRTHS),
        ("phone", PHONES),
        ("children", CHILDREN),
        ("workplace", CHOICES),
    )
    for row in rows
]


@pytest.mark.parametrize(("step", "row", "typed", "kind", "wanted"), TABLE)
def test_the_table(counter: Counter, channel: str, step: str, row: int, typed: str, kind: str, wanted: Any) -> None:
    person = at(counter, channel, step)
    before = person.sent
    if typed.strip():
        person.says(typed)
    else:  # WhatsApp and Telegram send no empty text: what is left of it is something else than words
        person.says(typed + "\u200b")
    assert len(person.messages) - before <= 1 + before  # never more than one answer a message
    if kind == TAKEN:
        assert held(person, step) == wanted
        return
    assert held(person, step) is None
    if kind == GUESS:
        assert person.options == ["sure:yes", "sure:no"]
        person.presses("sure:yes")
        assert held(person, step) == wanted
        return
    assert person.step == step
    kept_all(person, step)
    if wanted is not None:
        assert words().say(Say(f"desk.unclear.{wanted}"), "fr").replace("\u00a0", " ") in person.text.replace(
            "\u00a0", " "
        ) or person.text.startswith(words().say(Say(f"desk.unclear.{wanted}"), "fr")[:12])


def test_a_year_typed_in_darija(counter: Counter, channel: str) -> None:
    person = at(counter, channel, "birth", "ar")
    person.says("1990")
    assert "1990" in person.text
    person.says("واه")
    assert held(person, "birth") == "1990"


def test_three_failures_offer_a_person(counter: Counter, channel: str) -> None:
    person = at(counter, channel, "birth")
    for _ in range(3):
        person.says("xyz")
    assert "« personne »" in person.text
    assert person.step == "birth"


# -- 48, 50, 61 to 66: what is not words --------------------------------------------------------

MEDIA: dict[str, list[dict[str, Any]]] = {
    "telegram": [
        {"sticker": {}},
        {"voice": {}},
        {"video_note": {}},
        {"dice": {}},
        {"poll": {}},
        {"story": {}},
        {"game": {}},
        {"gift": {}},
        {"photo": [{}]},
    ],
    "whatsapp": [
        {"NumMedia": "1", "MediaContentType0": "audio/ogg"},
        {"NumMedia": "3", "MediaContentType0": "image/jpeg"},
        {"NumMedia": "abc"},
        {"NumMedia": "1", "MediaUrl0": "http://169.254.169.254/"},
    ],
}


@pytest.mark.parametrize("step", ["consent", "name", "birth", "trade", "commune", "children"])
def test_other_things_than_words_keep_the_step(counter: Counter, channel: str, step: str) -> None:
    for content in MEDIA[channel]:
        person = at(counter, channel, step)
        person.sends(**content)
        assert person.step == step
        assert held(person, step) is None
        kept_all(person, step)


def test_a_contact_card_of_oneself_is_the_phone_and_of_another_is_not(counter: Counter) -> None:
    person = at(counter, "telegram", "phone")
    person.sends(contact={"phone_number": "212699999999", "user_id": 5, "first_name": "x"})
    assert person.step == "phone"
    person.sends(contact={"phone_number": "212612345678", "user_id": person.number, "first_name": "x"})
    assert held(person, "phone") == MINE


def test_a_number_the_channel_hides_is_asked(counter: Counter) -> None:
    person = at(counter, "telegram", "phone")
    assert "phone:mine" not in person.options
    known = at(counter, "whatsapp", "phone")
    assert known.options == ["phone:mine", "phone:none"]
    known.presses("phone:mine")
    assert held(known, "phone") == "mine"


FORWARDED: dict[str, dict[str, Any]] = {
    "telegram": {"forward_origin": {"type": "user"}},
    "whatsapp": {"Forwarded": "true"},
}


@pytest.mark.parametrize("step", ["consent", "name"])
def test_somebody_else_s_words_are_no_answer(counter: Counter, channel: str, step: str) -> None:
    person = at(counter, channel, step)
    person.says("oui", **FORWARDED[channel])
    assert held(person, step) is None
    assert "transféré" in person.text


@pytest.mark.parametrize("said", ["waxa", "ok", "safi", "👍", "واخا", "nchalah", "3andi", "كاين", "mwafqi"])
def test_a_polite_word_is_no_consent(counter: Counter, channel: str, said: str) -> None:
    person = at(counter, channel, "consent")
    person.says(said)
    assert held(person, "consent") is None


@pytest.mark.parametrize("said", ["stop", "STOP", "توقف", "7bes"])
def test_stop_in_the_name_is_no_name(counter: Counter, channel: str, said: str) -> None:
    person = at(counter, channel, "name")
    person.says(said)
    assert held(person, "name") is None
    with Session(counter.engine) as db:
        assert db.get_one(Contact, person.contact_id).stopped_at is not None


@pytest.mark.parametrize("said", ["/export", "/", "/" + "x" * 1000, "/diffuser", "/START"])
def test_a_command_nobody_knows_changes_nothing(counter: Counter, channel: str, said: str) -> None:
    person = at(counter, channel, "workplace")
    person.says(said)
    assert held(person, "workplace") is None
    kept_all(person, "workplace")


@pytest.mark.parametrize("step", [step.id for step in FLOW.steps if step.id in TOLD])
def test_the_menu_at_every_step_keeps_the_draft(counter: Counter, channel: str, step: str) -> None:
    person = at(counter, channel, step)
    person.says("menu")
    assert "menu:register" in person.options
    person.presses("menu:register")
    if step != "consent":
        assert person.options == ["draft:continue", "draft:another", "draft:restart"]
        person.presses("draft:continue")
    assert person.step == step
    kept_all(person, step)
