"""How a message to many stands, in words and as a sheet: every person, every reason, and the sum."""

import io
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.staff.broadcast import CHANNELS
from conversations.values import Lines, Named, Reply, Say
from conversations.world import Sending
from models import broadcast
from models.broadcast import DROPPED, FROZEN, SCHEDULED, WAITING, Broadcast
from models.contact import Contact
from models.delivery import STATES, Delivery
from models.registration import Registration
from models.session import Subscription
from services.desk import Desk
from services.files import grouped, name_of
from services.steering import what_may_be

# Why a message did not arrive, by what its row says; the first that fits.
REASONS = (
    ("stopped", ("stopped", "Twilio 21610", "Twilio 63014")),
    ("blocked", ("blocked", "deactivated", "chat not found", "kicked", "unreachable", "Twilio 63024")),
    ("number", ("Twilio 21211", "Twilio 21614")),
    ("window", ("no template", "Twilio 63016")),
    ("withheld", ("Twilio 63049",)),
    ("daily", ("daily limit",)),
    ("undone", ("undone", "the session")),
    ("erased", ("erased",)),
    ("late", ("too late",)),
    ("blank", ("blank", "no meeting")),
    ("restored", ("restored",)),
    ("unsure", ("lane died", "Timeout", "Disconnected", "without an id", "answered 5", "a part of it")),
    ("network", ("never reached", "ConnectorError", "ConnectionTimeout", "DNS", "TLS")),
)
NAMES = tuple(name for name, _ in REASONS)
MOST = 8
LATEST = 20


def reason_of(error: str | None) -> str:
    """The reason in the desk's own words."""
    for name, marks in REASONS:
        if error is not None and any(mark.lower() in error.lower() for mark in marks):
            return name
    return "other"


def balance(db: Session, row: Broadcast) -> Reply:
    """The balance: every state, and their sum, which is the frozen count."""
    found = broadcast.balance(db, row)
    name = "balance" if row.session_id is None else f"balance.{row.kind}"
    head = Say(f"broadcast.{name}", {"id": Named.same(str(row.id))})
    says = [
        Say(f"broadcast.state.{state}", {"number": Named.same(str(found[state]))})
        for state in STATES
        if found.get(state)
    ]
    total = Say("broadcast.total", {"sum": sum(found.values()), "number": Named.same(str(row.count))})
    return Reply((Lines((head, *says, total)),))


def view(db: Session, desk: Desk, contact: Contact, id: str) -> Sending:
    """A message as somebody of the chamber sees it. LookupError when there is none of that number."""
    row = db.get(Broadcast, int(id)) if id.isascii() and id.isdigit() and len(id) < 9 else None
    if row is None:
        raise LookupError(id)
    says: list[Say | Lines] = [Say(f"sendings.state.{row.state}")]
    if row.texts:
        says.append(Say("sendings.text", {"text": Named(row.texts)}))
    if row.state not in (FROZEN, WAITING, DROPPED, SCHEDULED):
        says += balance(db, row).text
    reasons = _reasons(db, row)
    if reasons:
        lines = [
            Say("sendings.reason", {"reason": Say(f"reason.{name}"), "number": Named.same(str(number))})
            for name, number in reasons.most_common(MOST)
        ]
        says.append(Lines((Say("sendings.reasons"), *lines)))
    if row.left_out:
        lines = [
            Say(f"broadcast.left.{reason}", {"number": Named.same(str(number))})
            for reason, number in sorted(row.left_out.items())
        ]
        says.append(Lines((Say("sendings.left_out"), *lines)))
    return Sending(Reply(tuple(says)), what_may_be(db, contact, row))


def _reasons(db: Session, row: Broadcast) -> Counter[str]:
    """Why messages did not arrive, and how many of each."""
    found = db.execute(
        sa.select(Delivery.error, sa.func.count())
        .where(Delivery.broadcast_id == row.id, Delivery.error.is_not(None))
        .where(Delivery.state.not_in(("sent", "delivered", "read", "pending", "sending")))
        .group_by(Delivery.error)
    )
    reasons: Counter[str] = Counter()
    for error, count in found:
        reasons[reason_of(error)] += count
    return reasons


