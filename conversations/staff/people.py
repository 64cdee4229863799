"""Invite a colleague; answer a person who asked for one."""

from conversations.flow import Flow, Option, Outcome, Step, always
from conversations.kinds import Choice, Words
from conversations.roles import ADMIN

MENU = Option("menu", leads_to="menu")

INVITE = Flow(
    id="invite",
    version=1,
    role=ADMIN,
    steps=(Step("role", Choice(), (Option("clerk"), Option("admin"))),),
    outcomes=(Outcome("made", when=always, options=(MENU,), deed="invite"),),
    keeps=(),
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
