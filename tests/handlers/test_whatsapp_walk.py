"""The whole way on WhatsApp: the same walks as on Telegram end the same; transcripts of how it looks."""

from pathlib import Path

import pytest

from conversations.values import Say
from tests.artisans import POTTER, WEAVER_CPU, WhatsAppArtisan
from tests.desks import words, world
from tests.fakes.twilio import Twilio
from tests.recorded import compare
from tests.running import Desk, whatsapp


def walk(artisan: WhatsAppArtisan, language: str, plan: list[str]) -> str:
    """Hello, a language, eligibility, then each answer; what both sides saw."""
    lines: list[str] = []

    def heard(said: str) -> None:
        message = artisan.hears()
        faces = [payload.rpartition(":")[0] for payload in artisan.payloads]
        lines.extend([f"──── {said}", "", message["text"], *([f"[{' | '.join(faces)}]"] if faces else []), ""])

    artisan.says("salam")
    heard("salam")
    for answer in (f"language:{language}", "menu:eligibility", *plan):
        said = answer
        if ":" not in answer:
            artisan.says(answer)
        elif f"{answer}:" in " ".join(f"{payload.rpartition(':')[0]}:" for payload in artisan.payloads):
            artisan.presses(answer)
            said = f"[{answer}]"
        else:
            said = read_off(artisan.messages[-1]["text"], answer, language)
            artisan.says(said)
        heard(said)
    return "\n".join(lines)


def read_off(text: str, answer: str, language: str) -> str:
    """Where a question has no buttons: the digit of its line, or the words where there is none."""
    step, option = answer.split(":")
    flow = "welcome" if step in ("language", "menu") else "eligibility"
    if step == "trade":
        label = world().sources["trades"].label(option).names[language]
    else:
        label = words().say(Say(f"{flow}.{step}.option.{option}"), language if step != "language" else "ar")
    for line in text.splitlines():
        place, _, said = line.partition(". ")
        if said == label and place.isdigit():
            return place
    assert f"- {label}" in text, (label, text)
    return label


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_an_artisan_reaches_her_result(database_url: str, tmp_path: Path, language: str) -> None:
    api = Twilio(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= whatsapp(api.url, database_url, desk.url)
    api.webhook = f"{desk.url}/twilio/whatsapp"
    try:
        desk.start()
        plan = POTTER if language == "ar" else WEAVER_CPU
        artisan = WhatsAppArtisan(api, "+212600000001" if language == "ar" else "+212600000002")
        told = walk(artisan, language, plan)
        last = artisan.texts[-1].replace("\u00a0", " ")
        if language == "ar":
            assert "أمو العاملين لحسابهم" in last
            assert "163 درهم" in last
        else:
            assert "AMO des indépendants, avec la CPU" in last
            assert "390 DH tous les 3 mois" in last
        compare(f"whatsapp.{language}", told)
        assert api.broken_rules == []
        assert set(api.posted) == {200}
        assert desk.stop() == 0
    finally:
        desk.close()
        api.close()
    assert "ERROR" not in desk.log()
