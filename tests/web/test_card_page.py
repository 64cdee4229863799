"""The page for the card's number: walked in Chromium in both languages, axe clean, its link used once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from models.link import Link
from models.registration import CardGiven, Registration, unseal_cin
from services.people import id_card_links
from services.people.duplicates import compare_files
from tests.counters import FORM, Counter, Person, counter
from tests.running import Desk
from tests.web.browsing import PHONE, phone, press, say, shot, told

LINK = re.compile(r"http\S+/f/[A-Za-z0-9_-]+")
WALK = ("menu:register", *FORM, "check:confirm")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    running = Desk(tmp_path_factory.mktemp("card")).start()
    try:
        yield running
        assert "Traceback" not in running.log()
        for secret in ("AB123456", "BK654321", "Fatima", "0612345678", "/f/"):
            assert secret not in running.log()
    finally:
        running.close()


def registered(page: Page, language: str) -> str:
    """A pre-registration by the page; the link that came with the reference."""
    press(page, f"language:{language}")
    for each in WALK:
        press(page, each) if re.fullmatch(r"[a-z_]+:\w+", each) else say(page, each)
    return link_of(page)


def link_of(page: Page) -> str:
    found = LINK.search(told(page).last.inner_text())
    assert found is not None
    return found[0]


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("language", "script"), [("ar", True), ("fr", True), ("fr", False)])
def test_the_number_is_given_once(browser: Browser, desk: Desk, language: str, script: bool) -> None:
    chat = phone(browser, desk)
    link = registered(chat, language)
    context = browser.new_context(viewport=PHONE, java_script_enabled=script)  # type: ignore[arg-type]
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    answer = page.goto(link)
    assert answer is not None
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "noindex" in answer.headers["x-robots-tag"]
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    assert "Fatima" not in page.content()
    if script:
        clean(page)
        shot(page, f"card-ask-{language}")
    page.fill("#cin", "123456")
    page.locator("button.main").click()
    expect(page.get_by_role("alert")).to_be_visible()
    if script:
        clean(page)
        shot(page, f"card-unclear-{language}")
    page.fill("#cin", "ab 123456")
    page.locator("button.main").click()
    expect(page.locator(".masked")).to_have_text("AB••••56")
    assert "AB123456" not in page.content()
    if script:
        clean(page)
        shot(page, f"card-sure-{language}")
    page.get_by_role("button", name={"ar": "نعم، صحيح", "fr": "Oui, c'est juste"}[language]).click()
    expect(page.locator(".done")).to_be_visible()
    if script:
        clean(page)
        shot(page, f"card-done-{language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(told(chat).last).to_contain_text("AB••••56")
    again = page.goto(link)
    assert again is not None
    assert again.status == 410
    if script:
        clean(page)
        shot(page, f"card-gone-{language}")
    assert errors == [] or all("410" in each or "Gone" in each for each in errors)
    context.close()
    chat.context.close()


def test_the_other_language_is_a_tap_away(browser: Browser, desk: Desk) -> None:
    chat = phone(browser, desk)
    page = chat.context.new_page()
    page.goto(registered(chat, "fr"))
    page.locator(".tongue").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.fill("#cin", "nothing")
    page.locator("button.main").click()
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    chat.context.close()


def test_the_keyboard_and_the_counter(browser: Browser, desk: Desk) -> None:
    chat = phone(browser, desk)
    page = chat.context.new_page()
    page.goto(registered(chat, "fr"))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("BK654321")
    page.keyboard.press("Enter")
    expect(page.locator(".masked")).to_have_text("BK••••21")
    page.get_by_role("button", name="Non, je recommence").click()
    page.get_by_role("button", name="Je n'ai pas la carte").click()
    expect(page.locator(".done")).to_be_visible()
    chat.context.close()


# -- the link, without a browser -------------------------------------------------------------------


@pytest.fixture
def room(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


def token_of(person: Person) -> str:
    found = LINK.search(person.text)
    assert found is not None
    return found[0].rpartition("/")[2]


def test_a_link_that_is_altered_old_used_or_replaced_opens_nothing(room: Counter) -> None:
    person = room.person()
    person.registers()
    token = token_of(person)
    assert room.run(id_card_links.open_link, token) is not None
    for place in range(len(token)):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert room.run(id_card_links.open_link, other) is None
    for odd in ("", "x", token[:-1], token + "A", "é" * 40, "=" * 48):
        assert room.run(id_card_links.open_link, odd) is None
    room.hands.move(minutes=29)
    assert room.run(id_card_links.open_link, token) is not None
    room.hands.move(minutes=2)
    assert room.run(id_card_links.open_link, token) is None
    person.says("mon dossier")
    person.presses(person.options[0])
    person.presses("shown:cin")
    first = token_of(person)
    person.presses("shown:cin")
    second = token_of(person)
    assert room.run(id_card_links.open_link, first) is None
    _, read = room.run(id_card_links.read_number, second, "AB123456")
    assert room.run(id_card_links.give_number, second, read.again) is not None
    assert room.run(id_card_links.give_number, second, read.again) is None
    (row,) = room.rows(Registration)
    assert unseal_cin(room.desk.sealer, row) == "AB123456"
    assert row.cin_by == CardGiven.ON_THE_PAGE
    assert "AB123456" not in str([link.__dict__ for link in room.rows(Link)])


def test_a_sealed_number_of_another_link_is_refused(room: Counter) -> None:
    one, other = room.person("telegram", 1), room.person("telegram", 2)
    one.registers()
    other.registers()
    _, read = room.run(id_card_links.read_number, token_of(one), "AB123456")
    assert room.run(id_card_links.give_number, token_of(other), read.again) is None
    assert room.run(id_card_links.give_number, token_of(other), "forged") is None


def test_ten_tries_a_link(room: Counter) -> None:
    person = room.person()
    person.registers()
    token = token_of(person)
    for _ in range(id_card_links.MOST_LINK_TRIES):
        assert room.run(id_card_links.read_number, token, "12345") is not None
    assert room.run(id_card_links.read_number, token, "AB123456") is None


def test_a_number_known_already_is_answered_alike_and_flagged(room: Counter) -> None:
    people = [room.person("telegram", number) for number in (1, 2)]
    said = []
    for person in people:
        person.registers(
            form=tuple("Amina X" if each == "Fatima Essai" and person.number == 2 else each for each in FORM)
        )
        token = token_of(person)
        _, read = room.run(id_card_links.read_number, token, "AB123456")
        assert room.run(id_card_links.give_number, token, read.again) is not None
        said.append(person.text)
    assert said[0] == said[1]
    room.run(compare_files)
    assert [row.flags for row in room.rows(Registration)] == [["same_cin"]] * 2


def test_the_same_number_in_two_files_of_one_phone_is_told(room: Counter) -> None:
    person = room.person()
    person.registers()
    first = token_of(person)
    _, read = room.run(id_card_links.read_number, first, "AB123456")
    room.run(id_card_links.give_number, first, read.again)
    person.says("menu")
    person.presses("menu:register")
    person.does(*FORM)
    person.presses("check:confirm")
    second = token_of(person)
    _, read = room.run(id_card_links.read_number, second, "ab-123456")
    room.run(id_card_links.give_number, second, read.again)
    assert "déjà dans un autre dossier" in person.text


NUMBERS = [
    (16, "AB123456", "AB123456"), (16, "ab 123456", "AB123456"), (16, "AB-123456", "AB123456"), (16, "A.123456", "A123456"),
    (17, "ＡＢ１２３４５６", "AB123456"), (17, "AB١٢٣٤٥٦", "AB123456"), (17, "ab۱۲۳۴۵۶", "AB123456"),
    (18, "АB123456", None), (18, "aı123456", None), (18, "ſ123456", None),
    (19, "AB123456\n", "AB123456"), (19, "AB12\u200b3456", "AB123456"),
    (20, "123456", None), (20, "ABC123456", None), (20, "AB", None), (20, "AB123456789", None),
    (21, "O123456", "O123456"), (21, "0123456", None), (25, "je n'ai pas", None), (25, "", None),
    (26, "ma CIN est AB123456 merci", "AB123456"), (26, "AB123456 ou AB654321", None),
]  # fmt: skip


@pytest.mark.parametrize(("row", "typed", "wanted"), NUMBERS)
def test_what_is_typed_for_a_number(row: int, typed: str, wanted: str | None) -> None:
    from conversations.language.card_number import read_card

    found = read_card(typed)
    assert (found.value if found else None) == wanted


def test_an_unusual_length_is_asked_about(room: Counter, tmp_path: Path) -> None:
    person = room.person()
    person.registers()
    _, read = room.run(id_card_links.read_number, token_of(person), "A123")
    assert read.unusual
    _, read = room.run(id_card_links.read_number, token_of(person), "A12345")
    assert not read.unusual
