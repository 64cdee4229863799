"""How the desk is: whether its memory can be written to, and counts without a word of anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import delivery, person_request, unanswered
from models.inbound import Inbound
from models.trouble import troubles
from services.context import Desk
from services.hold import current_hold
from services.key_value import get_value, set_value
from services.restore_guard import BACKUP_KEY, last_beat
from services.runner import DatabaseUnavailable
from services.troubles import is_now
from services.unheard import UnheardReason
from services.watch import LAST_HEARD, LAST_SENT, last_moment

READY_KEY = "ready"
# What a database that is away says, by SQLite's primary code and PostgreSQL's class or state.
SQLITE_REASONS = {
    5: "another program holds the database",
    6: "another program holds the database",
    8: "the database may not be written to",
    10: "the disk answers with errors",
    11: "the database file is damaged",
    13: "the disk is full",
    14: "the database file cannot be opened",
    26: "the file is no database",
}
SERVER_REASONS = {
    "53100": "the disk of the server is full",
    "53300": "the server has no connection free",
    "25006": "the server may only be read",
    "55P03": "another program holds the database",
    "57014": "the server is too slow",
    "28": "the server refuses our name or password",
    "3D": "the server has no such database",
}


Samples = Sequence[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric: its name without a suffix, what it tells, whether it only climbs, and its values by labels."""

    name: str
    help: str
    samples: Samples
    counter: bool = False


def write_ready(db: Session, desk: Desk) -> None:
    """Write a mark, so that whoever asks knows that the database can be written to. Raises what the database raises."""
    set_value(db, READY_KEY, desk.clock.now().isoformat())


def why_unavailable(error: BaseException) -> str:
    """Return why a database is away, in a few words without a name or an address."""
    cause = error.__cause__ if isinstance(error, DatabaseUnavailable) else error
    orig = getattr(cause, "orig", None)
    code, state = getattr(orig, "sqlite_errorcode", None), getattr(orig, "sqlstate", None)
    if code is not None:
        return SQLITE_REASONS.get(code & 0xFF, "the database does not answer")
    for known in (state or "", (state or "")[:2]):
        if known in SERVER_REASONS:
            return SERVER_REASONS[known]
    return "the database does not answer"


def measures(
    db: Session, desk: Desk, faults: Mapping[str, int], unheard: Mapping[tuple[str, UnheardReason], int]
) -> list[Measure]:
    """Return counts and moments. `faults`: bugs since the start, by use case; `unheard`: what could not be heard since
    the start, by channel and reason.
    """
    return [
        *_of_messages(db),
        Measure("hirfa_faults", "Bugs met since the start.", [({"use_case": n}, c) for n, c in faults.items()], True),
        Measure(
            "hirfa_unheard",
            "What reached a door and was not heard, since the start.",
            [({"channel": channel, "reason": reason}, count) for (channel, reason), count in sorted(unheard.items())],
            True,
        ),
        *_of_the_watch(db, desk),
    ]


def _of_messages(db: Session) -> list[Measure]:
    deliveries = [
        ({"channel": channel, "kind": kind, "state": state}, count)
        for (channel, kind, state), count in sorted(delivery.count_deliveries(db).items())
    ]
    rows = db.execute(
        sa.select(Inbound.channel, Inbound.state, sa.func.count()).group_by(Inbound.channel, Inbound.state)
    )
    inbound = [({"channel": channel, "state": state}, count) for channel, state, count in sorted(rows)]
    asked = {person_request.RequestState.OPEN: 0} | person_request.count_requests(db)
    open_questions = {unanswered.UnansweredState.WAITING: 0} | unanswered.count_questions(db)
    return [
        Measure("hirfa_deliveries", "Messages to people.", deliveries),
        Measure("hirfa_inbound", "Messages from people.", inbound),
        Measure("hirfa_person_requests", "People who asked for a person.", _by_state(asked)),
        Measure("hirfa_unanswered", "Questions nobody had an answer for.", _by_state(open_questions)),
    ]


def _by_state(counts: Mapping[str, int]) -> list[tuple[Mapping[str, str], float]]:
    return [({"state": str(state)}, count) for state, count in sorted(counts.items())]


def _of_the_watch(db: Session, desk: Desk) -> list[Measure]:
    """When each channel was heard and written to, the beat, the last backup, what is held, what is wrong."""
    now, hold, rows = desk.clock.now(), current_hold(db), troubles(db)
    moments = {
        what: [({"channel": channel}, _seconds(last_moment(db, what, channel))) for channel in desk.channels]
        for what in (LAST_HEARD, LAST_SENT)
    }
    kept = get_value(db, BACKUP_KEY)
    made = orjson.loads(kept) if kept else None
    backup: Samples = [({}, _seconds(datetime.fromisoformat(made["at"])))] if made else []
    size: Samples = [({}, float(made["bytes"]))] if made else []
    present = [({"kind": row.kind, "channel": row.channel}, float(is_now(row, now))) for row in rows]
    return [
        Measure(
            "hirfa_last_heard_timestamp_seconds", "When each channel was last heard; 0: never.", moments[LAST_HEARD]
        ),
        Measure("hirfa_last_sent_timestamp_seconds", "When each channel was written to last.", moments[LAST_SENT]),
        Measure("hirfa_last_beat_timestamp_seconds", "The last beat.", [({}, _seconds(last_beat(db)))]),
        Measure("hirfa_backup_timestamp_seconds", "When the last backup was made.", backup),
        Measure("hirfa_backup_size_bytes", "How big the last backup is.", size),
        Measure("hirfa_held", "Whether what goes to many is held.", [({}, float(hold is not None))]),
        Measure("hirfa_trouble", "Whether something is not as it should be now.", present),
    ]


def _seconds(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()
