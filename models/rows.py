"""What every table shares: the metadata, constraint names, a time in UTC, ids in time order."""

import os
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from typing_extensions import override

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BOUND = "bound"


class Row(DeclarativeBase):
    """A table of the desk."""

    metadata = sa.MetaData(naming_convention=CONSTRAINT_NAMES)


class Utc(sa.types.TypeDecorator[datetime]):
    """A moment, stored in UTC on both databases; aware in Python."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return a moment as it is stored. Raises ValueError for one without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return a stored moment, aware, in UTC."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def sealed_column(*bound: str, deferred: bool = False) -> MappedColumn[Any]:
    """Return a column whose values are sealed, bound to the columns named (models/sealed.py). Rotation finds it by
    that, and so does who looks for what should not be there.
    """
    return mapped_column(sa.LargeBinary, deferred=deferred, info={BOUND: bound})


def binding(table: sa.Table, column: str, row: Mapping[str, Any]) -> str:
    """Return what a sealed value of a row is bound to: its columns' values, bytes and ids in hex, by dots."""
    values = (row[name] for name in table.c[column].info[BOUND])
    return ".".join(value.hex if isinstance(value, uuid.UUID) else _text(value) for value in values)


def _text(value: bytes | str | int) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_last = 0
_turn = threading.Lock()


def new_id() -> uuid.UUID:
    """Return a random id that sorts by time (UUID version 7, RFC 9562, method 3), so that indexes grow at one end;
    of one process, each sorts after the one before.
    """
    global _last
    with _turn:
        _last = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        ticks = _last  # milliseconds, and 4096 parts of one
    chance = int.from_bytes(os.urandom(8)) & (1 << 62) - 1
    return uuid.UUID(int=(ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0x2 << 62 | chance)
