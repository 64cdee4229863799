"""The worked cases and every refusal of docs/amo.md section 3."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import amo
from services import sources
from tests.amo.cases import CASES

TRADES = frozenset(entry.id for entry in sources.read_trades())
KEYS = {"regime", "amount", "period", "rna", "next_steps", "ask_person"}


def plain(found: amo.Assessment) -> dict[str, Any]:
    return {
        "regime": found.regime,
        "amount": None if found.amount is None else str(found.amount),
        "period": found.period,
        "rna": found.rna,
        "next_steps": list(found.next_steps),
        "ask_person": found.ask_person,
    }


def assess(on: str = "2026-11-23", **situation: Any) -> amo.Assessment:
    return amo.assess(amo.read(situation, TRADES), date.fromisoformat(on), amo.load())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["note"])
def test_worked_case(case: dict[str, Any]) -> None:
    assert set(case["expected"]) == KEYS
    found = amo.assess(amo.read(case["situation"], TRADES), date.fromisoformat(case["on"]), amo.load())
    assert plain(found) == case["expected"]


def test_all_cases_are_there() -> None:
    assert len(CASES) == 132


@pytest.mark.parametrize("number", ["annual_tax", "net_profit", "rsu_score", "age", "practice_years"])
@pytest.mark.parametrize(
    "value",
    [
        -1, "-1", "-0.5", float("nan"), "nan", "NaN", float("inf"), "inf", "-inf", Decimal("Infinity"),
        Decimal("NaN"), True, False, "1_000", "١٢", "²", "1e3", "", " 5", "abc", [], {}, "9" * 50,
    ],
    ids=repr,
)  # fmt: skip
def test_refused_numbers(number: str, value: Any) -> None:
    with pytest.raises(ValueError):
        assess(work="own_account", **{number: value})


@pytest.mark.parametrize("number", ["age", "practice_years"])
@pytest.mark.parametrize("value", [5.5, "5.5", Decimal("0.1")])
def test_whole_numbers_are_whole(number: str, value: Any) -> None:
    with pytest.raises(ValueError):
        assess(work="own_account", **{number: value})


@pytest.mark.parametrize("value", ["5", 5, 5.0, Decimal(5), "5.0"])
def test_numbers_arrive_as_text_or_numbers(value: Any) -> None:
    assert amo.read({"work": "none", "age": value}, TRADES).age == 5


@pytest.mark.parametrize("number", ["annual_tax", "net_profit", "rsu_score", "age", "practice_years", "trade"])
def test_null_is_accepted_for_numbers_and_trade(number: str) -> None:
    assert getattr(amo.read({"work": "none", number: None}, TRADES), number) is None


@pytest.mark.parametrize("key", ["work", "declared", "cover", "tax_status", "tax_return", "in_rna", "has_diploma"])
@pytest.mark.parametrize("value", [None, "", "maybe", 1, True, "YES", []], ids=repr)
def test_choices_take_only_their_values(key: str, value: Any) -> None:
    with pytest.raises(ValueError):
        amo.read({"work": "none", key: value}, TRADES)


def test_the_diploma_is_yes_or_no() -> None:
    with pytest.raises(ValueError):
        amo.read({"work": "none", "has_diploma": "unsure"}, TRADES)


@pytest.mark.parametrize("value", ["C000", "C999", "c001", "", 1, ["C001"]], ids=repr)
def test_unknown_trade(value: Any) -> None:
    with pytest.raises(ValueError):
        assess(work="own_account", trade=value)


def test_every_trade_of_the_list_is_known() -> None:
    for trade in (*TRADES, "other"):
        assert amo.read({"work": "own_account", "trade": trade}, TRADES).trade == trade


@pytest.mark.parametrize("key", ["on", "salary", "Work", ""])
def test_unknown_key(key: str) -> None:
    with pytest.raises(ValueError):
        amo.read({"work": "none", key: "x"}, TRADES)


def test_work_is_needed() -> None:
    with pytest.raises(ValueError):
        amo.read({"age": 30}, TRADES)


@pytest.mark.parametrize(("on", "refused"), [("2020-12-31", True), ("2021-01-01", False)])
def test_the_first_day(on: str, refused: bool) -> None:
    if refused:
        with pytest.raises(ValueError):
            assess(on, work="none")
    else:
        assert assess(on, work="none").regime == "no_activity"
