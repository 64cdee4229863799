"""Taxes and turnovers asked as bands, and the figures they stand for."""

from collections.abc import Mapping
from decimal import Decimal

from conversations.context import TurnContext
from conversations.forms.flow import Case
from conversations.forms.kinds.amount import Amount, Range
from conversations.language.figures import grouped_number
from conversations.values import Answers, Money, Named, Placeholder

# Each band stands for any tax inside its line of the scale: they lead to the same amount.
ANNUAL_TAX = Amount(
    {
        "under_500": Range(Decimal(0)),
        "500_1000": Range(Decimal(500)),
        "1001_2500": Range(Decimal(1001)),
        "2501_5000": Range(Decimal(2501)),
        "5001_10000": Range(Decimal(5001)),
        "10001_25000": Range(Decimal(10001)),
        "25001_50000": Range(Decimal(25001)),
        "over_50000": Range(Decimal(50001)),
    }
)
# The same lines of the scale, as the turnover that gives them at 0.5 % and at 1 %.
TURNOVER_GOODS = Amount(
    {
        "under_100000": Range(Decimal(0)),
        "to_200000": Range(Decimal(100_000)),
        "to_500000": Range(Decimal(300_000)),
        "over_500000": Range(Decimal(600_000)),
    }
)
TURNOVER_SERVICES = Amount(
    {
        "under_50000": Range(Decimal(0)),
        "to_100000": Range(Decimal(50_000)),
        "to_200000": Range(Decimal(150_000)),
        "over_200000": Range(Decimal(300_000)),
    }
)
NET_PROFIT = Amount({"to_100000": Range(Decimal(100_000)), "over_100000": Range(Decimal(100_001))})
TURNOVERS: Mapping[str, tuple[str, Amount]] = {
    "goods": ("turnover_goods", TURNOVER_GOODS),
    "services": ("turnover_services", TURNOVER_SERVICES),
}


# Which line of the scale a band is, by its place among them.
TAX_BANDS = tuple(ANNUAL_TAX.bands)


def tax_edges(id: str, case: Case) -> dict[str, Placeholder]:
    """The edges of a band of tax: the line of the scale it stands for."""
    scale = case.context.facts.find("tax_scale", case.context.today)
    assert scale is not None
    band = scale.bands[TAX_BANDS.index(id)]
    low, high = band.low if band.low is not None else band.over, band.high if band.high is not None else band.below
    return _edges(low, high)


def turnover_edges(kind: str, id: str, case: Case) -> dict[str, Placeholder]:
    """The edges of a band of turnover: the first lines of the scale, at the rate of this kind; then the ceiling."""
    facts, today = case.context.facts, case.context.today
    scale = facts.find("tax_scale", today)
    assert scale is not None
    rate = facts.figure(f"auto_entrepreneur_rate.{kind}", today)
    tops = [scale.bands[0].below, scale.bands[1].high]
    edges = [None, *(top / rate for top in tops if top is not None)]
    edges += [facts.figure(f"auto_entrepreneur_ceiling.{kind}", today), None]
    place = tuple(TURNOVERS[kind][1].bands).index(id)
    return _edges(edges[place], edges[place + 1])


def profit_edges(id: str, case: Case) -> dict[str, Placeholder]:
    """The profit at which the factor of real accounts changes."""
    return _edges(None, case.context.facts.figure("profit_ceiling", case.context.today))


def _edges(low: Decimal | None, high: Decimal | None) -> dict[str, Placeholder]:
    """What is below and above, where there is such."""
    said: dict[str, Placeholder] = {}
    if low is not None:
        said["from"] = Money(low) if high is None else Named.same(grouped_number(low.to_integral_value()))
    if high is not None:
        said["to"] = Money(high)
    return said


def annual_tax(answers: Answers, context: TurnContext) -> Decimal | None:
    """DH of income tax a year: as told, or the auto-entrepreneur's from the turnover."""
    if answers.get("tax_status") != "auto_entrepreneur":
        return ANNUAL_TAX.figure(answers.get("annual_tax"))
    asked = TURNOVERS.get(str(answers.get("activity")))
    if asked is None:
        return None
    step, amount = asked
    turnover = amount.figure(answers.get(step))
    if turnover is None:
        return None
    kind = answers["activity"]
    if turnover > context.facts.figure(f"auto_entrepreneur_ceiling.{kind}", context.today):
        return context.facts.figure("auto_entrepreneur_top_tax", context.today) + 1
    return turnover * context.facts.figure(f"auto_entrepreneur_rate.{kind}", context.today)
