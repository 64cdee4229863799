"""What is known of a person when an assessment is asked for."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

CHOICES: dict[str, tuple[str, ...]] = {
    "work": ("own_account", "employee", "cooperative", "member", "helper", "none"),
    "declared": ("yes", "no", "unsure"),
    "cover": (
        "none", "employee", "pensioner", "dependant", "tadamon", "achamil", "tns", "other", "unsure",
    ),
    "tax_status": (
        "none", "auto_entrepreneur", "cpu", "accounts_simplified", "accounts_real", "several", "unsure",
    ),
    "tax_return": ("not_due", "missing", "filed", "unsure"),
    "in_rna": ("yes", "no", "unsure"),
    "has_diploma": ("yes", "no"),
}  # fmt: skip
WHOLE = ("age", "practice_years")
DECIMAL = ("annual_tax", "net_profit", "rsu_score")
PLAIN = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Situation:
    """A person's situation; money in DH a year, `rsu_score` as printed by the RSU.

    `tax_return`, of accounts on the real result whose profit is not known: whether a first return is due, and filed.
    """

    work: str
    declared: str = "unsure"
    cover: str = "none"
    tax_status: str = "none"
    annual_tax: Decimal | None = None
    net_profit: Decimal | None = None
    tax_return: str = "unsure"
    trade: str | None = None
    in_rna: str = "unsure"
    practice_years: int | None = None
    has_diploma: str = "no"
    rsu_score: Decimal | None = None
    age: int | None = None

    @property
    def own(self) -> bool:
        """Works for herself: on her own account, or as a member who is paid no wage."""
        return self.work in ("own_account", "member")

    @property
    def registered_activity(self) -> bool:
        """An activity somebody has a record of (several and unsure included)."""
        return self.tax_status != "none" or self.in_rna == "yes"


KEYS = tuple(field.name for field in fields(Situation))


def read(given: Mapping[str, Any], trades: Collection[str]) -> Situation:
    """A Situation from loose values, as they come from JSON or from a conversation.

    `trades`: every trade id that is or was known; `other` always is.
    Errors: ValueError for an unknown key, value or trade, a missing `work`, and for numbers
    that are negative, NaN, infinite, boolean or not plain decimal digits.
    """
    unknown = [key for key in given if key not in KEYS]
    if unknown:
        raise ValueError(f"unknown key: {unknown[0]!r}")
    if "work" not in given:
        raise ValueError("work is missing")
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key in CHOICES:
            values[key] = _choice(key, value)
        elif key == "trade":
            values[key] = _trade(value, trades)
        else:
            values[key] = None if value is None else _number(key, value)
    return Situation(**values)


def _choice(key: str, value: Any) -> str:
    if not isinstance(value, str) or value not in CHOICES[key]:
        raise ValueError(f"{key}: unknown value {value!r}")
    return value


def _trade(value: Any, trades: Collection[str]) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and (value == "other" or value in trades):
        return value
    raise ValueError(f"trade: unknown id {value!r}")


def _number(key: str, value: Any) -> Decimal | int:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise ValueError(f"{key}: not a number: {value!r}")
    if isinstance(value, str):
        if not PLAIN.match(value):
            raise ValueError(f"{key}: not a plain positive number: {value[:40]!r}")
        number = Decimal(value)
    else:
        number = Decimal(str(value))
        if not number.is_finite() or number < 0:
            raise ValueError(f"{key}: not a positive finite number: {value!r}")
    if key in WHOLE:
        if number != number.to_integral_value():
            raise ValueError(f"{key}: not a whole number: {value!r}")
        return int(number)
    return number
