"""The page of the demonstration in a real Chromium: open, press, write, look."""

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.running import Desk

ROOT = Path(__file__).parent.parent.parent


SHOTS = ROOT / "var" / "screenshots"


PHONE = {"width": 390, "height": 844}


def phone(browser: Browser, desk: Desk, *, script: bool = True) -> Page:
    context = browser.new_context(viewport=PHONE, java_script_enabled=script)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(desk.url)
    return page


def told(page: Page, name: str = "artisan") -> Locator:
    """What the desk said on a phone."""
    return page.locator(f"#{name} .from-desk")


def press(page: Page, data: str, name: str = "artisan") -> None:
    before = told(page, name).count()
    page.locator(f'#{name} .choices button[value^="{data}:"]').last.click()
    expect(told(page, name)).to_have_count(before + 1)


def say(page: Page, words: str, name: str = "artisan") -> None:
    before = told(page, name).count()
    page.fill(f"#text-{name}", words)
    page.locator(f"#{name} .send").click()
    expect(told(page, name)).to_have_count(before + 1)


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
