"""The questions against the law: each is asked only if its answer can change the assessment, and
what is never asked changes nothing.
"""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import amo
from conversations.eligibility.result import assessment
from conversations.flows import FLOWS
from conversations.forms.flow import Outcome, Step, locate
from conversations.values import State
from tests.desks import TODAY, facts, world

FLOW = FLOWS["eligibility"]
# One answer for each way the law looks at a question.
REPRESENT: dict[str, list[Any]] = {
    "age": [17, 18, "unsure"],
    "trade": ["C001", "C076", "other", "unsure"],
    "practice_years": [2, 3, 10, "unsure"],
    "rsu_score": ["9.3264284", "9.3264285", "12", "unsure"],
    "annual_tax": ["under_500", "over_50000", "1000.60", "unsure"],
    "turnover_goods": ["under_100000", "200100", "over_500000", "unsure"],
    "turnover_services": ["under_50000", "100050", "over_200000", "unsure"],
}


def answers_to(step: Step) -> list[Any]:
    return REPRESENT.get(step.id) or [option.id for option in step.options if not option.explains]


def place(answers: dict[str, Any]) -> Step | Outcome:
    return locate(FLOW, State(FLOW.id, FLOW.version, answers), world()).at


def told(answers: dict[str, Any]) -> amo.Assessment | None:
    return None if answers.get("work") == "unsure" else assessment(answers, world())


def test_every_question_can_change_the_assessment() -> None:
    """All paths over the representatives: two answers to a question never lead to the same set."""
    reached: dict[tuple[tuple[str, Any], ...], frozenset[amo.Assessment | None]] = {}
    lengths: list[int] = []

    def ends(answers: dict[str, Any]) -> frozenset[amo.Assessment | None]:
        key = tuple(answers.items())
        if key not in reached:
            at = place(answers)
            if isinstance(at, Outcome):
                lengths.append(len(answers))
                reached[key] = frozenset([told(answers)])
            else:
                by_answer = [ends({**answers, at.id: value}) for value in answers_to(at)]
                assert len(set(by_answer)) > 1, f"{at.id} cannot matter after {answers}"
                reached[key] = frozenset().union(*by_answer)
        return reached[key]

    every = ends({})
    regimes = {found.regime for found in every if found is not None}
    assert regimes == {
        "minor", "employee", "pensioner", "other_cover", "dependant", "undetermined", "outside_crafts",
        "tns_auto_entrepreneur", "tns_cpu", "tns_accounts", "not_yet", "tns_artisan", "open_registration",
        "no_activity", "tadamon", "achamil",
    }  # fmt: skip
    print(f"\npaths {len(lengths)}, questions mean {sum(lengths) / len(lengths):.1f}, worst {max(lengths)}")
    assert max(lengths) <= 12  # eleven, and for who says she has no work one more


def situations(count: int) -> Iterator[dict[str, Any]]:
    """Situations at random, whole: also what the conversation would never ask. Nobody has practised for
    longer than she lives: that is no situation, and the form refuses it.
    """
    chance = random.Random(20261123)
    trades = ["C001", "C007", "C008", "C076", "C120", "other", None]
    for _ in range(count):
        age = chance.choice([None, 12, 17, 18, 40, 40, 40])
        practised = [years for years in (0, 2, 3, 9, 10, 40) if age is None or years <= age]
        yield {
            "work": chance.choice(amo.situation.CHOICES["work"]),
            "declared": chance.choice(amo.situation.CHOICES["declared"]),
            "cover": chance.choice(amo.situation.CHOICES["cover"]),
            "tax_status": chance.choice(amo.situation.CHOICES["tax_status"]),
            "in_rna": chance.choice(amo.situation.CHOICES["in_rna"]),
            "has_diploma": chance.choice(("yes", "no")),
            "trade": chance.choice(trades),
            "annual_tax": chance.choice([None, 0, 499, 500, 1000, Decimal("1000.6"), 1001, 2500]),
            "net_profit": chance.choice([None, 0, 100_000, 100_001]),
            "tax_return": chance.choice(amo.situation.CHOICES["tax_return"]),
            "practice_years": chance.choice([None, *practised]),
            "rsu_score": chance.choice([None, "9.1", "9.3264284", "9.3264285", "9.9", "11.5"]),
            "age": age,
        }


def answer(step: Step, situation: dict[str, Any]) -> Any:
    """What a person in this situation answers, truthfully, to the question asked."""
    if step.id == "makes":
        return "no"  # who makes something she sells works, in truth
    if step.id == "activity":
        return "unsure" if situation["annual_tax"] is None else "goods"
    if step.id == "turnover_goods":
        return str(situation["annual_tax"] * 200)
    value = situation[step.id]
    if value is None:
        return "unsure"
    if step.id in ("annual_tax", "net_profit"):
        return str(value)
    return value


def test_the_conversation_reaches_what_the_law_says() -> None:
    """For any situation: the same assessment as amo.assess, every key of it."""
    asked_total = 0
    for situation in situations(6000):
        answers: dict[str, Any] = {}
        while isinstance(at := place(answers), Step):
            answers[at.id] = answer(at, situation)
            asked_total += 1
        trades = {"C001", "C007", "C008", "C076", "C120"}
        expected = amo.assess(amo.read(situation, trades), TODAY, facts())
        assert told(answers) == expected, (situation, answers)
    print(f"\nquestions a person: {asked_total / 6000:.2f}")


def test_who_has_no_work_but_makes_something_she_sells_works_for_herself() -> None:
    told_more = {"age": 30, "cover": "none", "tax_status": "none", "in_rna": "yes", "trade": "C076"}
    makes = {"work": "none", "makes": "yes", **told_more, "rsu_score": "unsure"}
    own = {"work": "own_account", **told_more, "rsu_score": "unsure"}
    assert told(makes) == told(own)
    assert place({"work": "none"}).id == "makes"
    walked: dict[str, Any] = {"work": "none", "makes": "yes"}
    for id, value in told_more.items():
        assert place(walked).id == id
        walked[id] = value
    assert place(walked).id == "rsu_score"


@pytest.mark.parametrize("work", ["own_account", "employee"])
def test_without_answers_the_first_question_is_work(work: str) -> None:
    assert place({}).id == "work"
    assert place({"work": work}).id == "age"
