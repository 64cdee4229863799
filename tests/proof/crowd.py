"""A crowd of contacts on one channel, and a message to them put on its way, straight in the database."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import database
from models.broadcast import Broadcast, BroadcastState, pack_audience
from models.contact import Address, Contact, blind_address, seal_address
from models.delivery import Delivery
from models.rows import new_id
from models.session import AwarenessSession, Subscription
from models.staff import Staff
from services.broadcasts.placeholders import text_hash
from tests.desks import desk as parts

TEXTS = {"ar": "القاعة تغيرت. مرحبا.", "fr": "La salle change. Bienvenue."}
AUTHOR = 99


def name_of(channel: str, number: int) -> Any:
    """Who a person is to the fakes."""
    return 1_000_000 + number if channel == "telegram" else f"whatsapp:+2126{number:08d}"


class Crowd:
    """People on a channel of a desk's database, and its author."""

    def __init__(self, url: str, channels: tuple[str, ...], people: int, now: datetime | None = None) -> None:
        self.url, self.now = url, now or datetime.now(UTC)
        self.desk = parts()
        self.engine = database.engine(url, writer=True)
        self.known: dict[Any, UUID] = {}
        self.commune = self.desk.sources["communes"].find("", {"province": "guelmim"}, 0)[0][0]
        with Session(self.engine) as db:
            self.author = self._add(db, "telegram", AUTHOR, subscribed=False)
            db.add(Staff(contact_id=self.author, roles="admin", state="active", since=self.now))
            for number in range(people):
                channel = channels[number % len(channels)]
                self.known[name_of(channel, number)] = self._add(
                    db, channel, name_of(channel, number), language=("ar", "fr")[number % 2]
                )
                if number % 1000 == 999:
                    db.flush()
            db.commit()

    def _add(self, db: Session, channel: str, name: Any, language: str = "fr", subscribed: bool = True) -> UUID:
        id, sealer = new_id(), self.desk.sealer
        blind = blind_address(sealer, channel, str(name))
        db.add(
            Contact(
                id=id,
                created_at=self.now,
                language=language,
                channel=channel,
                address=blind,
                heard_at=self.now,
                window_until=self.now + timedelta(hours=24),
            )
        )
        db.flush()
        value = seal_address(sealer, channel, blind, str(name))
        db.add(Address(channel=channel, blind=blind, contact_id=id, value=value))
        if subscribed:
            db.add(
                Subscription(
                    contact_id=id,
                    commune=self.commune,
                    province="guelmim",
                    reach="province",
                    text_version="t",
                    language=language,
                    channel=channel,
                    since=self.now,
                )
            )
        return id

    def sends(self, kind: str = "broadcast", texts: dict[str, str] = TEXTS) -> int:
        """A message to everybody on its way (`announce`: of a session); its number. The clock puts it down."""
        frozen, count, digest = pack_audience(self.known.values())
        with Session(self.engine) as db:
            session_id = None
            if kind != "broadcast":
                row = AwarenessSession(
                    commune=self.commune,
                    province="guelmim",
                    place={"ar": "قاعة الغرفة", "fr": "Salle"},
                    starts_at=self.now + timedelta(days=2),
                    author_id=self.author,
                    created_at=self.now,
                )
                db.add(row)
                db.flush()
                session_id = row.id
            made = Broadcast(
                kind=kind,
                session_id=session_id,
                edition=None if session_id is None else 1,
                state=BroadcastState.GOING,
                author_id=self.author,
                texts=texts if session_id is None else None,
                text_hash=text_hash(texts),
                frozen=frozen,
                count=count,
                hash=digest,
                created_at=self.now,
                due_at=self.now,
                not_after=self.now + timedelta(hours=23),
            )
            db.add(made)
            db.commit()
            return made.id

    def states(self, id: int) -> dict[UUID, str]:
        """Each person's state in the ledger."""
        with Session(self.engine) as db:
            rows = db.execute(sa.select(Delivery.contact_id, Delivery.state).where(Delivery.broadcast_id == id))
            return {contact: state for contact, state in rows}  # noqa: C416

    def counts(self, id: int) -> Counter[str]:
        """How many in each state; who has no row yet is pending."""
        found = Counter(self.states(id).values())
        found["pending"] += len(self.known) - sum(found.values())
        return +found

    def state(self, id: int) -> str:
        """How the message stands."""
        with Session(self.engine) as db:
            return str(db.scalar(sa.select(Broadcast.state).where(Broadcast.id == id)))

    def close(self) -> None:
        """Let the database go."""
        self.engine.dispose()
