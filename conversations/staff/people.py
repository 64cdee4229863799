"""Invite a colleague; answer a person who asked for one."""

from dataclasses import replace

from conversations.forms.flow import TO_MENU, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Choice, Words
from conversations.roles import Role
from conversations.values import State


def _renamed(state: State) -> State:
    """What version 1 called a clerk is a broadcaster."""
    answers = {key: "broadcaster" if value == "clerk" else value for key, value in state.answers.items()}
    return replace(state, version=2, answers=answers)


INVITE = Flow(
    id="invite",
    version=2,
    command=Command("invite", "invite", 80),
    role=Role.ADMIN,
    steps=(Step("role", Choice(), tuple(Option(role) for role in Role)),),
    outcomes=(Outcome("made", when=always, options=(TO_MENU,), operation="invite"),),
    keeps=(),
    lifts={1: _renamed},
)

ANSWER = Flow(
    id="answer",
    version=1,
    role=Role.ADMIN,
    given=("request",),
    steps=(Step("words", Words(1000)),),
    outcomes=(Outcome("said", when=always, options=(TO_MENU,), operation="answer"),),
    keeps=(),
)
