"""Small things a door keeps between two starts, by name: never anything about a person."""

from sqlalchemy.orm import Session

from models.keeping import Keeping


def get_value(db: Session, name: str) -> str | None:
    """Return the value kept under a name; None when there is none."""
    row = db.get(Keeping, name)
    return None if row is None else row.value.decode()


def delete_value(db: Session, name: str) -> None:
    """Delete the value kept under a name."""
    row = db.get(Keeping, name)
    if row is not None:
        db.delete(row)


def set_value(db: Session, name: str, value: str) -> None:
    """Keep a value under a name, in place of an earlier one."""
    db.merge(Keeping(name=name, value=value.encode()))
