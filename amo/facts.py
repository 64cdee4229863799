"""Dated parameters: what a figure was on a day, where it comes from and how sure it is."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from amo.rules import HERE as RULES
from amo.rules import Rules
from amo.rules import load as load_rules

HERE = Path(__file__).with_name("facts.toml")


@dataclass(frozen=True, slots=True)
class Band:
    """One line of a scale: `below` < is exclusive, `low`..`high` inclusive, `over` exclusive."""

    due: Decimal
    below: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    over: Decimal | None = None

    def holds(self, figure: Decimal) -> bool:
        """Whether `figure` falls on this line."""
        return (
            (self.below is None or figure < self.below)
            and (self.low is None or figure >= self.low)
            and (self.high is None or figure <= self.high)
            and (self.over is None or figure > self.over)
        )


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure (or a scale) that holds from a day on.

    `text`: the text it was read in, an id of rules.toml. `mark`: how sure that is. `reviewer`: who has
    read it against its text, or nobody yet. `recheck_by`: from this day on it may no longer hold, unless somebody has
    looked at it again.
    """

    since: date
    value: Decimal | None
    bands: tuple[Band, ...]
    source: str
    text: str
    mark: str
    reviewer: str | None = None
    recheck_by: date | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Something nobody could establish yet, in words of each language."""

    id: str
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Every parameter by name, oldest row first; `rules`: where each rule comes from; `open`: what is
    not established.
    """

    edition: str
    first_day: date
    jewellery: frozenset[str]
    rows: Mapping[str, tuple[Fact, ...]]
    rules: Rules
    open: tuple[Open, ...] = ()

    def find(self, name: str, on: date) -> Fact | None:
        """The row of `name` in force on a day; None before its first one."""
        found = None
        for row in self.rows[name]:
            if row.since <= on:
                found = row
        return found

    def figure(self, name: str, on: date) -> Decimal:
        """The figure in force on a day. ValueError when nothing is known for that day."""
        row = self.find(name, on)
        if row is None or row.value is None:
            raise ValueError(f"no {name} is known on {on}")
        return row.value

    def coming(self, name: str, on: date) -> Fact | None:
        """The next row of `name` after a day; None when none is known."""
        return next((row for row in self.rows[name] if row.since > on), None)

    def stale(self, names: Iterable[str], on: date) -> bool:
        """Whether one of the figures in force on a day should have been looked at again by then."""
        rows = (self.find(name, on) for name in names)
        return any(row is not None and row.recheck_by is not None and row.recheck_by <= on for row in rows)

    def latest(self, name: str) -> Decimal:
        """The newest figure, for rules that hold whatever the day."""
        value = self.rows[name][-1].value
        assert value is not None
        return value


def load(path: Path = HERE, rules: Path = RULES) -> Facts:
    """Read the facts and their rules from TOML files, the one thing this room reads.

    Errors: OSError, tomllib.TOMLDecodeError, KeyError or ValueError when a row is incomplete.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    plain = {"edition", "first_day", "jewellery", "open"}
    rows: dict[str, tuple[Fact, ...]] = {}
    for name, value in raw.items():
        if name in plain:
            continue
        if isinstance(value, list):
            rows[name] = _rows(value)
        else:
            for part, part_rows in value.items():
                rows[f"{name}.{part}"] = _rows(part_rows)
    unknown = tuple(Open(each["id"], {"ar": each["ar"], "fr": each["fr"]}) for each in raw["open"])
    return Facts(raw["edition"], raw["first_day"], frozenset(raw["jewellery"]), rows, load_rules(rules), unknown)


def _rows(raw: list[dict[str, Any]]) -> tuple[Fact, ...]:
    rows = [
        Fact(
            since=row["from"],
            value=Decimal(row["value"]) if "value" in row else None,
            bands=tuple(Band(**{k: Decimal(v) for k, v in b.items()}) for b in row.get("bands", ())),
            source=row["source"],
            text=row["text"],
            mark=row["mark"],
            reviewer=row["reviewer"] or None,
            recheck_by=row.get("recheck_by"),
        )
        for row in raw
    ]
    return tuple(sorted(rows, key=lambda row: row.since))
