"""The usual artisan: what she answers to each question, as she says it and as the form holds it.

A new question brings one line here, in the order in which it is asked: every test that walks a flow reads these tables.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answered:
    """A question's step; what she types or presses, in order; what the form holds then."""

    step: str
    said: tuple[str, ...]
    value: Any = None


# A potter on her own account who asks which insurance is hers.
ELIGIBILITY = (
    Answered("work", ("work:own_account",), "own_account"),
    Answered("age", ("35",), 35),
    Answered("cover", ("cover:none",), "none"),
    Answered("tax_status", ("tax_status:none",), "none"),
    Answered("in_rna", ("in_rna:no",), "no"),
    Answered("trade", ("potier", "trade:C076"), "C076"),
    Answered("practice_years", ("5",), 5),
    Answered("rsu_score", ("rsu_score:unsure",), "unsure"),
)
# The same, who is pre-registered.
REGISTRATION = (
    Answered("consent", ("consent:yes",), "yes"),
    Answered("whom", ("whom:me",), "me"),
    Answered("name", ("Fatima Essai",), "Fatima Essai"),
    Answered("sex", ("sex:female",), "female"),
    Answered("birth", ("25/12/1990",), "1990-12-25"),
    Answered("phone", ("0612345678",), "+212612345678"),
    Answered("trade", ("potier", "trade:C076"), "C076"),
    Answered("practice_years", ("7",), 7),
    Answered("commune", ("Guelmim",), "10.261.01.03"),
    Answered("workplace", ("workplace:home",), "home"),
    Answered("tax_status", ("tax_status:none",), "none"),
    Answered("cover", ("cover:none",), "none"),
    Answered("in_rna", ("in_rna:no",), "no"),
    Answered("spouse", ("spouse:yes",), "yes"),
    Answered("children", ("2",), 2),
    Answered("other_children", ("other_children:none",), "none"),
)
# Her mother, whom she registers on the same phone: every question there is.
PARENT = (
    Answered("consent", ("consent:yes",)),
    Answered("whom", ("whom:parent",)),
    Answered("name", ("Fatima Essai",)),
    Answered("sex", ("sex:female",)),
    Answered("birth", ("25/12/1960",)),
    Answered("phone", ("0612345678",)),
    Answered("trade", ("potier", "trade:C076")),
    Answered("practice_years", ("1",)),
    Answered("has_diploma", ("has_diploma:no",)),
    Answered("commune", ("Zag",)),
    Answered("workplace", ("workplace:market",)),
    Answered("tax_status", ("tax_status:cpu",)),
    Answered("cover", ("cover:tadamon",)),
    Answered("cnss_number", ("123456789",)),
    Answered("in_rna", ("in_rna:yes",)),
    Answered("nia", ("NIA 77/12",)),
    Answered("spouse", ("spouse:no",)),
    Answered("children", ("deux",)),
    Answered("other_children", ("other_children:both",)),
    Answered("students", ("1",)),
    Answered("disabled", ("1",)),
)


def said(
    table: Sequence[Answered],
    but: Mapping[str, str | tuple[str, ...]] | None = None,
    known: Collection[str] = (),
    after: str | None = None,
) -> list[str]:
    """What is typed and pressed, in order. `but`: other answers by step; `known`: steps that are not asked; `after`:
    only the steps behind this one.
    """
    other = but or {}
    steps = [each.step for each in table]
    found: list[str] = []
    for each in table[steps.index(after) + 1 if after else 0 :]:
        words = other.get(each.step, each.said)
        found += [] if each.step in known else [words] if isinstance(words, str) else words
    return found


def values(table: Sequence[Answered]) -> dict[str, Any]:
    """What the form holds in the end, by step."""
    return {each.step: each.value for each in table}
