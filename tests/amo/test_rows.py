"""Every row of the procedure, whole: regime, amount, register, steps, who is asked, and the reasons."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import amo
from amo import ids
from amo.assessment import Assessment

NOW = date(2026, 11, 23)
OWN = {"work": "own_account", "in_rna": "yes"}
AE = {**OWN, "tax_status": "auto_entrepreneur", "trade": "C076"}
CPU = {**OWN, "tax_status": "cpu", "trade": "C076"}
ROWS: list[tuple[str, dict[str, Any], str, str | None, str | None, str, str, bool, str]] = [
    # row, situation, regime, amount, period, rna, next steps, a person, reasons
    ("1", {"work": "own_account", "age": 17}, "minor", None, None, "not_assessed", "chamber", True, "minor"),
    ("1", {"work": "own_account", "age": 0, "cover": "tns"}, "minor", None, None, "not_assessed", "chamber", True, "minor"),
    ("2", {"work": "employee"}, "employee", None, None, "not_assessed", "employer chamber", True, "undeclared_employee"),
    ("2", {"work": "cooperative", "declared": "no", "age": 18}, "employee", None, None, "not_assessed", "employer chamber", True, "undeclared_employee"),
    ("3", {"work": "employee", "declared": "yes"}, "employee", None, None, "not_assessed", "", False, "covered_by_wage"),
    ("3", {"work": "none", "cover": "employee"}, "employee", None, None, "not_assessed", "", False, "covered_by_wage"),
    ("3", {"work": "own_account", "cover": "employee"}, "employee", None, None, "not_assessed", "", True, "covered_by_wage two_covers"),
    ("3", {"work": "cooperative", "declared": "yes", "tax_status": "cpu"}, "employee", None, None, "not_assessed", "", True, "covered_by_wage two_covers"),
    ("4", {"work": "none", "cover": "pensioner"}, "pensioner", None, None, "not_assessed", "", False, "covered_by_pension"),
    ("4", {"work": "none", "cover": "pensioner", "in_rna": "yes"}, "pensioner", None, None, "not_assessed", "", True, "covered_by_pension two_covers"),
    ("4b", {"work": "own_account", "cover": "other"}, "other_cover", None, None, "not_assessed", "chamber", True, "other_cover"),
    ("5", {"work": "none", "cover": "dependant", "age": 12}, "dependant", "0.00", None, "not_assessed", "insured_person", False, "covered_as_dependant"),
    ("5", {"work": "own_account", "cover": "dependant"}, "dependant", "0.00", None, "not_assessed", "insured_person", True, "covered_as_dependant own_activity_and_dependant"),
    ("5", {"work": "none", "cover": "dependant", "tax_status": "cpu"}, "dependant", "0.00", None, "not_assessed", "insured_person", True, "covered_as_dependant own_activity_and_dependant"),
    ("6", {"work": "helper"}, "undetermined", None, None, "not_assessed", "chamber", True, "helper"),
    ("7", {**OWN, "tax_status": "several"}, "undetermined", None, None, "registered", "chamber", True, "several_activities"),
    ("7", {"work": "member", "tax_status": "unsure"}, "undetermined", None, None, "not_yet", "chamber", True, "tax_status_unknown"),
    ("7", {"work": "member", "tax_status": "unsure", "practice_years": 9}, "undetermined", None, None, "artisan", "chamber", True, "tax_status_unknown"),
    ("8", {**OWN, "trade": "other"}, "outside_crafts", None, None, "registered", "dgi chamber", True, "outside_crafts"),
    ("8", {"work": "own_account", "trade": "other", "tax_status": "cpu", "practice_years": 10}, "outside_crafts", None, None, "master_artisan", "dgi chamber", True, "outside_crafts"),
    ("9", {**CPU, "trade": "C001"}, "undetermined", None, None, "registered", "dgi chamber", True, "jeweller_excluded_from_cpu"),
    ("9", {"work": "own_account", "tax_status": "cpu", "trade": "C007", "annual_tax": 10}, "undetermined", None, None, "not_yet", "dgi chamber", True, "jeweller_excluded_from_cpu"),
    ("10", AE, "tns_auto_entrepreneur", "300.00", "quarter", "registered", "barid cnss", False, "auto_entrepreneur one_contribution at_least"),
    ("10", {**AE, "in_rna": "no", "annual_tax": 0}, "tns_auto_entrepreneur", "300.00", "quarter", "not_yet", "barid cnss", False, "auto_entrepreneur"),
    ("10", {**AE, "in_rna": "unsure", "annual_tax": 2500, "has_diploma": "yes"}, "tns_auto_entrepreneur", "570.00", "quarter", "artisan", "barid cnss", False, "auto_entrepreneur"),
    ("10", {**AE, "annual_tax": "2500.01"}, "tns_auto_entrepreneur", None, None, "registered", "barid cnss", True, "auto_entrepreneur one_contribution tax_out_of_range"),
    ("10", {**AE, "annual_tax": "1000.60"}, "tns_auto_entrepreneur", None, None, "registered", "barid cnss", True, "auto_entrepreneur one_contribution between_bands"),
    ("10", {**AE, "trade": "other", "annual_tax": 500}, "tns_auto_entrepreneur", "390.00", "quarter", "registered", "barid cnss", True, "auto_entrepreneur one_contribution outside_crafts"),
    ("11", {**CPU, "annual_tax": 50001}, "tns_cpu", "3600.00", "quarter", "registered", "dgi cnss", False, "cpu"),
    ("11", CPU, "tns_cpu", None, None, "registered", "dgi cnss", False, "cpu tax_unknown"),
    ("11", {**CPU, "trade": None, "annual_tax": 10}, "tns_cpu", None, None, "registered", "dgi cnss", True, "cpu trade_unknown"),
    ("11", {**CPU, "annual_tax": "2500.50"}, "tns_cpu", None, None, "registered", "dgi cnss", True, "cpu between_bands"),
    ("12", {**OWN, "tax_status": "accounts_simplified"}, "tns_accounts", "217.65", "month", "registered", "dgi cnss", False, "accounts_simplified"),
    ("12", {**OWN, "tax_status": "accounts_simplified", "trade": "other"}, "tns_accounts", None, None, "registered", "dgi cnss", True, "accounts_simplified other_scale outside_crafts"),
    ("13", {**OWN, "tax_status": "accounts_real", "net_profit": 100000}, "tns_accounts", "696.47", "month", "registered", "dgi cnss", False, "accounts_real"),
    ("13", {**OWN, "tax_status": "accounts_real", "net_profit": "100000.01"}, "tns_accounts", "1305.88", "month", "registered", "dgi cnss", False, "accounts_real"),
    ("13", {**OWN, "tax_status": "accounts_real", "trade": "other"}, "tns_accounts", None, None, "registered", "dgi cnss", True, "accounts_real other_scale outside_crafts"),
    ("13", {**OWN, "tax_status": "accounts_real", "trade": "other", "net_profit": 5}, "tns_accounts", None, None, "registered", "dgi cnss", True, "accounts_real other_scale outside_crafts"),
    ("13", {**OWN, "tax_status": "accounts_real"}, "tns_accounts", None, None, "registered", "dgi cnss", False, "accounts_real profit_unknown"),
    ("13", {**OWN, "tax_status": "accounts_real", "tax_return": "filed"}, "tns_accounts", None, None, "registered", "dgi cnss", False, "accounts_real profit_unknown"),
    ("13", {**OWN, "tax_status": "accounts_real", "tax_return": "not_due"}, "tns_accounts", "696.47", "month", "registered", "dgi cnss", False, "accounts_real first_return_not_due"),
    ("13", {**OWN, "tax_status": "accounts_real", "tax_return": "missing"}, "tns_accounts", "1305.88", "month", "registered", "dgi cnss", False, "accounts_real return_missing"),
    ("13", {**OWN, "tax_status": "accounts_real", "tax_return": "missing", "net_profit": 9}, "tns_accounts", "696.47", "month", "registered", "dgi cnss", False, "accounts_real"),
    ("12", {**OWN, "tax_status": "accounts_simplified", "tax_return": "missing"}, "tns_accounts", "217.65", "month", "registered", "dgi cnss", False, "accounts_simplified"),
    ("14", {"work": "own_account"}, "not_yet", None, None, "not_yet", "chamber", True, "practice_unknown"),
    ("14", {"work": "own_account", "practice_years": 2}, "not_yet", None, None, "not_yet", "chamber", True, "too_little_practice"),
    ("15", OWN, "tns_artisan", "163.24", "month", "registered", "cnss", False, "registered_in_rna"),
    ("15", {"work": "own_account", "practice_years": 3}, "tns_artisan", "163.24", "month", "artisan", "rna cnss", False, "can_register_in_rna"),
    ("15", {"work": "own_account", "has_diploma": "yes"}, "tns_artisan", "163.24", "month", "artisan", "rna cnss", False, "can_register_in_rna"),
    ("base", {**OWN, "work": "member"}, "tns_artisan", "163.24", "month", "registered", "cnss", True, "registered_in_rna member_of_cooperative"),
    ("base", {**OWN, "cover": "dependant"}, "tns_artisan", "163.24", "month", "registered", "cnss", True, "registered_in_rna own_activity_and_dependant"),
    ("base", {**OWN, "cover": "tadamon"}, "tns_artisan", "163.24", "month", "registered", "chamber cnss", True, "registered_in_rna activity_and_free_cover"),
    ("base", {"work": "own_account", "cover": "achamil", "practice_years": 4}, "tns_artisan", "163.24", "month", "artisan", "chamber rna cnss", True, "can_register_in_rna activity_and_free_cover"),
    ("base", {**OWN, "cover": "unsure"}, "tns_artisan", "163.24", "month", "registered", "cnss", True, "registered_in_rna cover_unknown"),
    ("base", {**OWN, "rsu_score": "9.3264284"}, "tns_artisan", "163.24", "month", "registered", "cnss", True, "registered_in_rna low_score_and_activity"),
    ("base", {**OWN, "rsu_score": "9.3264285"}, "tns_artisan", "163.24", "month", "registered", "cnss", False, "registered_in_rna"),
    ("base", {**OWN, "cover": "unsure", "rsu_score": "9.1", "work": "member"}, "tns_artisan", "163.24", "month", "registered", "cnss", True, "registered_in_rna member_of_cooperative cover_unknown"),
    ("base", {**AE, "cover": "tns"}, "tns_auto_entrepreneur", "300.00", "quarter", "registered", "cnss", False, "auto_entrepreneur one_contribution at_least already_in_tns"),
    ("16", {"work": "none", "cover": "tns"}, "open_registration", None, None, "not_assessed", "chamber", True, "registration_still_open"),
    ("16", {"work": "none", "in_rna": "yes"}, "open_registration", None, None, "not_assessed", "chamber", True, "registration_still_open"),
    ("16", {"work": "none", "tax_status": "auto_entrepreneur"}, "open_registration", None, None, "not_assessed", "chamber barid", True, "registration_still_open"),
    ("16", {"work": "none", "tax_status": "cpu"}, "open_registration", None, None, "not_assessed", "chamber dgi", True, "registration_still_open"),
    ("16", {"work": "none", "tax_status": "accounts_simplified"}, "open_registration", None, None, "not_assessed", "chamber dgi", True, "registration_still_open"),
    ("16", {"work": "none", "tax_status": "accounts_real"}, "open_registration", None, None, "not_assessed", "chamber dgi", True, "registration_still_open"),
    ("16", {"work": "none", "tax_status": "unsure"}, "open_registration", None, None, "not_assessed", "chamber", True, "registration_still_open"),
    ("17", {"work": "none"}, "no_activity", None, None, "not_assessed", "rsu", False, "score_unknown"),
    ("18", {"work": "none", "rsu_score": "9.3264284"}, "tadamon", "0.00", "month", "not_assessed", "rsu cnss", False, "low_score"),
    ("19", {"work": "none", "rsu_score": "9.3264285"}, "achamil", "144.00", "month", "not_assessed", "rsu cnss", False, "high_score"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[8]}")
def test_row(row: tuple[Any, ...]) -> None:
    _, situation, regime, amount, period, rna, steps, person, reasons = row
    expected = Assessment(
        regime,
        None if amount is None else Decimal(amount),
        period,
        rna,
        tuple(steps.split()),
        person,
        tuple(reasons.split()),
    )
    assert amo.assess(amo.read(situation, ("C001", "C007", "C076")), NOW, amo.load()) == expected


@pytest.mark.parametrize(
    ("on", "score", "regime", "reason"),
    [
        ("2022-11-30", "9.1", "no_activity", "before_the_scheme"),
        ("2022-12-01", "9.1", "tadamon", "low_score"),
        ("2023-12-31", "9.9", "no_activity", "before_the_scheme"),
        ("2024-01-01", "9.9", "achamil", "high_score"),
    ],
)
def test_the_day_a_scheme_begins(on: str, score: str, regime: str, reason: str) -> None:
    read = amo.read({"work": "none", "rsu_score": score}, ())
    found = amo.assess(read, date.fromisoformat(on), amo.load())
    assert (found.regime, found.reasons) == (regime, (reason,))
    if regime == "no_activity":
        assert (found.amount, found.period, found.next_steps) == (None, None, ("rsu",))


@pytest.mark.parametrize(("on", "amount"), [("2022-05-25", None), ("2022-05-26", "575.60")])
def test_the_day_a_return_that_is_not_due_counts(on: str, amount: str | None) -> None:
    read = amo.read({**OWN, "tax_status": "accounts_real", "tax_return": "not_due"}, ())
    found = amo.assess(read, date.fromisoformat(on), amo.load())
    assert found.amount == (None if amount is None else Decimal(amount))


def test_every_reason_and_regime_is_reached() -> None:
    reached = {reason for row in ROWS for reason in row[8].split()} | {"before_the_scheme"}
    assert reached == set(ids.REASONS)
    assert {row[2] for row in ROWS} == set(ids.REGIMES)
    assert {step for row in ROWS for step in row[6].split()} == set(ids.NEXT_STEPS)
    assert {row[5] for row in ROWS} == set(ids.RNA)


def test_a_refusal_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="2021-01-01: 2020-12-31"):
        amo.assess(amo.read({"work": "none"}, ()), date(2020, 12, 31), amo.load())
    with pytest.raises(ValueError, match="trade: unknown id 'C999'"):
        amo.read({"work": "none", "trade": "C999"}, ("C001",))
    with pytest.raises(ValueError, match="no smig_hour is known on 2020-01-01"):
        amo.load().figure("smig_hour", date(2020, 1, 1))
    with pytest.raises(ValueError, match="no tax_scale is known"):
        amo.load().figure("tax_scale", NOW)  # a scale is no figure
