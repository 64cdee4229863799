"""Worked by hand from the tables of docs/amo.md, by nobody who looked at the worked cases: who pays what, when, to whom."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import amo
from conversations.eligibility.result import PAID_AT
from services import sources

TRADES = frozenset(entry.id for entry in sources.read_trades())
OWN: dict[str, Any] = {"work": "own_account", "trade": "C076", "rsu_score": "20"}

# Day; situation; DH; period; next steps; a person is asked; who is paid, where somebody pays for this.
EXAMPLES: tuple[tuple[str, dict[str, Any], str | None, str | None, str, bool, str | None], ...] = (
    # 6.37 % x 0.75 x 17.92 x 2288 / 12 = 163.2383...
    ("2026-03-01", {**OWN, "in_rna": "yes"}, "163.24", "month", "cnss", False, "cnss"),
    # the last day of the wage before: 6.37 % x 0.75 x 17.10 x 2288 / 12 = 155.7687...
    ("2025-12-31", {**OWN, "practice_years": 12}, "155.77", "month", "rna cnss", False, "cnss"),
    ("2022-09-01", {**OWN, "has_diploma": "yes"}, "141.65", "month", "rna cnss", False, "cnss"),
    # the scale: 1 000 is still the second band, 1 001 the third, and between them the law says nothing
    ("2026-11-28", {**OWN, "tax_status": "cpu", "annual_tax": 1000}, "390.00", "quarter", "dgi cnss", False, "with_cpu"),
    ("2026-11-28", {**OWN, "tax_status": "cpu", "annual_tax": 1001}, "570.00", "quarter", "dgi cnss", False, "with_cpu"),
    ("2026-11-28", {**OWN, "tax_status": "cpu", "annual_tax": "1000.60"}, None, None, "dgi cnss", True, "with_cpu"),
    # arrears of a CPU payer already insured: her rights at the CNSS, the money at the taxes
    ("2026-11-28", {**OWN, "tax_status": "cpu", "annual_tax": 60000, "cover": "tns"}, "3600.00", "quarter", "cnss", False, "with_cpu"),
    ("2026-11-28", {**OWN, "tax_status": "auto_entrepreneur"}, "300.00", "quarter", "barid cnss", False, "with_quarterly_tax"),
    ("2026-11-28", {**OWN, "tax_status": "auto_entrepreneur", "annual_tax": 2501}, None, None, "barid cnss", True, "with_quarterly_tax"),
    # 6.37 % x 1 x 16.29 x 2288 / 12 = 197.8517...
    ("2024-06-30", {**OWN, "tax_status": "accounts_simplified"}, "197.85", "month", "dgi cnss", False, "cnss"),
    ("2026-11-28", {**OWN, "tax_status": "accounts_real", "net_profit": 100000}, "696.47", "month", "dgi cnss", False, "cnss"),
    ("2026-11-28", {**OWN, "tax_status": "accounts_real", "net_profit": "100000.01"}, "1305.88", "month", "dgi cnss", False, "cnss"),
    ("2025-05-05", {**OWN, "tax_status": "accounts_real", "tax_return": "missing"}, "1246.12", "month", "dgi cnss", False, "cnss"),
    # neither trader nor craftsman: another scale, and a low score is looked at on the day of the assessment
    ("2026-11-28", {**OWN, "tax_status": "accounts_simplified", "trade": "other", "rsu_score": "9"}, None, None, "dgi cnss", True, "cnss"),
    # no work: the last score of the third band of Achamil, and the last of Tadamon
    ("2024-01-01", {"work": "none", "rsu_score": "9.9903727"}, "224.00", "month", "rsu cnss", False, "bank"),
    ("2022-12-01", {"work": "none", "rsu_score": "9.3264284"}, "0.00", "month", "rsu cnss", False, None),
    # a member of a cooperative covered by her husband: nothing to pay, and a person looks
    ("2026-11-28", {**OWN, "work": "member", "cover": "dependant", "practice_years": 3}, "0.00", None, "insured_person", True, None),
)  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example[0]}-{example[2]}-{example[6]}")
def test_worked_by_hand(example: tuple[str, dict[str, Any], str | None, str | None, str, bool, str | None]) -> None:
    on, situation, amount, period, steps, person, payee = example
    found = amo.assess(amo.read(situation, TRADES), date.fromisoformat(on), amo.load())
    assert found.amount == (None if amount is None else Decimal(amount))
    assert (found.period, found.next_steps, found.ask_person) == (period, tuple(steps.split()), person)
    assert PAID_AT.get(found.regime) == payee


def test_what_is_known_to_come() -> None:
    """The row after a day, and the first of two; none after the last."""
    facts = amo.load()
    coming = facts.coming("student_age", date(2027, 1, 31))
    assert coming is not None
    assert (coming.since, coming.value) == (date(2027, 2, 1), Decimal(30))
    assert facts.coming("student_age", date(2027, 2, 1)) is None
    first = facts.coming("smig_hour", date(2021, 1, 1))
    assert first is not None
    assert first.since == date(2022, 9, 1)


def test_what_should_have_been_looked_at_again() -> None:
    """From the very day of `recheck_by`; of the row in force; one of several is enough; no such day is never past."""
    facts = amo.load()
    assert not facts.stale(["smig_hour"], date(2026, 12, 31))
    assert facts.stale(["smig_hour"], date(2027, 1, 1))
    assert facts.stale(["annual_hours", "smig_hour"], date(2027, 1, 1))
    assert not facts.stale(["annual_hours"], date(2030, 1, 1))
    assert not facts.stale(["achamil_scale"], date(2023, 12, 31))  # nothing is in force yet
    assert not facts.stale([], date(2027, 1, 1))


def test_a_low_score_is_a_reason_on_another_scale_too() -> None:
    situation = {**OWN, "tax_status": "accounts_real", "trade": "other", "rsu_score": "9"}
    found = amo.assess(amo.read(situation, TRADES), date(2026, 11, 28), amo.load())
    assert "low_score_and_activity" in found.reasons
    assert "other_scale" in found.reasons
