"""One meeting's life on both channels, the clock moved through it, told as a clerk can read it.

Who is there: the admin and an artisan on Telegram in French, one in Arabic; three on WhatsApp; one
in another province; one who says stop. Each must hear exactly what concerns her.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.artisans import Artisan, WhatsAppArtisan
from tests.recorded import compare
from tests.stories import Story, says, steady
from tests.whole import INVITE, Whole, subscribed

PIN = "(the place, from the phone)"
TEMPLATES = "announce.ar=HXannounce remind.ar=HXremind moved.ar=HXmoved cancelled.ar=HXcancelled thanks.ar=HXthanks"
FIRST = [
    "1", "1", "قاعة الغرفة، كلميم", "Salle de la chambre, Guelmim", PIN, "31/11/2026", "22/11/2026", "27/11/2026",
    "25:00", "12", "1", "more:yes", "ممثل الصندوق", "un agent de la CNSS", "spoken:ar", "tissage", "1", "2",
]  # fmt: skip
SECOND = ["1", "1", "دار الشباب", "Maison des jeunes", "1", "4/12/2026", "15h30", "1", "more:no", "sans limite"]


def code_of(person: Artisan | WhatsAppArtisan) -> str:
    """The code she was given for the door, the last one."""
    codes: list[str] = re.findall(r"(?<![0-9/-])([0-9]{6})(?![0-9])", "\n".join(person.texts))
    return codes[-1]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_meeting_from_its_plan_to_its_end(database_url: str, tmp_path: Path, language: str) -> None:
    with Whole(tmp_path, database_url, TEMPLATES) as whole:
        clerk = whole.artisan(5001)
        people: dict[str, Any] = {
            "clerk": clerk,
            "Telegram fr": whole.artisan(1001),
            "Telegram ar": whole.artisan(1002),
            "WhatsApp ar": whole.number("+212600000101"),
            "WhatsApp fr": whole.number("+212600000102"),
            "WhatsApp ar, says stop": whole.number("+212600000103"),
            "Telegram fr, elsewhere": whole.artisan(1003),
        }
        for name, person in people.items():
            if name != "clerk":
                subscribed(person, name.split()[1].strip(","), "3" if "elsewhere" in name else "1")
        says(clerk, f"/start j-{INVITE}", {"ar": "1", "fr": "2"}[language], "/session")
        story = Story(whole, people)
        story.seen = {name: len(person.texts) for name, person in people.items()}

        for said in FIRST:
            if said == PIN:
                before = len(clerk.words)
                clerk.told.append((len(clerk.words), PIN))
                clerk.sends(location={"latitude": 28.98696, "longitude": -10.05738})
                clerk.api.wait(lambda before=before: len(clerk.words) > before)  # type: ignore[misc]
            else:
                says(clerk, said)
        says(clerk, "ready:later")
        story.phase("the clerk plans a meeting, on a Friday at noon, and keeps it to herself")
        whole.look()
        assert story.phase("nobody is told of what is put aside") == {}
        says(clerk, "/sessions", "1", "what:moment", "jeudi 26 novembre", "10h", "ready:move")
        says(clerk, "/sessions", "1", "what:announce", "ready:publish")
        whole.settle()
        says(clerk, "5")
        story.phase("another day, then announced: the count is typed")
        whole.hands.move(seconds=61)
        whole.look()
        told = dict.fromkeys([name for name in people if name != "clerk" and "elsewhere" not in name], 1)
        assert story.phase("announced to those concerned") == {"clerk": 1, **told}

        says(people["Telegram fr"], "attend:yes")
        says(people["WhatsApp ar"], "سأحضر")
        says(people["WhatsApp fr"], "je viens")
        says(people["WhatsApp fr"], "liste d'attente")
        says(people["Telegram ar"], "attend:next")
        says(people["WhatsApp ar, says stop"], "توقف")
        story.phase("answered: two places, one waits, one wants the next, one says stop")

        says(clerk, "/session", *SECOND, "ready:announce")
        whole.settle()
        says(clerk, "4")
        whole.hands.move(seconds=61)
        whole.look()
        story.phase("another meeting, a week later")

        says(people["Telegram fr"], "attend:yes")
        story.phase("she says yes to that one")
        whole.hands.at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
        says(
            clerk,
            "/sessions",
            "1",
            "what:place",
            "القاعة الكبرى، كلميم",
            "Grande salle, Guelmim",
            "1",
            "ready:move",
        )
        whole.settle()
        says(clerk, "4")
        whole.hands.move(seconds=61)
        whole.look()
        placed = story.phase("the first changes its place: told to exactly those who were told of it")
        assert {name for name in placed if name != "clerk"} == set(told) - {"WhatsApp ar, says stop"}
        people["WhatsApp ar"].says("لا أستطيع الحضور")
        story.phase("one cannot: who waits has the place")

        whole.hands.at = datetime(2026, 11, 25, 17, 59, tzinfo=UTC)
        whole.look()
        assert story.phase("too early for the evening's reminder") == {}
        whole.hands.at = datetime(2026, 11, 25, 18, 1, tzinfo=UTC)
        whole.look()
        # who has no template approved in her language is counted to the clerk
        assert story.phase("the evening before") == {"clerk": 1, "Telegram fr": 1}
        whole.hands.at = datetime(2026, 11, 26, 8, 0, 30, tzinfo=UTC)
        whole.look()
        assert story.phase("the same morning") == {"clerk": 1, "Telegram fr": 1}
        whole.look()
        assert story.phase("looked at again: nothing twice") == {}

        whole.hands.at = datetime(2026, 11, 26, 9, 50, tzinfo=UTC)
        says(clerk, "/presences", "1", "code:hall")
        hall = re.findall(r"d-[0-9a-z]+-[0-9]{4}", clerk.words[-1])[0]
        says(people["WhatsApp ar"], hall)
        says(clerk, "/presences", "1", "111", "000000", code_of(people["WhatsApp fr"]), "code:end")
        story.phase("at the door: one by the hall's code, one by her own; one is not there")

        whole.hands.at = datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
        whole.look()
        story.phase("thanks to who was there")
        people["WhatsApp ar"].says("5")
        story.phase("one rating")
        whole.hands.at = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
        whole.look()
        missed = story.phase("who was not seen is told once of the next one nearby")
        assert missed == {"clerk": 1, "Telegram fr": 1}

        whole.hands.at = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
        says(clerk, "/sessions", "1", "annuler", "ready:cancel")
        whole.look()
        at_night = story.phase("the second is called off in the night: nobody is woken")
        assert set(at_night) == {"clerk"}
        whole.hands.at = datetime(2026, 12, 2, 8, 1, tzinfo=UTC)
        whole.look()
        assert "Telegram fr" in story.phase("told in the morning")
        whole.hands.at = datetime(2026, 12, 3, 18, 5, tzinfo=UTC)
        whole.look()
        assert story.phase("no reminder of what is called off") == {}

        assert whole.telegram.broken_rules == []
        assert whole.twilio.broken_rules == []
        compare(f"session.{language}", steady("\n".join(story.lines)))
