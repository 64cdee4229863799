"""`bot.py setup`: each answer is checked where it can be, nothing is written before the end, `.env` is its owner's alone."""

from pathlib import Path

import pytest

from app.setup import _filled, _quoted
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import ACCOUNT, Twilio
from tests.fakes.twilio import TOKEN as AUTH
from tests.proof.installation import bot
from tests.running import Desk, free_port


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_a_desk_is_set_up_and_answers(tmp_path: Path, language: str) -> None:
    api, twilio = BotApi(tmp_path), Twilio(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    url = f"http://127.0.0.1:{free_port()}"
    world = {"TELEGRAM_API_URL": api.url, "TWILIO_API_URL": twilio.url, "DATA_KEY": ""}
    answers = ("not a token", "42:only-for-tests", url, ACCOUNT, "wrong", AUTH, "+212500000000", "", "0528 87 00 00")
    try:
        said = bot(home, "setup", "--lang", language, given="\n".join(answers) + "\n", **world)
        assert said.returncode == 0, said.stdout + said.stderr
        file = home / ".env"
        assert file.stat().st_mode & 0o777 == 0o600
        written = dict(
            line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#")
        )
        assert written["TELEGRAM_TOKEN"] == "42:only-for-tests"
        assert written["TELEGRAM_MODE"] == "webhook"
        assert written["TWILIO_AUTH_TOKEN"] == AUTH
        assert written["CHAMBER_PHONE"] == "'0528 87 00 00'"
        assert len(written["DATA_KEY"]) == 64
        assert api.webhook is not None
        assert api.webhook[0] == f"{url}/telegram/webhook"
        assert set(api.descriptions) == {(form, code) for form in ("long", "short") for code in ("", "ar", "fr")}
        assert len(twilio.contents) == 20  # the templates are handed in
        assert f"{url}/twilio/whatsapp#rc=5&rp=all" in said.stdout
        assert AUTH not in said.stdout
        assert written["DATA_KEY"] not in said.stdout
        desk = Desk(home, TELEGRAM_API_URL=api.url, TWILIO_API_URL=twilio.url)
        try:
            desk.start()
            assert desk.stop() == 0
        finally:
            desk.close()
        again = bot(home, "setup", given="\n" * 12, **world)  # everything kept by Enter
        assert again.returncode == 0, again.stdout + again.stderr
        kept = dict(line.split("=", 1) for line in file.read_text().splitlines() if line and not line.startswith("#"))
        assert kept["DATA_KEY"] == written["DATA_KEY"]
        assert kept["TELEGRAM_TOKEN"] == written["TELEGRAM_TOKEN"]
        assert len(list(home.glob(".env.before-*"))) == 1
    finally:
        api.close()
        twilio.close()


def test_what_is_refused_three_times_writes_nothing(tmp_path: Path) -> None:
    said = bot(tmp_path, "setup", "--lang", "en", given="x\ny\nz\n")
    assert said.returncode == 1
    assert not (tmp_path / ".env").exists()


def test_a_line_takes_the_place_of_its_own() -> None:
    lines = ["# PORT=8080", "# comment", "DATA_KEY=old"]
    assert list(_filled(lines, {"PORT": "1", "DATA_KEY": "new", "X": "a b"})) == [
        "PORT=1",
        "# comment",
        "DATA_KEY=new",
        "X='a b'",
    ]
    assert _quoted("plain") == "plain"
