"""The tables of docs/amo.md section 2, figure by figure."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import amo
from amo.amounts import by_score, by_tax, flat, lowest_by_tax
from amo.facts import Band

DAYS = ["2021-01-01", "2022-09-01", "2023-09-01", "2025-01-01", "2026-01-01"]
FLAT = {
    "artisan": ["134.91", "141.65", "148.39", "155.77", "163.24"],
    "accounts_simplified": ["179.87", "188.86", "197.85", "207.69", "217.65"],
    "accounts_real_low": ["575.60", "604.36", "633.12", "664.60", "696.47"],
    "accounts_real_high": ["1079.25", "1133.17", "1187.10", "1246.12", "1305.88"],
}
NOW = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("factor", "on", "due"),
    [(factor, on, due) for factor, dues in FLAT.items() for on, due in zip(DAYS, dues, strict=True)],
)
def test_flat_rates(factor: str, on: str, due: str) -> None:
    assert flat(factor, date.fromisoformat(on), amo.load()) == Decimal(due)


@pytest.mark.parametrize(
    ("tax", "due"),
    [
        ("0", "300"), ("499.99", "300"), ("500", "390"), ("1000", "390"), ("1000.60", None),
        ("1001", "570"), ("2500", "570"), ("2500.5", None), ("2501", "720"), ("5000", "720"),
        ("5001", "1050"), ("10000", "1050"), ("10001", "1500"), ("25000", "1500"), ("25001", "2250"),
        ("50000", "2250"), ("50000.01", "3600"), ("1000000", "3600"),
    ],
)  # fmt: skip
def test_scale_by_tax(tax: str, due: str | None) -> None:
    assert by_tax(Decimal(tax), NOW, amo.load()) == (None if due is None else Decimal(due))


@pytest.mark.parametrize(
    ("score", "due"),
    [
        ("9.3264285", "144"),
        ("9.5124369", "144"),
        ("9.5124370", "176"),
        ("9.743001", "176"),
        ("9.743002", "224"),
        ("9.9903727", "224"),
        ("10.237316", "287"),
        ("10.431048", "355"),
        ("10.739952", "454"),
        ("11.013068", "611"),
        ("11.013069", "1164"),
        ("50", "1164"),
    ],
)
def test_scale_by_score(score: str, due: str) -> None:
    assert by_score(Decimal(score), NOW, amo.load()) == Decimal(due)


def test_no_scale_before_it_began() -> None:
    assert by_score(Decimal(10), date(2023, 12, 31), amo.load()) is None


def test_every_figure_has_a_source_and_a_mark() -> None:
    for name, rows in amo.load().rows.items():
        assert [row.since for row in rows] == sorted({row.since for row in rows}), name
        for row in rows:
            assert row.source, name
            assert (row.value is None) != (not row.bands), name


def test_a_band_is_exclusive_below_and_over_and_inclusive_between() -> None:
    over = Band(Decimal(1), over=Decimal(50))
    assert not over.holds(Decimal(50))
    assert over.holds(Decimal("50.01"))
    assert Band(Decimal(1), low=Decimal(5), high=Decimal(9)).holds(Decimal(9))


def test_half_a_centime_is_rounded_up(tmp_path: Path) -> None:
    text = amo.facts.HERE.read_text(encoding="utf-8")
    file = tmp_path / "facts.toml"
    text = text.replace('value = "17.92"', 'value = "0.0009375"').replace('value = "0.0637"', 'value = "12"')
    file.write_text(text, encoding="utf-8")
    assert flat("accounts_simplified", NOW, amo.load(file)) == Decimal("2.15")  # 2.145


def test_nothing_is_due_less_than_the_first_band() -> None:
    assert lowest_by_tax(NOW, amo.load()) == Decimal("300.00")
