"""Sealed values move to the present key while the desk serves, some rows a transaction."""

from sqlalchemy.orm import Session

from models import rotation
from services.context import Desk

VALUES_A_STEP = 100


def rotate_values(db: Session, desk: Desk, place: int, skip: int) -> tuple[int, int] | None:
    """Seal the next values of one column under the present key, by its place in SEALED_COLUMNS, after `skip` that
    nobody could read. Returns how many moved and how many nobody can read; None past the last column.
    """
    if place >= len(rotation.SEALED_COLUMNS):
        return None
    return rotation.reseal(db, desk.sealer, rotation.SEALED_COLUMNS[place], VALUES_A_STEP, skip)


def values_left(db: Session, desk: Desk) -> int:
    """Return how many values another key has sealed."""
    return rotation.count_left(db, desk.sealer)
