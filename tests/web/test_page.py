"""The page in a real browser: an artisan's phone in Arabic and in French, with and without script."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.artisans import POTTER
from tests.running import Desk
from tests.web.browsing import PHONE, phone, press, say, shot, told


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    running = Desk(tmp_path_factory.mktemp("page")).start()
    try:
        yield running
        assert "Traceback" not in running.log()
    finally:
        running.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("language", ["ar", "fr"])
def test_the_phone_is_walked(browser: Browser, desk: Desk, language: str, script: bool) -> None:
    page = phone(browser, desk, script=script)
    name = f"{language}{'' if script else '-no-script'}"
    shot(page, f"{name}-1-welcome")
    press(page, f"language:{language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    shot(page, f"{name}-2-menu")
    press(page, "menu:eligibility")
    for number, answer in enumerate(POTTER, 3):
        press(page, answer) if ":" in answer else say(page, answer)
        if answer in ("35", "potier"):
            shot(page, f"{name}-{number}-{'cover' if answer == '35' else 'trades'}")
    last = told(page).last
    expect(last).to_contain_text(re.compile(r"163.(درهم|DH)"))
    shot(page, f"{name}-9-result")
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("language", ["ar", "fr"])
def test_the_sheet_is_shown_and_opens(browser: Browser, desk: Desk, language: str, script: bool) -> None:
    page = phone(browser, desk, script=script)
    press(page, f"language:{language}")
    press(page, "menu:eligibility")
    for answer in POTTER:
        press(page, answer) if ":" in answer else say(page, answer)
    press(page, "result:card")
    picture = page.locator("#artisan .card img")
    expect(picture).to_be_visible()
    if script:
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("each => each.naturalWidth") == 827
    assert picture.get_attribute("alt")
    wide = page.evaluate("document.documentElement.scrollWidth") if script else PHONE["width"]
    assert wide <= PHONE["width"]
    shot(page, f"card-{language}{'' if script else '-no-script'}")
    for link, kind in (
        (picture.get_attribute("src"), b"\x89PNG"),
        (page.locator("#artisan .card a").last.get_attribute("href"), b"%PDF"),
    ):
        with urllib.request.urlopen(f"{desk.url}{link}") as answer:
            assert answer.read(4) == kind


def test_the_page_does_not_overflow(browser: Browser, desk: Desk) -> None:
    page = phone(browser, desk)
    press(page, "language:fr")
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    page.context.close()


def test_a_reload_keeps_both_sides(browser: Browser, desk: Desk) -> None:
    page = phone(browser, desk)
    press(page, "language:fr")
    press(page, "menu:eligibility")
    said = page.locator("#artisan .messages li").all_inner_texts()
    page.reload()
    expect(told(page)).to_have_count(3)
    again = page.locator("#artisan .messages li").all_inner_texts()
    assert [text.split("\n")[0] for text in again] == [text.split("\n")[0] for text in said]
    page.context.close()


def test_the_keyboard_is_enough(browser: Browser, desk: Desk) -> None:
    page = phone(browser, desk)
    page.locator("#artisan .choices button").first.focus()
    page.keyboard.press("Enter")
    expect(told(page)).to_have_count(2)
    page.locator("#text-artisan").focus()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(told(page)).to_have_count(3)
    page.context.close()


def test_a_desk_killed_under_the_page_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    running = Desk(tmp_path).start()
    try:
        page = phone(browser, running)
        press(page, "language:fr")
        running.kill()
        expect(page.locator("#artisan .offline")).to_be_visible()
        page.fill("#text-artisan", "1")
        page.press("#text-artisan", "Enter")
        page.wait_for_timeout(7000)  # longer than any patience: what was said is not given up
        running.start()
        expect(told(page)).to_have_count(3, timeout=10_000)
        expect(told(page).last).to_contain_text("Comment travaillez-vous")
        expect(page.locator("#artisan .offline")).to_be_hidden()
        page.context.close()
    finally:
        running.close()


def test_a_stop_with_a_page_open_is_quiet(browser: Browser, tmp_path: Path) -> None:
    running = Desk(tmp_path).start()
    try:
        page = phone(browser, running)
        press(page, "language:fr")
        assert running.stop() == 0
        assert "Traceback" not in running.log()
        assert "ERROR" not in running.log()
        page.context.close()
    finally:
        running.close()


def test_without_script_the_new_question_is_in_sight(browser: Browser, desk: Desk) -> None:
    page = phone(browser, desk, script=False)
    page.set_viewport_size({"width": 320, "height": 568})
    for number, answer in enumerate(["language:fr", "menu:eligibility", "work:own_account"], 2):
        page.locator(f'#artisan .choices button[value^="{answer}:"]').click()
        expect(told(page)).to_have_count(number)
        expect(told(page).last.locator(".text")).to_be_in_viewport()
    page.context.close()


def test_two_phones_are_two_people(browser: Browser, desk: Desk) -> None:
    one, other = phone(browser, desk), phone(browser, desk)
    press(one, "language:ar")
    press(other, "language:fr")
    expect(one.locator("html")).to_have_attribute("lang", "ar")
    expect(other.locator("html")).to_have_attribute("lang", "fr")
    cookie = one.context.cookies()[0]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    one.context.close()
    other.context.close()


def request(url: str, *, data: bytes | None = None, **headers: str) -> int:
    sent = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(sent, timeout=10) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code


def front(url: str, **headers: str) -> str:
    sent = urllib.request.Request(url, None, {name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(sent, timeout=10) as answer:
        body: bytes = answer.read()
    return body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "desk.example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"X_Forwarded_For": "10.0.0.1"},
        {"Forwarded": "for=10.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X_Forwarded_Host": "desk.example.org"},
    ],
)
def test_the_demonstration_is_for_this_machine_only(desk: Desk, headers: dict[str, Any]) -> None:
    assert "phones.js" not in front(desk.url, **headers)
    assert request(desk.url + "/events", **headers) == 403
    assert request(desk.url + "/say", data=b"{}", Origin=desk.url, **headers) == 403
    assert request(desk.url + "/metrics", **headers) == 403


@pytest.mark.parametrize("origin", [None, "null", "http://example.org", "https://127.0.0.1", "http://localhost:1"])
def test_a_post_comes_from_our_own_page(desk: Desk, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    assert (
        request(
            desk.url + "/say",
            data=b'{"phone":"artisan","id":"12345678","text":"x"}',
            Content_Type="application/json",
            **headers,
        )
        == 403
    )
    assert request(desk.url + "/forget", data=b"", **headers) == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"phone":"artisan","id":"x","text":"x"}',
        b'{"phone":"artisan","id":"12345678"}',
        b'{"phone":"artisan","id":"12345678","text":1}',
        b'{"phone":"x","id":"12345678","text":"x"}',
        b'{"phone":"artisan","id":"12345678","text":" "}',
        b"[" * 10_000,
        b'{"phone":"artisan","id":"12345678","text":"\xff"}',
    ],
)
def test_a_post_that_says_nothing(desk: Desk, body: bytes) -> None:
    cookie = "phone_artisan=" + "a" * 48
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        found = request(desk.url + "/say", data=body, Origin=desk.url, Cookie=cookie, Content_Type=kind)
        assert found == 400, kind
    assert request(desk.url + "/say", data=body, Origin=desk.url, Content_Type="application/json") == 403
    long = request(desk.url + "/say", data=b"x" * 30_000, Origin=desk.url, Cookie=cookie)
    assert long == 413


def test_health(desk: Desk) -> None:
    assert request(desk.url + "/healthz") == 200
    assert request(desk.url + "/readyz") == 200
    assert "hirfa_deliveries" in front(desk.url + "/metrics")
    assert request(desk.url + "/nothing") == 404


def test_a_deployed_desk_shows_a_welcome(browser: Browser, tmp_path: Path) -> None:
    running = Desk(tmp_path, PUBLIC_URL="https://desk.example.org").start()
    try:
        page = phone(browser, running)
        expect(page.locator("h1").first).to_be_visible()
        assert page.locator(".messages").count() == 0
        shot(page, "deployed-welcome")
        assert request(running.url + "/say", data=b"{}", Origin=running.url) == 404
        assert request(running.url + "/telegram/webhook", data=b"{}") == 404
        page.context.close()
    finally:
        running.close()


SESSION = {
    "ar": ["1", "1", "قاعة الغرفة", "Salle de la chambre", "28.98696,-10.05738", "غدا", "10", "1", "1", "40"],
    "fr": [
        "1",
        "1",
        "قاعة الغرفة",
        "Salle de la chambre",
        "28.98696,-10.05738",
        "demain",
        "15h30",
        "1",
        "1",
        "40",
    ],
}


def wide(browser: Browser, desk: Desk) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(desk.url)
    return page


def rings(page: Page, name: str, words: str, seconds: float = 15) -> None:
    """Something came that was not asked for."""
    expect(told(page, name).filter(has_text=words).last).to_be_visible(timeout=seconds * 1000)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_what_the_clerk_announces_rings_on_the_other_phone(browser: Browser, tmp_path: Path, language: str) -> None:
    running = Desk(tmp_path).start()
    try:
        page = wide(browser, running)
        for name in ("artisan", "clerk"):
            press(page, f"language:{language}", name)
        shot(page, f"both-{language}-1-menus")
        press(page, "menu:sessions")
        press(page, "province:guelmim")
        press(page, "nothing:subscribe")
        for said in ("1", "2", "1"):
            say(page, said)
        press(page, "menu:plan", "clerk")
        for said in SESSION[language]:
            say(page, said, "clerk")
        shot(page, f"both-{language}-2-planned")
        before = told(page, "clerk").count()
        page.locator('#clerk .choices button[value^="ready:announce:"]').click()
        expect(told(page, "clerk")).to_have_count(before + 3)  # the count to type, and both previews
        page.fill("#text-clerk", "1")
        page.locator("#clerk .send").click()
        rings(page, "clerk", {"ar": "إلى شخص واحد", "fr": "1 personne dans"}[language])
        rings(page, "artisan", {"ar": "لقاء جديد", "fr": "Nouvelle rencontre"}[language])
        rings(page, "clerk", {"ar": "المجموع: 1 من 1", "fr": "total : 1 sur 1"}[language])
        press(page, "attend:yes")
        expect(told(page).last.locator("a").first).to_have_attribute("href", re.compile(r"/calendar/(ar|fr)/1\.ics$"))
        shot(page, f"both-{language}-3-rings")
        with urllib.request.urlopen(f"{running.url}/calendar/{language}/1.ics") as answer:
            file = answer.read().decode()
        assert "BEGIN:VEVENT" in file
        assert "DTSTART:" in file
        say(page, {"ar": "رسالة إلى الصناع", "fr": "/broadcast"}[language], "clerk")
        for said in ("القاعة قرب السوق. مرحبا.", "La salle est près du souk. Bienvenue.", "1", "3", "1", "1"):
            say(page, said, "clerk")
        before = told(page, "clerk").count()
        page.locator('#clerk .choices button[value^="ready:preview:"]').click()
        expect(told(page, "clerk")).to_have_count(before + 3)  # the count to type, and both previews
        page.fill("#text-clerk", "1")
        page.locator("#clerk .send").click()
        rings(page, "clerk", {"ar": "إلى شخص واحد", "fr": "1 personne dans"}[language])
        rings(page, "artisan", {"ar": "القاعة قرب السوق", "fr": "La salle est près du souk"}[language], 20)
        rings(page, "clerk", {"ar": "حصيلة الرسالة", "fr": "Bilan du message"}[language], 20)
        say(page, {"ar": "موظف", "fr": "personne"}[language])
        rings(page, "clerk", {"ar": "طلب رقم 1", "fr": "Demande n° 1"}[language])
        press(page, "answer:open", "clerk")
        say(page, {"ar": "مرحبا. نجيبك غدا.", "fr": "Bonjour. Réponse demain."}[language], "clerk")
        rings(page, "artisan", {"ar": "جواب الغرفة", "fr": "Réponse de la chambre"}[language])
        shot(page, f"both-{language}-4-answered")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.context.close()
    finally:
        running.close()
    assert "Traceback" not in running.log()
