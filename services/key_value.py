"""Small things a door keeps between two starts, by name: never anything about a person."""

from sqlalchemy.orm import Session

from models.keeping import Keeping


def get_value(db: Session, name: str) -> str | None:
    """What was kept under a name."""
    row = db.get(Keeping, name)
    return None if row is None else row.value.decode()


def delete_value(db: Session, name: str) -> None:
    """Keep it no more."""
    row = db.get(Keeping, name)
    if row is not None:
        db.delete(row)


def set_value(db: Session, name: str, value: str) -> None:
    """Keep it, in place of what was there."""
    db.merge(Keeping(name=name, value=value.encode()))
