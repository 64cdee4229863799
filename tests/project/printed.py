"""Print the fact-check documents as PDF with an installed Chromium: `make factcheck`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """A PDF beside each document, under var/; 1 when there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("no Chromium: the HTML is written, the PDF is not (Debian: apt install chromium)", file=sys.stderr)
        return 1
    (ROOT / "var").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page()
        for language in ("ar", "fr"):
            page.goto((ROOT / "docs" / f"factcheck.{language}.html").as_uri())
            made = ROOT / "var" / f"factcheck.{language}.pdf"
            page.pdf(path=made, prefer_css_page_size=True)
            print(made.relative_to(ROOT))
        opened.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