class Sendings:
    """The last messages to many, as a source of options."""

    def __init__(self, db: Session, desk: Desk) -> None:
        self.db, self.desk = db, desk

    def find(self, words: str, answers: object, page: int) -> tuple[list[str], bool]:
        """The latest first."""
        found = sa.select(Broadcast.id).where(Broadcast.state.not_in((FROZEN, DROPPED)))
        ids = [str(id) for id in self.db.scalars(found.order_by(Broadcast.id.desc()).limit(LATEST))]
        return ids[page * 6 : (page + 1) * 6], len(ids) > (page + 1) * 6

    def label(self, id: str) -> Named:
        """Its number, its kind or first words, how many people. KeyError when there is none."""
        row = self._row(id)
        if row is None:
            raise KeyError(id)
        names = {}
        for language in ("ar", "fr"):
            kind = Say(f"sendings.kind.{row.kind}")
            first = row.texts[language][:30] if row.texts else ""
            what = f"{self.desk.speech.say(kind, language)} {first}".strip()
            blanks = {"id": Named.same(id), "what": Named.same(what), "number": Named.same(str(row.count))}
            names[language] = self.desk.speech.say(Say("sendings.line", blanks), language)
        return Named(names)

    def known(self, id: str) -> bool:
        """Whether there is one of that number."""
        return self._row(id) is not None

    def fits(self, id: str, answers: object) -> bool:
        """With anything."""
        return True

    def offers(self, id: str) -> bool:
        """Whether it can be looked at."""
        return self._row(id) is not None

    def _row(self, id: str) -> Broadcast | None:
        return self.db.get(Broadcast, int(id)) if id.isascii() and id.isdigit() and len(id) < 9 else None


# -- as a sheet -------------------------------------------------------------------------------------


def rows_of(db: Session, desk: Desk, row: Broadcast, language: str) -> Iterator[tuple[str, ...]]:
    """Everybody the message was for: reference and name where there is one file, commune, channel, state,
    reason, hour. No phone and no card's number stands there."""
    files: dict[object, list[Registration]] = {}
    of_these = sa.select(Delivery.contact_id).where(Delivery.broadcast_id == row.id)
    for file in db.scalars(sa.select(Registration).where(Registration.contact_id.in_(of_these))):
        files.setdefault(file.contact_id, []).append(file)
    wishes = dict(
        db.execute(
            sa.select(Subscription.contact_id, Subscription.commune).where(
                Subscription.contact_id.in_(of_these)
            )
        ).all()
    )
    communes = desk.sources["communes"]
    found = db.execute(
        sa.select(Delivery.contact_id, Delivery.channel, Delivery.state, Delivery.error, Delivery.sent_at)
        .where(Delivery.broadcast_id == row.id)
        .order_by(Delivery.state, Delivery.id)
    )
    for number, (contact, channel, state, error, sent_at) in enumerate(found, 1):
        theirs = files.get(contact, [])
        commune = theirs[0].commune if theirs else wishes.get(contact)
        at = desk.clock.wall(sent_at).isoformat(" ", "minutes") if sent_at else ""
        why = reason_of(error) if error and state not in ("sent", "delivered", "read") else ""
        yield (
            str(number),
            ", ".join(grouped(file.reference) for file in theirs),
            ", ".join(name_of(desk, file) for file in theirs),
            communes.label(str(commune)).names[language] if commune and communes.known(str(commune)) else "",
            _said(desk, f"sheet.channel.{channel}", language) if channel in CHANNELS else "",
            _said(desk, f"sheet.state.{state}", language),
            _said(desk, f"reason.{why}", language) if why else "",
            at,
        )


COLUMNS = ("number", "reference", "name", "commune", "channel", "state", "reason", "at")


def _said(desk: Desk, address: str, language: str) -> str:
    return desk.speech.say(Say(address), language)


def sheet(db: Session, desk: Desk, id: int, language: str) -> bytes | None:
    """A spreadsheet (XLSX) of everybody a message was for, and the balance; None when there is none.

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
        for column, name in enumerate(COLUMNS):
            people.write_string(0, column, _said(desk, f"sheet.column.{name}", language), bold)
        people.set_column(0, 0, 6)
        people.set_column(1, len(COLUMNS) - 1, 22)
        for line, values in enumerate(rows_of(db, desk, row, language), 1):
            people.write_number(line, 0, int(values[0]))
            for column, value in enumerate(values[1:], 1):
                people.write_string(line, column, value)
        found = broadcast.balance(db, row)
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
    return file.getvalue()


def price(desk: Desk, by: Counter[str]) -> Decimal | None:
    """What so many messages by channel cost in DH, where the chamber told the price of each."""
    charged = {channel: count for channel, count in by.items() if channel in desk.policy.daily}
    if not charged or any(channel not in desk.policy.price for channel in charged):
        return None
    return sum((desk.policy.price[channel] * count for channel, count in charged.items()), Decimal(0))
