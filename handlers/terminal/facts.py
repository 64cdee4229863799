"""The parameters of the rules as a table: in force since when, how old, how sure, read by whom."""

from collections.abc import Callable, Iterable
from datetime import date

from amo.facts import Band, Fact, Facts
from conversations.context import ChangedResults

Show = Callable[[str], None]


def show_facts(facts: Facts, today: date, show: Show) -> None:
    """Every parameter in force, those to come, then what is not established."""
    show(f"edition {facts.edition}; in force on {today}:")
    show("")
    rows: list[tuple[str, ...]] = [("parameter", "value", "from", "age", "mark", "text", "reviewer")]
    later = []
    for name in facts.rows:
        row = facts.find(name, today)
        if row is not None:
            rows.append(_columns(name, row, today, facts))
        later += [(name, each) for each in facts.rows[name] if each.since > today]
    _table(rows, show)
    for name, each in later:
        show(f"later: {name} is {_value(each)} from {each.since}")
    unread = sum(row[-1] == "nobody yet" for row in rows)
    show("")
    show(f"{unread} of {len(rows) - 1} were read against their text by nobody yet")
    show("")
    show("not established:")
    for unknown in facts.open:
        show(f"  {unknown.id}: {unknown.says['fr']}")


def show_recheck(facts: Facts, today: date, show: Show) -> None:
    """What must be looked at again, by day: figures whose day has passed or comes, and those that change themselves."""
    days = []
    for name, rows in facts.rows.items():
        for row in rows:
            if row.recheck_by is not None:
                days.append((row.recheck_by, f"{name} = {_value(row)}, from {row.since}: look again ({row.source})"))
            if row.since > today:
                days.append((row.since, f"{name} becomes {_value(row)} ({row.source})"))
    if not days:
        show("nothing has a day by which to look again")
    for day, what in sorted(days):
        left = (day - today).days
        when = f"{left} days left" if left > 0 else "today" if left == 0 else f"{-left} days late"
        show(f"{day}  {when}: {what}")


def show_changes(changes: Iterable[ChangedResults], looked: int, unread: int, on: date, show: Show) -> None:
    """From what to what, how many results; who they are is told to nobody here."""
    found = list(changes)
    show(f"{sum(each.count for each in found)} of {looked} results would be others on {on}")
    if unread:
        show(f"{unread} cannot be read: the log names them")
    for each in found:
        show(f"{each.count}: {_told(each.before, each.was)} -> {_told(each.after, each.will)}")


def _told(regime: str, amount: object) -> str:
    return regime if amount is None else f"{regime} {amount} DH"


def _columns(name: str, row: Fact, today: date, facts: Facts) -> tuple[str, ...]:
    return (
        name,
        _value(row),
        str(row.since),
        _age((today - row.since).days),
        row.mark,
        facts.rules.texts[row.text]["fr"],
        row.reviewer or "nobody yet",
    )


def _value(row: Fact) -> str:
    return str(row.value) if row.value is not None else ", ".join(map(_band, row.bands))


def _band(band: Band) -> str:
    low, high = band.low or band.over, band.high or band.below
    return f"{'' if low is None else low}..{'' if high is None else high}: {band.due}"


def _age(days: int) -> str:
    years, rest = divmod(days, 365)
    return f"{years} y {rest // 30} m" if years else f"{days} d"


def _table(rows: list[tuple[str, ...]], show: Show) -> None:
    """Columns side by side; a long cell is last on its line."""
    short = [[row[0], row[1] if len(row[1]) <= 24 else "(below)", *row[2:]] for row in rows]
    widths = [max(len(row[place]) for row in short) for place in range(len(rows[0]))]
    for row, whole in zip(short, rows, strict=True):
        show("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if row[1] == "(below)":
            show(f"    {whole[1]}")
