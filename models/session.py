"""Awareness sessions, who comes, and who wishes to be told of them."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc

PLANNED, CANCELLED = "planned", "cancelled"
COMES, CANNOT = "yes", "no"
COMMUNE, PROVINCE = "commune", "province"


class AwarenessSession(Row):
    """A meeting in a commune. `edition` counts its moves; texts and place in each language."""

    __tablename__ = "awareness_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    edition: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(sa.String(12), default=PLANNED)
    commune: Mapped[str] = mapped_column(sa.String(16), index=True)
    province: Mapped[str] = mapped_column(sa.String(16), index=True)
    place: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    pin: Mapped[str | None] = mapped_column(sa.String(40))
    starts_at: Mapped[datetime] = mapped_column(Utc, index=True)
    texts: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    capacity: Mapped[int | None]
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy reads it so)


class Attendance(Row):
    """What a contact answered to a session: comes, or cannot."""

    __tablename__ = "attendance"

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("awareness_session.id"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), primary_key=True)
    answer: Mapped[str] = mapped_column(sa.String(4))
    at: Mapped[datetime] = mapped_column(Utc)


class Subscription(Row):
    """A contact wishes to be told of meetings: where, in which words it agreed, when and how."""

    __tablename__ = "subscription"

    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), primary_key=True)
    commune: Mapped[str] = mapped_column(sa.String(16), index=True)
    province: Mapped[str] = mapped_column(sa.String(16), index=True)
    reach: Mapped[str] = mapped_column(sa.String(8))
    text_version: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str] = mapped_column(sa.String(2))
    channel: Mapped[str] = mapped_column(sa.String(16))
    since: Mapped[datetime] = mapped_column(Utc)


def coming_up(db: Session, now: datetime) -> Sequence[AwarenessSession]:
    """Sessions that are planned and not yet begun, soonest first."""
    return db.scalars(
        sa.select(AwarenessSession)
        .where(AwarenessSession.starts_at > now, AwarenessSession.state == PLANNED)
        .order_by(AwarenessSession.starts_at, AwarenessSession.id)
    ).all()


def answers(db: Session, session_id: int) -> dict[str, int]:
    """How many answered what."""
    rows = db.execute(
        sa.select(Attendance.answer, sa.func.count())
        .where(Attendance.session_id == session_id)
        .group_by(Attendance.answer)
    )
    return {answer: count for answer, count in rows}  # noqa: C416 (a Row is not a pair to mypy)


def comes_to_any(db: Session, contact_id: uuid.UUID, now: datetime) -> bool:
    """Whether a contact said she comes to a meeting still to come."""
    found = (
        sa.select(Attendance.session_id)
        .join(AwarenessSession, AwarenessSession.id == Attendance.session_id)
        .where(Attendance.contact_id == contact_id, Attendance.answer == COMES)
        .where(AwarenessSession.starts_at > now, AwarenessSession.state == PLANNED)
    )
    return db.scalar(found.limit(1)) is not None


def answerers(session_id: int, *answers: str) -> sa.Select[uuid.UUID]:
    """The contacts who answered so."""
    return sa.select(Attendance.contact_id).where(
        Attendance.session_id == session_id, Attendance.answer.in_(answers)
    )


def subscribers(commune: str, province: str) -> sa.Select[uuid.UUID]:
    """Who wishes to be told of a meeting in a commune: its own, and the province's."""
    return sa.select(Subscription.contact_id).where(
        sa.or_(
            Subscription.commune == commune,
            sa.and_(Subscription.province == province, Subscription.reach == PROVINCE),
        )
    )
