"""Whose result the rules would say otherwise today; from there, a message to them is prepared, not sent."""

from decimal import Decimal

from conversations.forms.flow import Case, Command, Flow, Option, Outcome, always
from conversations.roles import Role
from conversations.values import Lines, Money, Named, Reply, Say

MOST_CHANGES = 8


def listed(case: Case) -> Reply:
    """From what to what, and how many people."""
    found = case.context.lookups.changes()
    if found is None:
        return Reply((Say("changes.listed.wait"),))
    if not found:
        return Reply((Say("changes.listed.none"),))
    total = sum(each.count for each in found)
    head = Say("changes.listed.count", {"number": total}, count=total)
    lines = [
        Say(
            "changes.line",
            {
                "before": _said(each.before, each.was),
                "after": _said(each.after, each.will),
                "number": Named.same(str(each.count)),
            },
        )
        for each in found[:MOST_CHANGES]
    ]
    return Reply((Lines((head, *lines)),))


def _said(regime: str, amount: Decimal | None) -> Say:
    name = Say(f"regime.{regime}")
    if amount is None:
        return name
    return Say("changes.with_amount", {"regime": name, "amount": Money(amount)})


def any_change(case: Case) -> bool:
    """Whether there is anybody to write to."""
    return bool(case.context.lookups.changes())


CHANGES = Flow(
    id="changes",
    version=1,
    command=Command("changes", "changes", 70),
    role=Role.BROADCASTER,
    steps=(),
    outcomes=(
        Outcome(
            "listed",
            when=always,
            options=(Option("prepare", operation="prepare", when=any_change), Option("menu", leads_to="menu")),
            yes=("prepare",),
            says=listed,
            sayings=(
                "changes.listed.none",
                "changes.listed.wait",
                "changes.listed.count",
                "changes.line",
                "changes.with_amount",
            ),
        ),
    ),
    keeps=(),
)
