"""The page in a real browser: an artisan's phone in Arabic and in French, with and without script."""

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.artisans import POTTER
from tests.running import Desk

ROOT = Path(__file__).parent.parent.parent
SHOTS = ROOT / "var" / "screenshots"
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    running = Desk(tmp_path_factory.mktemp("page")).start()
    try:
        yield running
        assert "Traceback" not in running.log()
    finally:
        running.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield made
        made.close()


def phone(browser: Browser, desk: Desk, *, script: bool = True) -> Page:
    context = browser.new_context(viewport=PHONE, java_script_enabled=script)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(desk.url)
    return page


def messages(page: Page) -> int:
    return page.locator(".from-desk").count()


def press(page: Page, data: str) -> None:
    before = messages(page)
    page.locator(f'.choices button[value^="{data}:"]').click()
    expect(page.locator(".from-desk")).to_have_count(before + 1)


def say(page: Page, words: str) -> None:
    before = messages(page)
    page.fill("#text", words)
    page.press("#text", "Enter")
    expect(page.locator(".from-desk")).to_have_count(before + 1)


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


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
    last = page.locator(".from-desk").last
    expect(last).to_contain_text(re.compile(r"163.(درهم|DH)"))
    shot(page, f"{name}-9-result")
    page.context.close()


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
    said = page.locator("#messages li").all_inner_texts()
    page.reload()
    expect(page.locator(".from-desk")).to_have_count(3)
    again = page.locator("#messages li").all_inner_texts()
    assert [text.split("\n")[0] for text in again] == [text.split("\n")[0] for text in said]
    page.context.close()


def test_the_keyboard_is_enough(browser: Browser, desk: Desk) -> None:
    page = phone(browser, desk)
    page.locator(".choices button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".from-desk")).to_have_count(2)
    page.locator("#text").focus()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator(".from-desk")).to_have_count(3)
    page.context.close()


def test_a_desk_killed_under_the_page_loses_nothing(browser: Browser, tmp_path: Path) -> None:
    running = Desk(tmp_path).start()
    try:
        page = phone(browser, running)
        press(page, "language:fr")
        running.kill()
        expect(page.locator("#offline")).to_be_visible()
        page.fill("#text", "1")
        page.press("#text", "Enter")
        page.wait_for_timeout(7000)  # longer than any patience: what was said is not given up
        running.start()
        expect(page.locator(".from-desk")).to_have_count(3, timeout=10_000)
        expect(page.locator(".from-desk").last).to_contain_text("Comment travaillez-vous")
        expect(page.locator("#offline")).to_be_hidden()
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
        page.locator(f'.choices button[value^="{answer}:"]').click()
        expect(page.locator(".from-desk")).to_have_count(number)
        expect(page.locator(".from-desk").last.locator(".text")).to_be_in_viewport()
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
    sent = urllib.request.Request(
        url, data, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(sent, timeout=10) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code


def front(url: str, **headers: str) -> str:
    sent = urllib.request.Request(
        url, None, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    with urllib.request.urlopen(sent, timeout=10) as answer:
        body: bytes = answer.read()
    return body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "desk.example.org"}, {"Host": "127.0.0.1.example.org"}, {"X_Forwarded_For": "10.0.0.1"},
        {"Forwarded": "for=10.0.0.1"}, {"Via": "1.1 proxy"}, {"X_Forwarded_Host": "desk.example.org"},
    ],
)  # fmt: skip
def test_the_demonstration_is_for_this_machine_only(desk: Desk, headers: dict[str, str]) -> None:
    assert "phone.js" not in front(desk.url, **headers)
    assert request(desk.url + "/events", **headers) == 403
    assert request(desk.url + "/say", data=b"{}", Origin=desk.url, **headers) == 403
    assert request(desk.url + "/metrics", **headers) == 403


@pytest.mark.parametrize(
    "origin", [None, "null", "http://example.org", "https://127.0.0.1", "http://localhost:1"]
)
def test_a_post_comes_from_our_own_page(desk: Desk, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    assert (
        request(
            desk.url + "/say",
            data=b'{"id":"12345678","text":"x"}',
            Content_Type="application/json",
            **headers,
        )
        == 403
    )
    assert request(desk.url + "/forget", data=b"", **headers) == 403


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"id":"x","text":"x"}', b'{"id":"12345678"}', b'{"id":"12345678","text":1}',
     b'{"id":"12345678","text":" "}', b"[" * 10_000, b'{"id":"12345678","text":"\xff"}'],
)  # fmt: skip
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
        assert page.locator("#messages").count() == 0
        shot(page, "deployed-welcome")
        assert request(running.url + "/say", data=b"{}", Origin=running.url) == 404
        assert request(running.url + "/telegram/webhook", data=b"{}") == 404
        page.context.close()
    finally:
        running.close()
