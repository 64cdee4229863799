"""Small things a door keeps between two starts, by name: never anything about a person."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.keeping import Keeping


def get_value(db: Session, name: str) -> str | None:
    """Return the value kept under a name; None when there is none."""
    row = db.get(Keeping, name)
    return None if row is None else row.value.decode()


def values_under(db: Session, prefix: str) -> dict[str, str]:
    """Return the values whose names begin so, by name."""
    rows = db.scalars(sa.select(Keeping).where(Keeping.name.startswith(prefix, autoescape=True)))
    return {row.name: row.value.decode() for row in rows}


def delete_value(db: Session, name: str) -> None:
    """Delete the value kept under a name."""
    row = db.get(Keeping, name)
    if row is not None:
        db.delete(row)


def set_value(db: Session, name: str, value: str) -> None:
    """Keep a value under a name, in place of an earlier one."""
    db.merge(Keeping(name=name, value=value.encode()))
