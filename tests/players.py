"""A person at the desk, for tests: says, presses, and reads what the desk answers. No database."""

import re

from conversations.context import TurnContext
from conversations.desk import router as mind
from conversations.desk.chat import Chat, from_json, to_json
from conversations.desk.effects import KeepOutcome
from conversations.desk.open_forms import Decision
from conversations.flows import FLOWS
from conversations.values import Button, Heard, Spoken
from tests.desks import words, world
from tests.usual import ELIGIBILITY, values

ADDRESS = re.compile(r"\b(desk|answer|word|welcome|resume|eligibility)\.[a-z_]+")


class Player:
    """A conversation; every step goes through JSON, as if the desk had restarted."""

    def __init__(self, language: str | None = None, at: TurnContext | None = None) -> None:
        self.context = at or world()
        self.chat = Chat()
        self.decision: Decision
        self.says("/start")
        if language:
            self.presses(f"language:{language}")

    def hears(self, heard: Heard) -> Spoken:
        before = from_json(to_json(self.chat))
        self.decision = mind.decide(before, heard, self.context, FLOWS)
        self.chat = self.decision.chat
        return self.spoken

    def says(self, text: str) -> Spoken:
        return self.hears(Heard(text))

    def presses(self, data: str, draft: str | None = None) -> Spoken:
        """`step:option`, with the open form's draft unless told otherwise."""
        step, option = data.split(":")
        return self.hears(Heard(option, step=step, draft=self.chat.form.draft if draft is None else draft))

    def sends(self, media: str) -> Spoken:
        return self.hears(Heard(media=media))

    @property
    def spoken(self) -> Spoken:
        exits = mind.exits(self.chat, self.context, FLOWS)
        draft = self.chat.form.draft
        said = words().speak(self.decision.replies, self.chat.language, draft, exits)
        for words_said in (said.text, *(b.label for b in (*said.options, *said.exits))):
            assert not ADDRESS.search(words_said), words_said
        return said

    @property
    def options(self) -> list[str]:
        """What may be pressed now, as `step:option`."""
        return [button.data.rpartition(":")[0] for button in self.spoken.options]

    @property
    def step(self) -> str:
        """The question that is open, by its first option."""
        return self.options[0].partition(":")[0] if self.options else ""

    @property
    def answers(self) -> dict[str, object]:
        return dict(self.chat.form.state.answers)

    def walk(self, answers: dict[str, object]) -> Spoken:
        """Answer every question asked with the answers given, by its step."""
        for _ in range(30):
            step = self.step
            if step in ("result", "no_work", "menu", "draft"):
                return self.spoken
            value = answers[step]
            known = f"{step}:{value}" in self.options
            self.presses(f"{step}:{value}") if known else self.says(str(value))
            if self.step == "sure":
                self.presses("sure:yes")
            elif self.step == step:
                assert f"{step}:" in self.options[0], self.spoken.text
                if self.options[0] != f"{step}:{answers[step]}" and step == "trade":
                    self.presses(self.options[0])
        raise AssertionError("no outcome after 30 messages")


def button(spoken: Spoken, label: str) -> Button:
    """The button with a label."""
    return next(b for b in (*spoken.options, *spoken.exits) if label in b.label)


POTTER = values(ELIGIBILITY)


def at(step: str, language: str = "ar") -> Player:
    """A potter on her way, standing at a step."""
    player = Player(language)
    player.presses("menu:eligibility")
    for name, value in POTTER.items():
        if name == step:
            break
        known = f"{name}:{value}" in player.options
        if known or name == "trade":
            player.presses(f"{name}:{value}")
        else:
            player.says(str(value))
    assert player.step == step
    return player


def finished(language: str = "ar") -> Player:
    player = at("rsu_score", language)
    player.presses("rsu_score:unsure")
    assert KeepOutcome("eligibility", "result") in player.decision.effects
    return player
