"""A flow is data: steps in the order the clerk asks them, early stops, final outcomes.

There is no next-step graph. The place is the first step that applies and has no valid answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from conversations.context import TurnContext
from conversations.values import Answers, Named, Placeholder, Reply, Say, State


@dataclass(frozen=True, slots=True)
class Case:
    """A form as its predicates see it: the answers that count so far, and the context."""

    answers: Answers
    context: TurnContext


When = Callable[[Case], bool]


def always(case: Case) -> bool:
    """Holds for everyone."""
    return True


@dataclass(frozen=True, slots=True)
class Option:
    """An option by its id. `explains`: replies and asks again, never stored. `lists`: shows what may be
    chosen, never stored.

    Under an outcome, `leads_to`: the flow to begin, or a word of the desk, with the answers it
    `carries` along; `operation`: what a service then does with the form; `says`: something more about the
    outcome, after which its options stand again, with the `sayings` it may use. `figures`: what fills the placeholders
    of its label.
    """

    id: str
    explains: bool = False
    lists: bool = False
    leads_to: str | None = None
    carries: tuple[str, ...] = ()
    operation: str | None = None
    when: When = always
    says: "Says | None" = None
    sayings: tuple[str, ...] = ()
    figures: "Callable[[Case], Mapping[str, Placeholder]] | None" = None

    def label(self, address: str, case: "Case") -> Say:
        """Return its label, which stands at an address, with the figures of the day."""
        return Say(address, {} if self.figures is None else self.figures(case))


TO_MENU = Option("menu", leads_to="menu")
TO_PERSON = Option("person", leads_to="person")


@dataclass(frozen=True, slots=True)
class Got:
    """An answer, understood. `beside`: what is kept with it, under names the flow is `given`."""

    value: Any
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Maybe:
    """An answer that needs a yes first."""

    value: Any


@dataclass(frozen=True, slots=True)
class Look:
    """Not an answer yet: candidates to choose from; `now` is what to remember of the search."""

    now: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood; `reason` names the sentence, `own` says whose it is, `placeholders` fill it."""

    reason: str
    own: bool = True
    placeholders: Mapping[str, Placeholder] = field(default_factory=dict)


Understood = Got | Maybe | Look | Unclear


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question, with what a kind needs to read its answer."""

    flow: str
    step: "Step"
    case: Case
    now: Mapping[str, Any]

    @property
    def shown(self) -> tuple[str, ...]:
        """Option ids in the order they were numbered when asked."""
        return tuple(self.now.get("shown", ()))

    def address(self, *parts: str) -> str:
        """The address of a sentence of this step."""
        return self.step.address(self.flow, *parts)


class Kind(Protocol):
    """How a step's answer is read. One small frozen class a kind, in conversations/forms/kinds/.

    A kind says what it can: the engine asks it, and never looks at its class.
    """

    takes_zero: ClassVar[bool] = False
    """Whether a typed 0 is an answer here (elsewhere it means back)."""
    free: ClassVar[bool] = False
    """Whether free words are the answer: they are then never taken for a question somebody asks."""
    numeric: ClassVar[bool] = False
    """Whether a number with letters beside it (`150000 dh`) is an answer, and no identity card's."""

    def read(self, words: str, asked: Asked) -> Understood:
        """Return what the words mean as an answer to the open question."""
        ...

    def holds(self, value: Any, step: "Step", context: TurnContext) -> bool:
        """Return whether a stored answer still has this kind's shape and a known id."""
        ...

    def label(self, value: Any, asked: Asked) -> Say | Named:
        """Return a stored answer in words (for a value that is not one of the step's options)."""
        ...

    def candidates(self, asked: Asked) -> tuple[str, ...]:
        """Return the ids offered besides the step's own options."""
        return ()

    def searching(self, asked: Asked) -> bool:
        """Return whether what is offered was looked for by words."""
        return bool(asked.now.get("search"))

    def reasons(self) -> tuple[str, ...]:
        """Return the `unclear` reasons whose sentences belong to the step."""
        return ()

    def fits(self, value: Any, case: Case) -> bool:
        """Return whether a stored answer still goes with the answers before it."""
        return True

    def leads(self, value: str, now: Mapping[str, Any], context: TurnContext) -> Mapping[str, Any] | None:
        """Return what to look at next, of a choice that is no answer: a following page, a group."""
        return None

    def may_find(self, value: str, step: "Step", context: TurnContext) -> bool:
        """Return whether a button could carry this id, of a kind that finds ids beside the step's options."""
        return False

    def found(self, asked: Asked) -> Say:
        """Return the words over what a search found."""
        return Say(asked.address("found"))


# What is being looked at, in the memory of an open question.
LOOK_KEYS = ("search", "group", "groups")


@dataclass(frozen=True, slots=True)
class Step:
    """One question. `says`: what fills the placeholders of its words. `media`: what else may answer it.

    `words`: the flow whose words it speaks, of a question that stands in two.
    """

    id: str
    kind: Kind
    options: tuple[Option, ...] = ()
    when: When = always
    says: Callable[[Case], Mapping[str, Placeholder]] | None = None
    media: str | tuple[str, ...] | None = None
    words: str | None = None

    def address(self, flow: str, *parts: str) -> str:
        """The address of a sentence of this step, in a flow."""
        return ".".join((self.words or flow, self.id, *parts))

    def option(self, id: str) -> Option | None:
        """The option of that id."""
        return next((option for option in self.options if option.id == id), None)


