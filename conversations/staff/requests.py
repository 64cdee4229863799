"""Requests for a person: the queue, one of them in full, and what may be done with it."""

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from conversations.context import RequestView, TurnContext
from conversations.forms.flow import (
    TO_MENU,
    Asked,
    Case,
    Command,
    Flow,
    Got,
    Option,
    Outcome,
    Step,
    Unclear,
    Understood,
    always,
)
from conversations.forms.kinds import Choice, Search, Words
from conversations.forms.kinds.medium import SHAPE
from conversations.forms.kinds.words import too_long
from conversations.language.texts import tidy
from conversations.roles import Role
from conversations.values import Lines, Named, Placeholder, Reply, Say

REQUESTS, COLLEAGUES = "requests", "colleagues"
LONGEST_ANSWER_WORDS = 1000
LINES_SHOWN = 20  # of what was written, in the card; all of it behind an option
ANSWER_FILES = ("photo", "voice", "document")
PAPERS = ("cin", "diploma", "practice", "tax", "cnss")


@dataclass(frozen=True, slots=True)
class AsWritten(Words):
    """Whatever is written, as it stands: a number and a single word too."""

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        text = tidy(words)
        if not text:
            return Unclear("empty", own=False)
        return Got(text) if len(text) <= self.longest else too_long(len(text), self.longest)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and 0 < len(value) <= self.longest


@dataclass(frozen=True, slots=True)
class WordsOrFile(AsWritten):
    """The same; or what a channel calls a voice note, a picture or a document, with what was written under it on the
    lines below.
    """

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        return Got(words) if SHAPE.match(words.partition("\n")[0]) else AsWritten.read(self, words, asked)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and (
            SHAPE.match(value.partition("\n")[0]) is not None or AsWritten.holds(self, value, step, context)
        )

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        if SHAPE.match(str(value).partition("\n")[0]):
            return Say(f"desk.beside.{value.partition('.')[0]}")
        return Words.label(self, value, asked)


def _request(case: Case) -> RequestView | None:
    return case.context.lookups.request(str(case.answers.get("request", "")))


def nobody_asks(case: Case) -> bool:
    """Whether nobody asked for a person."""
    return "request" not in case.answers and not case.context.sources[REQUESTS].find("", case.answers, 0)[0]


def may_answer(case: Case) -> bool:
    """Whether it is nobody else's, and not over."""
    found = _request(case)
    return found is not None and not found.own and found.state != "closed" and (found.mine or not found.claimed)


def unclaimed(case: Case) -> bool:
    """Whether nobody has it in hand."""
    found = _request(case)
    return found is not None and may_answer(case) and not found.claimed


def at_a_question(case: Case) -> bool:
    """Whether she stood at a question that may be answered in her place."""
    found = _request(case)
    return found is not None and may_answer(case) and found.question is not None


def asked_by_another(case: Case) -> bool:
    """Whether somebody else asked."""
    found = _request(case)
    return found is not None and not found.own and found.state != "closed"


def request_in_full(case: Case) -> Reply:
    """Who asks, since when, who has it in hand, and all that was written."""
    found = _request(case)
    if found is None:
        return Reply((Say("requests.one.gone"),))
    head: dict[str, Placeholder] = {"number": Named.same(found.number), "who": found.who}
    says = [Say("requests.one.ask", head)]
    if found.reference is not None:
        says.append(Say("requests.one.file", {"reference": found.reference}))
    if found.commune is not None:
        says.append(Say("requests.one.commune", {"commune": found.commune}))
    spoken = Say(f"welcome.language.option.{found.language}")
    says.append(Say("requests.one.where", {"channel": found.channel, "language": spoken}))
    if found.question is not None:
        says.append(Say("requests.one.question", {"question": found.question}))
    says.append(Say("requests.one.since", {"when": found.since, "wait": found.wait, "state": found.holder}))
    parts: list[Say | Lines] = [Lines(tuple(says), flat=True)]
    last = found.lines[-LINES_SHOWN:]
    parts.append(Lines(last, flat=True) if last else Say("requests.one.empty"))
    return Reply(tuple(parts), media=found.media)


def more_was_written(case: Case) -> bool:
    """Whether more was written than stands in the card."""
    found = _request(case)
    return found is not None and len(found.lines) > LINES_SHOWN


def every_line(case: Case) -> Reply:
    """All that was written, from the beginning."""
    found = _request(case)
    return Reply((Lines(found.lines if found is not None else (), flat=True),))


def her_question(case: Case) -> dict[str, Placeholder]:
    """The question she stood at."""
    found = _request(case)
    return {"question": Named.same("—") if found is None or found.question is None else found.question}


REQUEST_QUEUE = Flow(
    id="requests",
    version=1,
    command=Command("requests", "requests", 2),
    role=Role.AGENT,
    steps=(Step("request", Search(REQUESTS, shows=True)),),
    stops=(Outcome("none", when=nobody_asks, options=(TO_MENU,)),),
    outcomes=(
        Outcome(
            "one",
            when=always,
            options=(
                Option("answer", leads_to="answer", carries=("request",), when=may_answer),
                Option("claim", operation="claim", when=unclaimed),
                Option("in_place", leads_to="in_place", carries=("request",), when=at_a_question),
                Option("paper", leads_to="request_paper", carries=("request",), when=may_answer),
                Option("hand_over", leads_to="hand_over", carries=("request",), when=may_answer),
                Option("close", operation="close_request", when=may_answer),
                Option("mute", operation="mute_asker", when=asked_by_another),
                Option("all", says=every_line, when=more_was_written),
                Option("others", leads_to="requests"),
                TO_MENU,
            ),
            says=request_in_full,
            sayings=(
                *(
                    f"requests.one.{name}"
                    for name in ("ask", "file", "commune", "where", "question", "since", "empty", "gone")
                ),
            ),
        ),
    ),
    keeps=(),
)

ANSWER = Flow(
    id="answer",
    version=1,
    role=Role.AGENT,
    given=("request",),
    steps=(Step("words", WordsOrFile(LONGEST_ANSWER_WORDS), media=ANSWER_FILES),),
    outcomes=(Outcome("said", when=always, options=(TO_MENU,), operation="answer"),),
    keeps=(),
)

IN_PLACE = Flow(
    id="in_place",
    version=1,
    role=Role.AGENT,
    given=("request",),
    steps=(Step("words", AsWritten(LONGEST_ANSWER_WORDS), says=her_question),),
    outcomes=(Outcome("said", when=always, options=(TO_MENU,), operation="answer_in_place"),),
    keeps=(),
)

PAPER = Flow(
    id="request_paper",
    version=1,
    role=Role.AGENT,
    given=("request",),
    steps=(Step("paper", Choice(), tuple(Option(each) for each in PAPERS)),),
    outcomes=(Outcome("asked", when=always, options=(TO_MENU,), operation="ask_paper"),),
    keeps=(),
)

HAND_OVER = Flow(
    id="hand_over",
    version=1,
    role=Role.AGENT,
    given=("request",),
    steps=(Step("member", Search(COLLEAGUES, shows=True), (Option("anybody"),)),),
    outcomes=(Outcome("handed", when=always, options=(TO_MENU,), operation="hand_over"),),
    keeps=(),
)
