"""Random walks through pre-registration, the desk restarted at each message: no invalid file, no answer lost."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.desk.after_operation import after_operation
from conversations.desk.chat import from_json, to_json
from conversations.desk.router import decide
from conversations.flows import FLOWS
from conversations.forms.flow import locate
from conversations.forms.kinds.birth import age
from conversations.register.flow import FLOW
from conversations.values import Heard, OperationResult, Say
from tests.desks import TODAY, world
from tests.players import Player
from tests.usual import PARENT

SOURCES = world().sources
WORDS = st.sampled_from([
    "Fatima Essai", "محمد بن عبد الله", "M0hamed", "x", "25/12/1990", "12/03/1990", "1990", "31/02/1990", "demain",
    "0612345678", "061234567", "potier", "زربية", "7", "90", "١٢", "Guelmim", "كلميم", "28.98696,-10.05738",
    "0.5,0.5", "oui", "non", "waxa", "2", "0", "3 enfants", "999999999", "123456789", "NIA-77", "AB123456", "?",
    "retour", "menu", "français", "العربية", "répéter", "9", "1", "=1+1", "\u202e", "a" * 300,
])  # fmt: skip
STEPS = st.one_of(st.integers(0, 30), WORDS, st.sampled_from(["back", "finish", "edit", "sticker"]))


def valid(answers: dict[str, Any]) -> None:
    """What a file must be, said apart from the form."""
    assert answers["consent"] == "yes"
    assert answers["whom"] in {"me", "spouse", "parent", "child", "other"}
    assert 2 <= len(answers["name"]) <= 100
    assert not any(map(str.isdigit, answers["name"]))
    assert answers["sex"] in {"female", "male"}
    assert 15 <= age(answers["birth"], TODAY) <= 110
    if len(answers["birth"]) > 4:
        assert date.fromisoformat(answers["birth"]) < TODAY
    assert answers["phone"] == "none" or (answers["phone"][0] == "+" and answers["phone"][1:].isdigit())
    assert answers["trade"] == "other" or SOURCES["trades"].offers(answers["trade"])
    assert SOURCES["communes"].offers(answers["commune"])
    years = answers["practice_years"]
    assert years == "unsure" or 0 <= years <= age(answers["birth"], TODAY)
    assert ("has_diploma" in answers) == (years == "unsure" or years < 3)
    assert (answers["in_rna"] == "yes") == ("nia" in answers)
    assert ("cnss_number" in answers) == (answers["cover"] in {"tns", "employee", "pensioner", "tadamon", "achamil"})
    assert 0 <= answers["children"] <= 20
    grown = answers.get("other_children", "none")
    assert ("students" in answers) == (grown in {"students", "both"})
    assert ("disabled" in answers) == (grown in {"disabled", "both"})
    assert answers["spouse"] in {"yes", "no"}


class Walk:
    """A person who answers as the data says, remembered apart from the desk."""

    def __init__(self) -> None:
        self.player = Player("fr")
        self.player.presses("menu:register")
        self.submitted = 0

    @property
    def answers(self) -> dict[str, Any]:
        form = self.player.chat.forms.get("register")
        return dict(form.state.answers) if form else {}

    def place(self) -> tuple[str, dict[str, Any]]:
        state = self.player.chat.forms["register"].state
        found = locate(FLOW, state, self.player.context)
        return found.at.id, dict(found.case.answers)

    def step(self, what: int | str) -> None:
        before, was_open = self.answers, self.player.chat.open
        editing = self.player.chat.form.state.now
        self.player.chat = from_json(to_json(self.player.chat))  # the desk was restarted
        if isinstance(what, int):
            options = self.player.options
            if not options:
                return
            self.press(options[what % len(options)])
        elif what == "sticker":
            self.heard(Heard(media="sticker"))
        elif what in ("back", "finish"):
            self.heard(Heard(what, step="word", draft=self.player.chat.form.draft))
        elif what == "edit":
            self.heard(Heard("edit", step="check", draft=self.player.chat.form.draft))
        else:
            self.heard(Heard(what))
        self._judge(before, was_open, dict(editing))
        self.served()

    def served(self) -> None:
        """A service did what was asked: the conversation goes on as it would."""
        operation, player = self.player.decision.operation, self.player
        if operation is not None and operation.name == "card_typed":
            done = OperationResult((Say("desk.card.typed"),), stays=True)
            player.decision = after_operation(player.chat, operation, done, player.context, FLOWS)
            player.chat = player.decision.chat
        elif operation is not None:
            done = OperationResult((Say("register.corrected"),))
            player.decision = after_operation(player.chat, operation, done, player.context, FLOWS)
            player.chat = player.decision.chat

    def heard(self, heard: Heard) -> None:
        self.player.decision = decide(self.player.chat, heard, self.player.context, FLOWS)
        self.player.chat = self.player.decision.chat

    def press(self, data: str) -> None:
        step, option = data.split(":")
        draft = self.player.chat.form.draft
        self.heard(Heard(option, step=step, draft=draft))

    def _judge(self, before: dict[str, Any], was_open: str, now: dict[str, Any]) -> None:
        operation = self.player.decision.operation
        if operation is not None and operation.name == "register":
            place, told = self.place()
            assert place == "check"
            valid(dict(operation.answers))
            assert dict(operation.answers) == told
            self.submitted += 1
        if "register" not in self.player.chat.forms:
            return
        after = self.answers
        forgotten = {key for key in before if key not in after}
        # one answer at most is forgotten a message: by back, or to be asked again for a correction
        assert len(forgotten) <= 1 or not after or self.player.decision.taken
        changed = {key for key in before if key in after and after[key] != before[key]}
        assert len(changed) <= 1


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=5, max_size=60))
def test_no_invalid_file_and_no_answer_lost(steps: list[int | str]) -> None:
    walk = Walk()
    for step in steps:
        walk.step(step)


GOOD = {each.step: each.said for each in PARENT}


def answered_right(player: Player, place: str) -> None:
    for each in GOOD[place]:
        player.presses(each) if ":" in each else player.says(each)
    if "sure:yes" in player.options:
        player.presses("sure:yes")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(WORDS, st.sampled_from(["back", "sticker"])), max_size=12),
    st.randoms(use_true_random=False),
)
def test_whatever_happens_on_the_way_the_right_file_is_submitted(noise: list[str], random: Any) -> None:
    """Between two right answers anything may be said; the file is the one that was meant."""
    walk = Walk()
    for _ in range(200):
        walk.served() if walk.player.decision.operation else None
        player = walk.player
        if player.chat.open == "welcome" and player.chat.language != "fr":
            player.presses("language:fr") if "language:fr" in player.options else player.says("français")
        if player.chat.open != "register":
            player.hears(Heard("finish", step="word", draft=player.chat.form.draft))
            continue
        if "sure:yes" in player.options:
            player.presses("sure:no")
            continue
        place, _ = walk.place()
        if place == "check":
            if noise:
                walk.step(noise.pop())
                continue
            player.says("menu")
            player.hears(Heard("finish", step="word", draft=player.chat.form.draft))
            walk.press("check:confirm")
            break
        if noise and random.random() < 0.4:
            walk.step(noise.pop())
            continue
        if place == "refused":
            player.hears(Heard("back", step="word", draft=player.chat.form.draft))
            continue
        answered_right(player, place)
    operation = walk.player.decision.operation
    assert operation is not None
    assert operation.name == "register"
    valid(dict(operation.answers))
    assert FLOWS["register"].version == 2
    assert replace(operation, answers={}).flow == "register"
