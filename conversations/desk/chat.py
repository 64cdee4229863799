"""A contact's side of the desk: language, open form, other drafts, whether a person answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conversations.values import HOME, State

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Form:
    """A form being filled: its short name (`draft`, carried by its buttons) and its state.

    `touched`: the day it was last filled in. `asleep`: that is so long ago that its person must be known
    again; `tries`: wrong proofs of the day `tried`.
    """

    draft: str
    state: State
    asleep: bool = False
    tries: int = 0
    touched: str = ""
    tried: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """What the desk remembers of a conversation. `open` is the flow whose form is on the counter.

    Forms stand under their flow; one set aside while another of its flow is filled, under `<flow>.<draft>`.
    """

    language: str | None = None
    open: str = HOME
    forms: Mapping[str, Form] = field(default_factory=dict)
    begun: int = 0
    with_person: bool = False

    @property
    def form(self) -> Form:
        """The form on the counter."""
        return self.forms[self.open]

    def put(self, state: State) -> "Chat":
        """The open form in a new state."""
        form = replace(self.form, state=state)
        return replace(self, forms={**self.forms, self.open: form})

    def park(self, flow: str) -> "Chat":
        """The form of a flow set aside, so that another may be begun."""
        form = self.forms[flow]
        forms = {each: kept for each, kept in self.forms.items() if each != flow}
        return replace(self, open=HOME, forms={**forms, f"{flow}.{form.draft}": form})

    def unpark(self, flow: str, draft: str) -> "Chat":
        """A form that was set aside, on the counter. KeyError when there is none of that name."""
        form = self.forms[f"{flow}.{draft}"]
        forms = {each: kept for each, kept in self.forms.items() if each != f"{flow}.{draft}"}
        return replace(self, open=flow, forms={**forms, flow: form})

    def all_of(self, flow: str) -> dict[str, Form]:
        """Every form of a flow, by where it stands."""
        return {key: form for key, form in self.forms.items() if key.partition(".")[0] == flow}

    def stamped(self, before: "Chat", day: str) -> "Chat":
        """Each form that was filled in since, with the day."""
        forms = {
            key: form
            if key in before.forms and before.forms[key].state.answers == form.state.answers and form.touched
            else replace(form, touched=day)
            for key, form in self.forms.items()
        }
        return replace(self, forms=forms)

    def drop(self, flow: str) -> "Chat":
        """Without the form of a flow, which came to its end; the menu is on the counter."""
        forms = {each: form for each, form in self.forms.items() if each != flow}
        return replace(self, open=HOME, forms=forms)

    def start(self, state: State) -> "Chat":
        """A new form of a flow on the counter, in place of an earlier one of that flow."""
        begun = self.begun + 1
        form = Form(base36(begun), state)
        forms = {**self.forms, state.flow: form}
        return replace(self, open=state.flow, forms=forms, begun=begun)


def base36(number: int) -> str:
    """A short name: 1, 2, ... 9, a, ... z, 10."""
    name = ""
    while number:
        number, digit = divmod(number, 36)
        name = BASE36[digit] + name
    return name or "0"


def to_json(chat: Chat) -> dict[str, Any]:
    """A Chat as JSON values, a few hundred bytes."""
    return {
        "language": chat.language,
        "open": chat.open,
        "begun": chat.begun,
        "with_person": chat.with_person,
        "forms": {
            flow: {
                "draft": form.draft,
                "version": form.state.version,
                "answers": dict(form.state.answers),
                "now": dict(form.state.now),
                **({"asleep": True, "tries": form.tries, "tried": form.tried} if form.asleep else {}),
                **({"touched": form.touched} if form.touched else {}),
            }
            for flow, form in chat.forms.items()
        },
    }


def from_json(raw: Mapping[str, Any]) -> Chat:
    """A Chat from what `to_json` wrote, in this release or an earlier one."""
    forms = {
        key: Form(
            form["draft"],
            State(key.partition(".")[0], form["version"], form["answers"], form["now"]),
            form.get("asleep", False),
            form.get("tries", 0),
            form.get("touched", ""),
            form.get("tried", ""),
        )
        for key, form in raw["forms"].items()
    }
    return Chat(raw["language"], raw["open"], forms, raw["begun"], raw["with_person"])
