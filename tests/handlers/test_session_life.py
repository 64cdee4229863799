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
from tests.conversations.test_golden import compare
from tests.whole import INVITE, Whole

TEMPLATES = "announce.ar=HXannounce remind.ar=HXremind moved.ar=HXmoved cancelled.ar=HXcancelled"
PLAN = {
    "ar": [
        "قاعة الغرفة، كلميم",
        "Salle de la chambre, Guelmim",
        "28.98696,-10.05738",
        "26/11/2026",
        "10",
        "standard",
    ],
}


class Story:
    """What everybody heard, phase by phase."""

    def __init__(self, whole: Whole, people: dict[str, Any]) -> None:
        self.whole, self.people = whole, people
        self.lines: list[str] = []
        self.seen = dict.fromkeys(people, 0)

    def phase(self, title: str) -> dict[str, int]:
        """Write down what each person heard since the last one; how many messages each."""
        self.whole.settle()
        wall = self.whole.hands.at.strftime("%d/%m/%Y %H:%M")
        self.lines += [f"════ {wall} · {title}", ""]
        heard = {}
        for name, person in self.people.items():
            texts = person.texts[self.seen[name] :]
            self.seen[name] += len(texts)
            heard[name] = len(texts)
            for text in texts:
                shown = re.sub(r"http://127\.0\.0\.1:[0-9]+", "http://desk", text)
                self.lines += [f"──── {name}", "", shown, ""]
        return {name: count for name, count in heard.items() if count}


def subscribed(person: Artisan | WhatsAppArtisan, language: str, province: str) -> None:
    """Hello, a language, the meetings near her, and the wish to be told of those of the province."""
    for said in (
        "/start",
        {"ar": "1", "fr": "2"}[language],
        {"ar": "اللقاءات", "fr": "rencontres"}[language],
    ):
        person.says(said)
        person.hears()
    for said in (province, "1", "1", "2", "1"):  # the province, tell me, its first commune, all of it, yes
        person.says(said)
        person.hears()
    assert "stop" in person.texts[-1] or "توقف" in person.texts[-1]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_meeting_from_its_plan_to_its_end(database_url: str, tmp_path: Path, language: str) -> None:
    with Whole(tmp_path, database_url, TEMPLATES) as whole:
        clerk = whole.artisan(5001)
        people: dict[str, Any] = {
            "clerk": clerk, "Telegram fr": whole.artisan(1001), "Telegram ar": whole.artisan(1002),
            "WhatsApp ar": whole.number("+212600000101"), "WhatsApp fr": whole.number("+212600000102"),
            "WhatsApp ar, says stop": whole.number("+212600000103"), "Telegram fr, elsewhere": whole.artisan(1003),
        }  # fmt: skip
        for name, person in people.items():
            if name != "clerk":
                subscribed(person, name.split()[1].strip(","), "3" if "elsewhere" in name else "1")
        clerk.says(f"/start j-{INVITE}")
        clerk.hears()
        clerk.says({"ar": "1", "fr": "2"}[language])
        clerk.hears()
        clerk.says("/session")
        clerk.hears()
        story = Story(whole, people)
        story.seen = {name: len(person.texts) for name, person in people.items()}

        for said in ("1", "1", *PLAN["ar"][:2]):
            clerk.says(said)
            clerk.hears()
        clerk.sends(location={"latitude": 28.98696, "longitude": -10.05738})
        clerk.hears()
        for said in ("31/11/2026", "22/11/2026", "26/11/2026", "25:00", "10", "1", "1", "40"):
            clerk.says(said)
            clerk.hears()
        clerk.presses("ready:announce")
        clerk.hears()
        assert story.phase("the clerk plans a meeting") == {"clerk": 14}

        whole.look()
        told = {
            "Telegram fr": 1,
            "Telegram ar": 1,
            "WhatsApp ar": 1,
            "WhatsApp fr": 1,
            "WhatsApp ar, says stop": 1,
        }
        assert story.phase("announced") == {"clerk": 1, **told}

        people["Telegram fr"].presses("attend:yes")
        people["Telegram ar"].presses("attend:no")
        people["WhatsApp ar"].says("سأحضر")
        people["WhatsApp fr"].says("je viens")
        people["WhatsApp ar, says stop"].says("توقف")
        answered = story.phase("answered")
        assert answered == {
            "Telegram fr": 2,
            "Telegram ar": 1,
            "WhatsApp ar": 2,
            "WhatsApp fr": 2,
            "WhatsApp ar, says stop": 1,
        }

        whole.hands.at = datetime(2026, 11, 25, 17, 59, tzinfo=UTC)
        whole.look()
        assert story.phase("too early for the evening's reminder") == {}
        whole.hands.at = datetime(2026, 11, 25, 18, 1, tzinfo=UTC)
        whole.look()
        # three come; the one on WhatsApp in French has no template, and is counted to the clerk
        assert story.phase("the evening before") == {"clerk": 1, "Telegram fr": 1, "WhatsApp ar": 1}
        whole.hands.at = datetime(2026, 11, 26, 8, 0, 30, tzinfo=UTC)
        whole.look()
        assert story.phase("the same morning") == {"clerk": 1, "Telegram fr": 1, "WhatsApp ar": 1}
        whole.look()
        assert story.phase("looked at again: nothing twice") == {}

        clerk.says("/sessions")
        clerk.hears(len(clerk.messages) + 1)
        for said in ("1", "what:moment", "jeudi 3 décembre", "15h30", "ready:move"):
            before = len(clerk.messages)
            clerk.presses(said) if ":" in said else clerk.says(said)
            clerk.hears(before + 1)
        whole.settle()
        whole.look()
        moved = story.phase("moved to another day")
        assert {name: count for name, count in moved.items() if name != "clerk"} == {
            "Telegram fr": 1, "Telegram ar": 1, "WhatsApp ar": 1,
        }  # fmt: skip

        whole.hands.at = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
        before = len(clerk.messages)
        clerk.says("/sessions")
        clerk.hears(before + 1)
        for said in ("1", "what:cancel", "ready:cancel"):
            before = len(clerk.messages)
            clerk.presses(said) if ":" in said else clerk.says(said)
            clerk.hears(before + 1)
        whole.look()
        at_night = story.phase("called off in the night: nobody is woken")
        assert set(at_night) == {"clerk"}
        whole.hands.at = datetime(2026, 12, 2, 8, 1, tzinfo=UTC)
        whole.look()
        cancelled = story.phase("told in the morning")
        assert cancelled == {"clerk": 1, "Telegram fr": 1, "Telegram ar": 1, "WhatsApp ar": 1}
        whole.hands.at = datetime(2026, 12, 2, 18, 5, tzinfo=UTC)
        whole.look()
        assert story.phase("no reminder of what is called off") == {}

        assert whole.telegram.broken_rules == []
        assert whole.twilio.broken_rules == []
        compare(f"session.{language}", "\n".join(story.lines))
