"""Sealed values move to the present key while the desk serves, some rows a transaction."""

from sqlalchemy.orm import Session

from models import rotation
from services.context import Desk

VALUES_A_STEP = 100


def rotate_values(db: Session, desk: Desk, place: int, skip: int) -> tuple[int, int] | None:
    """Some values of one column, by its place in the list, after `skip` that nobody could read: how many were
    moved, how many nobody can read; None past the last column."""
    if place >= len(rotation.SEALED_COLUMNS):
        return None
    return rotation.reseal(db, desk.sealer, rotation.SEALED_COLUMNS[place], VALUES_A_STEP, skip)


def values_left(db: Session, desk: Desk) -> int:
    """How many values another key has sealed."""
    return rotation.count_left(db, desk.sealer)
