"""Report: a broadcast in words, every state, every reason, and the sum."""

import textwrap
from collections import Counter
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session
from typing_extensions import override

from conversations.context import BroadcastView
from conversations.values import Lines, Named, Reply, Say
from models import broadcast
from models.broadcast import Broadcast, BroadcastState
from models.contact import Contact
from models.delivery import STATES, Delivery
from services.broadcasts.approval import waiting_for
from services.broadcasts.controls import allowed_controls
from services.broadcasts.placeholders import text_as_typed
from services.context import Desk

MOST_REASONS = 8
MOST_BROADCASTS = 20
FIRST_LETTERS = 36  # letters of a text by which it is known in a list


def balance_reply(db: Session, row: Broadcast) -> Reply:
    """Return the balance in words: every state, and their sum, which is the frozen count."""
    found = broadcast.state_counts(db, row)
    name = "balance" if row.session_id is None else f"balance.{row.kind}"
    head = Say(f"broadcast.{name}", {"id": Named.same(str(row.id))})
    says = [
        Say(f"broadcast.state.{state}", {"number": Named.same(str(found[state]))})
        for state in STATES
        if found.get(state)
    ]
    total = Say("broadcast.total", {"sum": sum(found.values()), "number": Named.same(str(row.count))})
    return Reply((Lines((head, *says, total)),))


def broadcast_view(db: Session, desk: Desk, contact: Contact, id: str) -> BroadcastView:
    """Return a broadcast as somebody of the chamber sees it, with reasons and who was left out. Raises LookupError
    when there is none of that number.
    """
    row = db.get(Broadcast, int(id)) if id.isascii() and id.isdigit() and len(id) < 9 else None
    if row is None:
        raise LookupError(id)
    says: list[Say | Lines] = [Say(f"sendings.state.{row.state}")]
    if row.texts:
        typed = {each: text_as_typed(desk, text, each) for each, text in row.texts.items()}
        says.append(Say("sendings.text", {"text": Named(typed)}))
    if row.state not in (
        BroadcastState.FROZEN,
        BroadcastState.WAITING,
        BroadcastState.DROPPED,
        BroadcastState.SCHEDULED,
    ):
        says += balance_reply(db, row).text
    reasons = _reasons(db, row)
    if reasons:
        lines = [
            Say("sendings.reason", {"reason": Say(f"reason.{name}"), "number": Named.same(str(number))})
            for name, number in reasons.most_common(MOST_REASONS)
        ]
        says.append(Lines((Say("sendings.reasons"), *lines)))
    if row.left_out:
        lines = [
            Say(f"broadcast.left.{reason}", {"number": Named.same(str(number))})
            for reason, number in sorted(row.left_out.items())
        ]
        says.append(Lines((Say("sendings.left_out"), *lines)))
    return BroadcastView(Reply(tuple(says)), allowed_controls(db, contact, row))


def _reasons(db: Session, row: Broadcast) -> Counter[str]:
    """Return how many deliveries of a broadcast did not arrive, or may not have, by `Reason`."""
    found = db.execute(
        sa.select(Delivery.reason, sa.func.count())
        .where(Delivery.broadcast_id == row.id, Delivery.reason.is_not(None))
        .where(Delivery.state.not_in(("sent", "delivered", "read", "pending", "sending")))
        .group_by(Delivery.reason)
    )
    return Counter({str(reason): count for reason, count in found})


def _begins(text: str) -> str:
    """The first words of a text, none of them cut."""
    return textwrap.shorten(text, FIRST_LETTERS, placeholder="…")


class BroadcastSource:
    """The last broadcasts, as a source of options."""

    def __init__(self, db: Session, desk: Desk) -> None:
        self.db, self.desk = db, desk

    def find(self, words: str, answers: object, page: int) -> tuple[list[str], bool]:
        """The latest first."""
        found = sa.select(Broadcast.id).where(Broadcast.state.not_in((BroadcastState.FROZEN, BroadcastState.DROPPED)))
        ids = [str(id) for id in self.db.scalars(found.order_by(Broadcast.id.desc()).limit(MOST_BROADCASTS))]
        return ids[page * 6 : (page + 1) * 6], len(ids) > (page + 1) * 6

    def label(self, id: str) -> Named:
        """Its number, its kind or first words, how many people. KeyError when there is none."""
        row = self._row(id)
        if row is None:
            raise KeyError(id)
        names = {}
        for language in ("ar", "fr"):
            kind = Say(f"sendings.kind.{row.kind}")
            first = _begins(text_as_typed(self.desk, row.texts[language], language)) if row.texts else ""
            what = f"{self.desk.speech.say(kind, language)} {first}".strip()
            at = self.desk.clock.wall(row.due_at or row.created_at)
            placeholders = {
                "id": Named.same(id),
                "what": Named.same(what),
                "number": Named.same(str(row.count)),
                "day": Named.same(f"{at:%d/%m}"),
            }
            names[language] = self.desk.speech.say(Say("sendings.line", placeholders), language)
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


class WaitingSource(BroadcastSource):
    """The broadcasts that wait for a second person, whom this one may be."""

    def __init__(self, db: Session, desk: Desk, contact: Contact) -> None:
        super().__init__(db, desk)
        self.contact = contact

    @override
    def find(self, words: str, answers: object, page: int) -> tuple[list[str], bool]:
        ids = [str(row.id) for row in waiting_for(self.db, self.desk, self.contact)]
        return ids[page * 6 : (page + 1) * 6], len(ids) > (page + 1) * 6


def price_of(desk: Desk, by: Counter[str]) -> Decimal | None:
    """Return what so many messages by channel cost in DH; None where the chamber told no price."""
    charged = {channel: count for channel, count in by.items() if channel in desk.policy.daily}
    if not charged or any(channel not in desk.policy.price for channel in charged):
        return None
    return sum((desk.policy.price[channel] * count for channel, count in charged.items()), Decimal(0))
