"""The whole life of a file in both languages, as its person reads it: a transcript for a clerk to sign."""

import re

import pytest

from handlers.terminal.play import drawn
from services.people import id_card_links
from services.people.nudges import nudge_drafts
from services.privacy.erasure import erase_due
from tests.counters import Counter, Person, counter
from tests.recorded import compare
from tests.usual import PARENT, said

TOKEN = re.compile(r"/f/([A-Za-z0-9_-]+)")
REFERENCE = re.compile(r"\b\d{3}\u00a0\d{3}\u00a0\d{3}\b")
SAID = {
    "ar": ("زربية", "فاطمة الوافي", "مزدادة في 25 دجنبر 1990", "جوج", "كلميم", "محو معلوماتي"),
    "fr": ("potier", "Fatima El Ouafi", "né le 12/03/1990", "deux", "Guelmim", "effacer mes données"),
}


class Life:
    """What both sides said; what differs from day to day is written the same."""

    def __init__(self, desk: Counter, person: Person) -> None:
        self.desk, self.person = desk, person
        self.lines: list[str] = []

    def does(self, *what: str) -> None:
        for each in what:
            head, _, option = each.partition(":")
            is_button = bool(option) and head.isidentifier() and head.isascii()
            label = self._label(each) if is_button else each
            self.person.presses(each) if is_button else self.person.says(each)
            self.reads(label)

    def _label(self, data: str) -> str:
        said = self.person.spoken
        return next((f"[{b.label}]" for b in (*said.options, *said.exits) if b.data.startswith(data + ":")), data)

    def reads(self, said: str) -> None:
        words = REFERENCE.sub("123\u00a0456\u00a0789", TOKEN.sub("/f/…", drawn(self.person.spoken)))
        media = [media.kind for media in self.person.spoken.media]
        self.lines += [f"──── {said}", "", words, *([f"({', '.join(media)})"] if media else []), ""]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_from_consent_to_receipt(sqlite_url: str, language: str) -> None:
    trade, name, born, two, commune, erase = SAID[language]
    with counter(sqlite_url) as desk:
        life = Life(desk, desk.person("whatsapp", 3))
        life.does(
            "salam",
            f"language:{language}",
            "menu:register",
            "consent:more",
            "consent:yes",
            "whom:parent",
            name,
        )
        life.does("sex:female", born, *(["sure:yes"] if language == "fr" else []), "M0hamed")
        desk.sends()
        desk.hands.move(days=1)
        assert desk.run(nudge_drafts) == 1
        life.reads("(a day later)")
        life.does("word:finish", "phone:mine", trade)
        life.does(life.person.options[0])
        other = {
            "has_diploma": "has_diploma:yes",
            "commune": commune,
            "workplace": "workplace:home",
            "tax_status": "tax_status:none",
            "nia": "NIA 77",
            "spouse": "spouse:yes",
            "children": two,
            "disabled": "0",
        }
        life.does(*said(PARENT, other, after="trade"))
        life.does("check:edit", "edit:workplace", "workplace:market", "check:confirm")
        token = TOKEN.search(life.person.text)
        assert token is not None
        _, read = desk.run(id_card_links.read_number, token[1], "AB123456")
        desk.run(id_card_links.give_number, token[1], read.again)
        life.reads("(the page: AB123456)")
        life.does({"ar": "ملفي", "fr": "mon dossier"}[language])
        life.does(
            life.person.options[0],
            "shown:card",
            "shown:download",
            "AB123456",
            "shown:stops",
            "which:sessions",
        )
        life.does(erase, "what:everything", "sure_erase:erase", erase, "leaving:stay", erase)
        life.does("what:everything", "sure_erase:erase")
        desk.sends()
        desk.hands.move(hours=49)
        desk.run(erase_due)
        life.reads("(two days later)")
        compare(f"file.{language}", "\n".join(life.lines))