Says = Callable[[Case], Reply]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a form can end. `says` composes its message; the options under it lead on.

    `sayings`: the addresses `says` may use; without it the message is `<flow>.<outcome>.ask`, with
    every answer under it when it is a `summary`. `operation`: what a service does as soon as it is reached.
    `leads_to`: where one goes on to as soon as it is reached. `in_vain`: what was searched for was not found, and
    the words are kept for a clerk. `yes`: the options a bare yes may stand for, the first that is shown.
    """

    id: str
    when: When
    options: tuple[Option, ...]
    says: Says | None = None
    sayings: tuple[str, ...] = ()
    summary: bool = False
    operation: str | None = None
    leads_to: str | None = None
    in_vain: bool = False
    yes: tuple[str, ...] = ()

    media: ClassVar[None] = None
    """Nothing but words and presses answers it."""


@dataclass(frozen=True, slots=True)
class Persons:
    """What the desk does of a flow of which a phone may have several forms at once, each about a person.

    `most`: how many. `name`: the answer by which a form is told apart. `proof`: the answer by which its person is
    known again after a silence, asked by the flow `asks_proof`. `corrects`: the answer given to a form that
    corrects what is there already. `refused`: the outcome in which nothing said may stay; `erases`: the flow then
    proposed for what the form corrects.
    `consent`: the answer that says whether what is told may be kept.
    """

    most: int
    name: str
    proof: str
    asks_proof: str
    corrects: str
    refused: str
    erases: str
    consent: str


@dataclass(frozen=True, slots=True)
class Command:
    """How a flow is opened from anywhere, by whoever has its role; the menu and the help are drawn from it.

    `word`: the address of its spellings among the words of the desk (`word.<word>`). `line`: its line in the menu
    (`welcome.menu.option.<line>`), at `place` among the others. Either may be missing.
    """

    word: str | None = None
    line: str | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """Steps, then outcomes: `stops` are tried before each step, `outcomes` after the last.

    `lifts[n]` turns a state of version n into one of version n + 1. `role`: who may open it at the
    desk. `given`: answers it begins with and never asks. `keeps`: opened again, it starts anew with
    only these answers (without it, one is asked whether to continue). `persons`: a phone may have several of its
    forms at once. `personal`: pictures sent into it may show an identity card, and are taken off the chat.
    `command`: how it is opened from anywhere. `topic`: the question it is the answer to.
    """

    id: str
    version: int
    steps: tuple[Step, ...]
    outcomes: tuple[Outcome, ...]
    stops: tuple[Outcome, ...] = ()
    lifts: Mapping[int, Callable[[State], State]] = field(default_factory=dict)
    role: str | None = None
    given: tuple[str, ...] = ()
    topic: str | None = None
    keeps: tuple[str, ...] | None = None
    persons: Persons | None = None
    personal: bool = False
    command: Command | None = None

    def step(self, id: str) -> Step | None:
        """The step of that id."""
        return next((step for step in self.steps if step.id == id), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form stands: an open step, or an outcome; `trail` are the steps answered."""

    at: Step | Outcome
    case: Case
    trail: tuple[str, ...]


def begin(flow: Flow, given: Answers | None = None) -> State:
    """A new form, with what is already known."""
    return State(flow.id, flow.version, dict(given or {}))


def lift(flow: Flow, state: State) -> State:
    """A state of an earlier version, brought to this one."""
    while state.version < flow.version:
        state = flow.lifts[state.version](state)
    return state


def locate(flow: Flow, state: State, context: TurnContext) -> Place:
    """The place: the first stop that holds, or the first step that applies and has no answer.

    Answers to steps that no longer apply are kept in the state and not read.
    """
    answers: dict[str, Any] = {key: state.answers[key] for key in flow.given if key in state.answers}
    trail: list[str] = []
    for step in flow.steps:
        case = Case(answers, context)
        for stop in flow.stops:
            if stop.when(case):
                return Place(stop, case, tuple(trail))
        if not step.when(case):
            continue
        if step.id not in state.answers or not _valid(step, state.answers[step.id], case):
            return Place(step, case, tuple(trail))
        answers[step.id] = state.answers[step.id]
        trail.append(step.id)
    case = Case(answers, context)
    for outcome in (*flow.stops, *flow.outcomes):
        if outcome.when(case):
            return Place(outcome, case, tuple(trail))
    raise AssertionError(f"{flow.id}: no outcome for {sorted(answers)}")


def _valid(step: Step, value: Any, case: Case) -> bool:
    option = step.option(value) if isinstance(value, str) else None
    if option is not None:
        return not (option.explains or option.lists)
    # `fits`: a commune of the province that was corrected since
    return step.kind.holds(value, step, case.context) and step.kind.fits(value, case)
