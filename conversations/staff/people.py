"""Invite a colleague; answer a person who asked for one."""

from dataclasses import replace

from conversations.forms.flow import Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Choice, Words
from conversations.roles import ADMIN, ROLES
from conversations.values import State

MENU = Option("menu", leads_to="menu")


def _renamed(state: State) -> State:
    """What version 1 called a clerk is a broadcaster."""
    answers = {key: "broadcaster" if value == "clerk" else value for key, value in state.answers.items()}
    return replace(state, version=2, answers=answers)


INVITE = Flow(
    id="invite",
    version=2,
    role=ADMIN,
    steps=(Step("role", Choice(), tuple(Option(role) for role in ROLES)),),
    outcomes=(Outcome("made", when=always, options=(MENU,), deed="invite"),),
    keeps=(),
    lifts={1: _renamed},
)

ANSWER = Flow(
    id="answer",
    version=1,
    role=ADMIN,
    given=("request",),
    steps=(Step("words", Words(1000)),),
    outcomes=(Outcome("said", when=always, options=(MENU,), deed="answer"),),
    keeps=(),
)
