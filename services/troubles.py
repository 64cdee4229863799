"""Troubles: noted where they are met, looked at by the doctor, `/status`, the metrics and the alerts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from models.trouble import Trouble, troubles
from services.context import Desk


class TroubleKind(StrEnum):
    """What can be wrong. Each has its words in `locales/server.toml`."""

    WEBHOOK = "webhook"  # taken off, or set by another program
    UNREACHED = "unreached"  # the provider cannot reach our address
    POLLER = "poller"  # another program asks for the same updates
    TOKEN = "token"  # noqa: S105  # our credentials are refused
    BOT = "bot"  # the token is another bot's than before
    SIGNATURE = "signature"  # a call that our auth token did not sign
    SECRET = "secret"  # noqa: S105  # a call without our webhook secret
    ADDRESSEE = "addressee"  # a call for another account or number
    UNREAD = "unread"  # a unit was stepped over
    LANE = "lane"  # a lane waits for its provider
    SILENT = "silent"  # a provider does not answer
    DEAD = "dead"  # a message was put aside after five tries
    UNKNOWN = "unknown"  # deliveries that may have arrived
    BACKUP = "backup"  # the last backup failed
    DISK = "disk"  # the disk is nearly full
    SPEND = "spend"  # messages cost more than was said
    TEMPLATE = "template"  # a template of the settings is not approved, or is gone
    DELETIONS = "deletions"  # more was to be deleted in a day than is allowed


@dataclass(frozen=True, slots=True)
class TroubleTraits:
    """`episode`: met again within it, it is the same episode; `told_from`: how often it is met before the admins hear
    of it; `deaf`: people cannot be heard or answered.
    """

    episode: timedelta = timedelta(minutes=15)
    told_from: int = 1
    deaf: bool = False


TRAITS: Mapping[str, TroubleTraits] = {
    # the first time it is simply set again: a colleague's laptop, an old deployment
    TroubleKind.WEBHOOK: TroubleTraits(timedelta(days=1), told_from=2, deaf=True),
    **dict.fromkeys(
        (
            TroubleKind.UNREACHED,
            TroubleKind.POLLER,
            TroubleKind.TOKEN,
            TroubleKind.BOT,
            TroubleKind.SIGNATURE,
            TroubleKind.SECRET,
            TroubleKind.ADDRESSEE,
            TroubleKind.LANE,
            TroubleKind.SILENT,
        ),
        TroubleTraits(deaf=True),
    ),
    TroubleKind.BACKUP: TroubleTraits(timedelta(days=2)),
    TroubleKind.DELETIONS: TroubleTraits(timedelta(days=1)),
    TroubleKind.TEMPLATE: TroubleTraits(timedelta(days=2)),
}
USUAL_TRAITS = TroubleTraits()


def traits_of(kind: str) -> TroubleTraits:
    """Return how a kind of trouble is counted and told."""
    return TRAITS.get(kind, USUAL_TRAITS)


def note_trouble(
    db: Session, desk: Desk, kind: TroubleKind, channel: str = "", count: int = 1, detail: str = ""
) -> None:
    """Note that something is not as it should be now. `count`: how often it was met since it was noted last;
    `detail`: a word for who looks into it, never anything about a person.
    """
    now, row = desk.clock.now(), db.get(Trouble, (kind, channel))
    if row is None:
        row = Trouble(kind=kind, channel=channel, since=now, last=now, count=0, detail="")
        db.add(row)
    elif not is_now(row, now):
        row.since, row.count = now, 0
    row.last, row.count, row.detail = now, row.count + count, detail[:120]


def end_trouble(db: Session, desk: Desk, kind: TroubleKind, channel: str = "") -> None:
    """Note that a trouble is over."""
    row = db.get(Trouble, (kind, channel))
    if row is not None:
        row.last = min(row.last, desk.clock.now() - traits_of(kind).episode)


def is_now(row: Trouble, now: datetime) -> bool:
    """Return whether a trouble is of the present."""
    return abs(now - row.last) < traits_of(row.kind).episode


def present_troubles(db: Session, now: datetime) -> list[Trouble]:
    """Return the troubles of the present, those that make deaf first."""
    found = [row for row in troubles(db) if is_now(row, now)]
    return sorted(found, key=lambda row: (not traits_of(row.kind).deaf, row.since))
