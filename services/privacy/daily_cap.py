"""A cap on what is deleted in a day: a wrong clock or a mistyped setting deletes a part, and is seen before more."""

import logging
from collections.abc import Callable

import orjson
from sqlalchemy.orm import Session

from services.context import Desk
from services.key_value import get_value, set_value
from services.troubles import TroubleKind, note_trouble

log = logging.getLogger(__name__)

CAP_KEY = "deleted_today"
LEAST_A_DAY, SHARE_A_DAY = 500, 10  # rows of a kind a day, or a tenth of them all where that is more


def is_capped(db: Session, desk: Desk, kind: str, count_all: Callable[[Session], int]) -> bool:
    """Return whether enough of a kind was deleted today; the rest waits for tomorrow, and the admins are told.
    `count_all` counts what there is, asked once a day.
    """
    today = _today(db, desk)
    most, gone = today.get(kind) or (max(LEAST_A_DAY, count_all(db) // SHARE_A_DAY), 0)
    _keep(db, desk, {**today, kind: (most, gone)})
    if gone < most:
        return False
    log.info("enough was deleted today: %s", kind, extra={"count": gone})
    note_trouble(db, desk, TroubleKind.DELETIONS, detail=kind)
    return True


def count_deleted(db: Session, desk: Desk, kind: str, count: int) -> None:
    """Count what was deleted of a kind today."""
    today = _today(db, desk)
    most, gone = today.get(kind, (LEAST_A_DAY, 0))
    if count:
        _keep(db, desk, {**today, kind: (most, gone + count)})


def _today(db: Session, desk: Desk) -> dict[str, tuple[int, int]]:
    kept = get_value(db, CAP_KEY)
    found = orjson.loads(kept) if kept else {}
    return found.get("kinds", {}) if found.get("day") == desk.clock.today().isoformat() else {}


def _keep(db: Session, desk: Desk, kinds: dict[str, tuple[int, int]]) -> None:
    set_value(db, CAP_KEY, orjson.dumps({"day": desk.clock.today().isoformat(), "kinds": kinds}).decode())
