"""Every way through eligibility, over one answer for each way the law looks at a question."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import amo
from conversations.context import TurnContext
from conversations.eligibility.result import assessment
from conversations.forms.flow import Flow, Outcome, Step, locate
from conversations.values import State

# A band of an amount stands for every amount in it; these questions have no options, or more answers.
ANSWERS: Mapping[str, tuple[Any, ...]] = {
    "age": (17, 18, "unsure"),
    "trade": ("C001", "C076", "other", "unsure"),
    "practice_years": (2, 3, 10, "unsure"),
    "rsu_score": (
        "9.3264284",
        "9.5",
        "9.7",
        "9.9",
        "10.1",
        "10.4",
        "10.7",
        "11",
        "12",
        "unsure",
    ),
}


@dataclass
class Walked:
    """What every path came to.

    `after`: the places that may follow an answer, by question and answer. `ends`: how many paths end
    in each result.
    """

    after: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    ends: Counter[amo.Assessment] = field(default_factory=Counter)


def walk(flow: Flow, context: TurnContext) -> Walked:
    """Every path of a flow whose outcome is an assessment."""
    walked = Walked()
    _from(flow, context, {}, walked)
    return walked


def _from(flow: Flow, context: TurnContext, answers: dict[str, Any], walked: Walked) -> str:
    at = locate(flow, State(flow.id, flow.version, answers), context).at
    if isinstance(at, Outcome):
        if at.id == "result":
            walked.ends[assessment(answers, context)] += 1
        return at.id
    for answer in answers_to(at):
        following = _from(flow, context, {**answers, at.id: answer}, walked)
        walked.after[at.id, str(answer)].add(following)
    return at.id


def answers_to(step: Step) -> tuple[Any, ...]:
    """One answer for each way the law looks at a question."""
    return ANSWERS.get(step.id) or tuple(option.id for option in step.options if not option.explains)
