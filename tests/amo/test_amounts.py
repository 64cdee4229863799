"""The tables of docs/amo.md section 2, figure by figure."""

from datetime import date
from decimal import Decimal

import pytest

from amo.amounts import by_score, by_tax, flat
from tests.desks import facts

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
    assert flat(factor, date.fromisoformat(on), facts()) == Decimal(due)


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
    assert by_tax(Decimal(tax), NOW, facts()) == (None if due is None else Decimal(due))


@pytest.mark.parametrize(
    ("score", "due"),
    [
        ("9.3264285", "144"), ("9.5124369", "144"), ("9.5124370", "176"), ("9.743001", "176"),
        ("9.743002", "224"), ("9.9903727", "224"), ("10.237316", "287"), ("10.431048", "355"),
        ("10.739952", "454"), ("11.013068", "611"), ("11.013069", "1164"), ("50", "1164"),
    ],
)  # fmt: skip
def test_scale_by_score(score: str, due: str) -> None:
    assert by_score(Decimal(score), NOW, facts()) == Decimal(due)


def test_no_scale_before_it_began() -> None:
    assert by_score(Decimal(10), date(2023, 12, 31), facts()) is None


def test_every_figure_has_a_source_and_a_mark() -> None:
    for name, rows in facts().rows.items():
        assert [row.since for row in rows] == sorted({row.since for row in rows}), name
        for row in rows:
            assert row.source, name
            assert (row.value is None) != (not row.bands), name
