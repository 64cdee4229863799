"""A day told as a clerk can read it: what everybody said and heard, phase by phase."""

import re
from typing import Any

from tests.artisans import Artisan, WhatsAppArtisan
from tests.whole import Whole


class Story:
    """What everybody heard, phase by phase."""

    def __init__(self, whole: Whole, people: dict[str, Any]) -> None:
        self.whole, self.people = whole, people
        self.lines: list[str] = []
        self.seen = dict.fromkeys(people, 0)
        self.answered = {name: len(person.told) for name, person in people.items()}
        self.words = {name: len(person.words) for name, person in people.items()}

    def phase(self, title: str) -> dict[str, int]:
        """Write down what each person heard since the last one; how many messages each."""
        self.whole.settle()
        wall = self.whole.hands.at.strftime("%d/%m/%Y %H:%M")
        self.lines += [f"════ {wall} · {title}", ""]
        heard = {}
        for name, person in self.people.items():
            fresh = person.messages[self.seen[name] :]
            said, place = person.told[self.answered[name] :], self.words[name]
            self.answered[name] += len(said)
            heard[name] = len(fresh)
            for message in fresh:
                if person.has_words(message):
                    self._says(name, said, place)
                    place += 1
                shown = re.sub(r"http://127\.0\.0\.1:[0-9]+", "http://desk", message["text"]) or "(photo)"
                self.lines += [f"──── {name}", "", shown, ""]
            self._says(name, said, place)
            self.seen[name] += len(fresh)
            self.words[name] = place
        return {name: count for name, count in heard.items() if count}

    def _says(self, name: str, said: list[tuple[int, str]], place: int) -> None:
        self.lines += [f"     {name}: {words}\n" for at, words in said if at == place]


def says(person: Artisan | WhatsAppArtisan, *words: str) -> None:
    """Say or press each, and wait for words."""
    for each in words:
        before = len(person.words)
        pressed = ":" in each and " " not in each and not each[0].isdigit() and each[0] != "/"
        person.presses(each) if pressed else person.says(each)
        person.api.wait(lambda before=before: len(person.words) > before)  # type: ignore[misc]


def steady(text: str) -> str:
    """What is drawn by chance is not compared; nor how many of those that left have arrived already."""
    text = re.sub(r"(?<![0-9-])[0-9]{6}(?![0-9])", "482113", re.sub(r"(d-[0-9a-z]+-)[0-9]{4}", r"\g<1>1234", text))
    return LEFT.sub(_left_or_arrived, text)


LEFT = re.compile(
    r"(?:• (?:partis|أُرسلت)\s?: (\d+)\n)?(?:• (?:arrivés|وصلت)\s?: (\d+)\n)?(?=• (?:n'ont|لم|total|المجموع))"
)


def _left_or_arrived(found: re.Match[str]) -> str:
    total = int(found[1] or 0) + int(found[2] or 0)
    return f"• partis ou arrivés : {total}\n" if total else found[0]
