"""Awareness sessions, who comes, and who wishes to be told of them."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc


class SessionState(StrEnum):
    """Where an awareness session stands."""

    DRAFT = "draft"  # put aside: nobody is told of it yet
    ANNOUNCED = "announced"
    MOVED = "moved"  # announced, then given another moment or place
    CANCELLED = "cancelled"
    HELD = "held"  # it took place


class AttendanceAnswer(StrEnum):
    """What a contact answered to a session."""

    COMES = "yes"
    CANNOT = "no"
    WAITS = "wait"  # for a place that is free again


class Reach(StrEnum):
    """Of which sessions a subscriber is told."""

    COMMUNE = "commune"  # those of her commune
    PROVINCE = "province"  # those of her whole province


COMING_STATES = (SessionState.ANNOUNCED, SessionState.MOVED)  # it is to take place, and people may come


class AwarenessSession(Row):
    """A session in a commune. `edition` counts its moves; texts, speakers and place in each language.

    `trades`: whom it concerns, when not everybody; `language`: what is spoken there. `door`: the code shown
    at the entrance, by which who is there says so.
    """

    __tablename__ = "awareness_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    edition: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(sa.String(12), default=SessionState.ANNOUNCED)
    commune: Mapped[str] = mapped_column(sa.String(16), index=True)
    province: Mapped[str] = mapped_column(sa.String(16), index=True)
    place: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    pin: Mapped[str | None] = mapped_column(sa.String(40))
    starts_at: Mapped[datetime] = mapped_column(Utc, index=True)
    texts: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    capacity: Mapped[int | None]
    speakers: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    trades: Mapped[list[str] | None] = mapped_column(sa.JSON)
    language: Mapped[str | None] = mapped_column(sa.String(4))
    door: Mapped[str | None] = mapped_column(sa.String(6))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy reads it so)


class Attendance(Row):
    """What a contact answered to a session: comes, cannot, waits for a place; and whether she came.

    `code`: her own of that session, shown at the door. `came_by`: who said so, herself (`door`) or a clerk
    (`clerk`). `rating`: 1 to 5.
    """

    __tablename__ = "attendance"
    __table_args__ = (sa.UniqueConstraint("session_id", "code"),)

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("awareness_session.id"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), primary_key=True)
    answer: Mapped[str] = mapped_column(sa.String(4))
    at: Mapped[datetime] = mapped_column(Utc)
    code: Mapped[str | None] = mapped_column(sa.String(6))
    came_at: Mapped[datetime | None] = mapped_column(Utc)
    came_by: Mapped[str | None] = mapped_column(sa.String(8))
    rating: Mapped[int | None]


class Subscription(Row):
    """A contact wishes to be told of sessions: where, in which words it agreed, when and how."""

    __tablename__ = "subscription"

    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), primary_key=True)
    commune: Mapped[str] = mapped_column(sa.String(16), index=True)
    province: Mapped[str] = mapped_column(sa.String(16), index=True)
    reach: Mapped[str] = mapped_column(sa.String(8))
    text_version: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str] = mapped_column(sa.String(2))
    channel: Mapped[str] = mapped_column(sa.String(16))
    since: Mapped[datetime] = mapped_column(Utc)


def coming_sessions(db: Session, now: datetime) -> Sequence[AwarenessSession]:
    """Return sessions that are to take place and have not begun, soonest first."""
    return db.scalars(
        sa.select(AwarenessSession)
        .where(AwarenessSession.starts_at > now, AwarenessSession.state.in_(COMING_STATES))
        .order_by(AwarenessSession.starts_at, AwarenessSession.id)
    ).all()


def draft_sessions(db: Session, now: datetime) -> Sequence[AwarenessSession]:
    """Return sessions put aside and not yet announced, soonest first."""
    return db.scalars(
        sa.select(AwarenessSession)
        .where(AwarenessSession.starts_at > now, AwarenessSession.state == SessionState.DRAFT)
        .order_by(AwarenessSession.starts_at, AwarenessSession.id)
    ).all()


def begun_sessions(db: Session, after: datetime, before: datetime) -> Sequence[AwarenessSession]:
    """Return sessions that took place, or should have, between two moments; the last first."""
    return db.scalars(
        sa.select(AwarenessSession)
        .where(AwarenessSession.starts_at > after, AwarenessSession.starts_at <= before)
        .where(AwarenessSession.state.in_((*COMING_STATES, SessionState.HELD)))
        .order_by(AwarenessSession.starts_at.desc(), AwarenessSession.id)
    ).all()


def answer_counts(db: Session, session_id: int) -> dict[str, int]:
    """Return how many answered what."""
    rows = db.execute(
        sa.select(Attendance.answer, sa.func.count())
        .where(Attendance.session_id == session_id)
        .group_by(Attendance.answer)
    )
    return {answer: count for answer, count in rows}  # noqa: C416 (a Row is not a pair to mypy)


def count_came(db: Session, session_id: int) -> int:
    """Return how many were there."""
    found = sa.select(sa.func.count()).where(Attendance.session_id == session_id, Attendance.came_at.is_not(None))
    return db.scalar(found) or 0


def first_waiting(db: Session, session_id: int) -> Attendance | None:
    """Return who waits longest for a place; None when nobody does."""
    return db.scalars(
        sa.select(Attendance)
        .where(Attendance.session_id == session_id, Attendance.answer == AttendanceAnswer.WAITS)
        .order_by(Attendance.at, Attendance.contact_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()


def comes_to_any(db: Session, contact_id: uuid.UUID, now: datetime) -> bool:
    """Return whether a contact said she comes to a session still to come."""
    return db.scalar(sessions_she_comes_to(contact_id, now).limit(1)) is not None


def sessions_she_comes_to(contact_id: uuid.UUID, now: datetime) -> sa.Select[int]:
    """Return a query of the sessions to come to which a contact said she comes, the soonest first."""
    return (
        sa.select(Attendance.session_id)
        .join(AwarenessSession, AwarenessSession.id == Attendance.session_id)
        .where(Attendance.contact_id == contact_id, Attendance.answer == AttendanceAnswer.COMES)
        .where(AwarenessSession.starts_at > now, AwarenessSession.state.in_(COMING_STATES))
        .order_by(AwarenessSession.starts_at)
    )


def answerers(session_id: int, *answers: str) -> sa.Select[uuid.UUID]:
    """Return a query of the contacts who answered so."""
    return sa.select(Attendance.contact_id).where(Attendance.session_id == session_id, Attendance.answer.in_(answers))


def attenders(session_id: int) -> sa.Select[uuid.UUID]:
    """Return a query of the contacts who were there."""
    return sa.select(Attendance.contact_id).where(Attendance.session_id == session_id, Attendance.came_at.is_not(None))


def missing(session_id: int) -> sa.Select[uuid.UUID]:
    """Return a query of the contacts who said they come and were not seen."""
    return sa.select(Attendance.contact_id).where(
        Attendance.session_id == session_id, Attendance.answer == AttendanceAnswer.COMES, Attendance.came_at.is_(None)
    )


def subscribers(commune: str, province: str) -> sa.Select[uuid.UUID]:
    """Return a query of who wishes to be told of a session in a commune: its own, and the province's."""
    return sa.select(Subscription.contact_id).where(
        sa.or_(
            Subscription.commune == commune,
            sa.and_(Subscription.province == province, Subscription.reach == Reach.PROVINCE),
        )
    )


def lock_sessions(db: Session, ids: Collection[int]) -> None:
    """Lock these sessions until this transaction ends."""
    if ids:
        held = sa.select(AwarenessSession.id).where(AwarenessSession.id.in_(ids))
        db.execute(held.order_by(AwarenessSession.id).with_for_update(read=True))
