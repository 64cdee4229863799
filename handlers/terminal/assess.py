"""Situations as JSON lines in, assessments as JSON lines out."""

import json
from collections.abc import Callable, Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import amo


def assess_lines(
    lines: Iterable[str],
    facts: amo.Facts,
    trades: Collection[str],
    today: date,
    show: Callable[[str], None],
) -> bool:
    """Show an assessment a line; False when a line was refused (the others went on).

    A line has the keys of docs/amo.md section 3, plus `on` (a day; today when it is missing).
    """
    every = True
    for line in lines:
        if not line.strip():
            continue
        try:
            answer = _assess(line, facts, trades, today)
        except (ValueError, RecursionError) as error:
            answer, every = {"error": str(error) or "unreadable"}, False
        show(json.dumps(answer, ensure_ascii=False))
    return every


def _assess(line: str, facts: amo.Facts, trades: Collection[str], today: date) -> dict[str, Any]:
    given = json.loads(line, parse_float=Decimal, parse_constant=_refuse)
    if not isinstance(given, dict):
        raise ValueError("not a JSON object")
    on = given.pop("on", None)
    if on is not None and not isinstance(on, str):
        raise ValueError(f"on: not a day: {on!r}")
    day = today if on is None else date.fromisoformat(on)
    found = amo.assess(amo.read(given, trades), day, facts)
    return {
        "regime": found.regime,
        "amount": None if found.amount is None else str(found.amount),
        "period": found.period,
        "rna": found.rna,
        "next_steps": list(found.next_steps),
        "ask_person": found.ask_person,
        "reasons": list(found.reasons),
    }


def _refuse(constant: str) -> Any:
    raise ValueError(f"not a finite number: {constant}")
