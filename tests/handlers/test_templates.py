"""`bot.py templates`: made at Twilio, handed in, listed; the line for the settings names what is approved."""

from pathlib import Path

from app.templates import show
from settings import Settings
from tests.fakes.twilio import ACCOUNT, TOKEN, Twilio


def test_made_handed_in_and_listed(tmp_path: Path) -> None:
    twilio = Twilio(tmp_path)
    settings = Settings(twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN, twilio_api_url=twilio.url)
    try:
        lines: list[str] = []
        assert show(settings, False, lines.append) == 0
        assert "announce.ar: not at Twilio" in lines[0]
        assert lines[-1] == "No template is approved yet."
        assert show(settings, True, lambda line: None) == 0
        assert len(twilio.contents) == 20
        assert set(twilio.approvals.values()) == {"received"}
        assert twilio.broken_rules == []
        (approved,) = (sid for sid, each in twilio.contents.items() if each["friendly_name"] == "hirfa_announce_ar")
        twilio.approvals[approved] = "approved"
        for each in twilio.contents.values():
            words = each["types"]["twilio/text"]["body"]
            assert all(f"{{{{{number}}}}}" in words for number in each["variables"]), words
        again: list[str] = []
        assert show(settings, True, again.append) == 0
        assert len(twilio.contents) == 20  # nothing twice
        assert again[-1] == f"TWILIO_TEMPLATES=announce.ar={approved}"
        used = settings.model_copy(update={"twilio_templates": f"announce.ar={approved} remind.fr=HXgone"})
        seen: list[str] = []
        show(used, False, seen.append)
        assert f"announce.ar: {approved} approved, in use" in seen
        assert any("the setting names HXgone" in line for line in seen)
        wrong = settings.model_copy(update={"twilio_auth_token": "wrong"})
        assert show(wrong, False, seen.append) == 1
    finally:
        twilio.close()
