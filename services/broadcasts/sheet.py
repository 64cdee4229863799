"""Spreadsheet: everybody a broadcast was for, what became of each delivery and why, and the sum."""

import io
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Say
from models import broadcast
from models.broadcast import Broadcast
from models.contact import Address, unseal_address
from models.delivery import STATES, Delivery
from models.registration import Registration
from models.sealed import UNREADABLE
from models.session import Subscription
from services.context import Desk
from services.people.files import grouped_reference, name_of


def spreadsheet_rows(db: Session, desk: Desk, row: Broadcast, language: str) -> Iterator[tuple[str, ...]]:
    """Yield a row for everybody a broadcast was for: number, reference, name, commune, channel, state, reason, hour.

    No phone and no card's number stands there; who has no file is told apart by two digits.
    """
    files: dict[object, list[Registration]] = {}
    of_these = sa.select(Delivery.contact_id).where(Delivery.broadcast_id == row.id)
    for file in db.scalars(sa.select(Registration).where(Registration.contact_id.in_(of_these))):
        files.setdefault(file.contact_id, []).append(file)
    wishes = dict(
        db.execute(
            sa.select(Subscription.contact_id, Subscription.commune).where(Subscription.contact_id.in_(of_these))
        ).all()
    )
    addresses = {
        (each.contact_id, each.channel): each
        for each in db.scalars(sa.select(Address).where(Address.contact_id.in_(of_these)))
    }
    communes = desk.sources["communes"]
    found = db.execute(
        sa.select(Delivery.contact_id, Delivery.channel, Delivery.state, Delivery.reason, Delivery.sent_at)
        .where(Delivery.broadcast_id == row.id)
        .order_by(Delivery.state, Delivery.id)
    )
    for number, (contact, channel, state, reason, sent_at) in enumerate(found, 1):
        theirs = files.get(contact, [])
        names = ", ".join(name_of(desk, file) for file in theirs)
        commune = theirs[0].commune if theirs else wishes.get(contact)
        at = desk.clock.wall(sent_at).isoformat(" ", "minutes") if sent_at else ""
        why = reason if reason and state not in ("sent", "delivered", "read") else ""
        yield (
            str(number),
            ", ".join(grouped_reference(file.reference) for file in theirs),
            names or _ending(desk, addresses.get((contact, channel))),
            communes.label(str(commune)).names[language] if commune and communes.known(str(commune)) else "",
            desk.channel_name(channel).names[language] if channel else "",
            _said(desk, f"sheet.state.{state}", language),
            _said(desk, f"reason.{why}", language) if why else "",
            at,
        )


def _ending(desk: Desk, row: Address | None) -> str:
    """What tells apart those without a name: the last two digits of the number they write from."""
    if row is None:
        return ""
    try:
        return f"••{unseal_address(desk.sealer, row)[-2:]}"
    except UNREADABLE:
        return ""


SPREADSHEET_COLUMNS = ("number", "reference", "name", "commune", "channel", "state", "reason", "at")


def _said(desk: Desk, address: str, language: str) -> str:
    return desk.speech.say(Say(address), language)


def spreadsheet(db: Session, desk: Desk, id: int, language: str) -> bytes | None:
    """Return a spreadsheet (XLSX) of everybody a broadcast was for, and its balance; None when there is none.

    Every cell is text or a number: nothing in it is ever a formula (OWASP: CSV injection).
    """
    import xlsxwriter

    row = db.get(Broadcast, id)
    if row is None:
        return None
    file = io.BytesIO()
    quiet = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, quiet) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        people = book.add_worksheet(_said(desk, "sheet.people", language))
        sums = book.add_worksheet(_said(desk, "sheet.balance", language))
        for page in (people, sums):
            if language == "ar":
                page.right_to_left()
            page.freeze_panes(1, 0)
        for column, name in enumerate(SPREADSHEET_COLUMNS):
            people.write_string(0, column, _said(desk, f"sheet.column.{name}", language), bold)
        people.set_column(0, 0, 6)
        people.set_column(1, len(SPREADSHEET_COLUMNS) - 1, 22)
        for line, values in enumerate(spreadsheet_rows(db, desk, row, language), 1):
            people.write_number(line, 0, int(values[0]))
            for column, value in enumerate(values[1:], 1):
                people.write_string(line, column, value)
        _sums(db, desk, row, language, sums, bold)
    return file.getvalue()


def _sums(db: Session, desk: Desk, row: Broadcast, language: str, sums: Any, bold: Any) -> None:
    """The balance beside the frozen count, and who was left out, on a page of their own."""
    found = broadcast.state_counts(db, row)
    sums.set_column(0, 0, 40)
    sums.write_string(0, 0, _said(desk, "sheet.column.state", language), bold)
    sums.write_string(0, 1, _said(desk, "sheet.column.count", language), bold)
    line = 0
    for line, state in enumerate((each for each in STATES if found.get(each)), 1):
        sums.write_string(line, 0, _said(desk, f"sheet.state.{state}", language))
        sums.write_number(line, 1, found[state])
    sums.write_string(line + 1, 0, _said(desk, "sheet.total", language), bold)
    sums.write_number(line + 1, 1, sum(found.values()))
    sums.write_string(line + 2, 0, _said(desk, "sheet.frozen", language), bold)
    sums.write_number(line + 2, 1, row.count)
    for extra, (reason, number) in enumerate(sorted((row.left_out or {}).items()), line + 4):
        said = _said(desk, f"sheet.left.{reason}", language)
        sums.write_string(extra, 0, said)
        sums.write_number(extra, 1, number)
