"""Every sealed column, and its values sealed anew under the present key, some rows at a time."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.keeping import INDEX_KEY, KEY_CHECK, Keeping
from models.rows import BOUND, binding
from models.sealed import SealBroken, Sealer
from models.tables import metadata


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A sealed column of a table, and the columns that name a row and what its value is bound to."""

    table: sa.Table
    column: sa.Column[Any]
    key: tuple[sa.Column[Any], ...]

    def bound(self, row: Mapping[str, Any]) -> str:
        """Return what the value of a row is bound to."""
        return binding(self.table, self.column.name, row)


def _declared() -> Iterator[SealedColumn]:
    for table in metadata.sorted_tables:
        named = tuple(table.primary_key.columns)
        for column in table.c:
            if BOUND in column.info:
                also = (table.c[name] for name in column.info[BOUND])
                yield SealedColumn(table, column, tuple(dict.fromkeys((*named, *also))))


# The keeping last: as long as the mark is under the earlier key, the desk does not start without it.
SEALED_COLUMNS = tuple(sorted(_declared(), key=lambda place: place.table.name == Keeping.__tablename__))


def reseal(db: Session, sealer: Sealer, place: SealedColumn, most: int, skip: int = 0) -> tuple[int, int]:
    """Seal some values of a column that another key has sealed under the present one. Returns how many, and how many
    nobody can read.
    """
    table, column, keys = place.table, place.column, place.key
    found = sa.select(*keys, column).where(*_old(sealer, place)).order_by(*keys).limit(most).offset(skip)
    done = unread = 0
    for row in db.execute(found).mappings().all():
        bound = place.bound(dict(row))
        try:
            value = sealer.unseal(table.name, column.name, bound, row[column.name])
        except SealBroken:
            unread += 1
            continue
        fresh = sealer.seal(table.name, column.name, bound, value)
        # what was written anew meanwhile is under the present key already
        same = sa.update(table).where(*(key == row[key.name] for key in keys), column == row[column.name])
        db.connection().execute(same.values({column: fresh}))
        done += 1
    return done, unread


def opened_values(db: Session, sealer: Sealer) -> Iterator[bytes]:
    """Yield every sealed value of the database, in the clear: to look for what should not be there."""
    for place in SEALED_COLUMNS:
        column = place.column
        found = sa.select(*place.key, column).where(column.is_not(None))
        for row in db.execute(found).mappings():
            with contextlib.suppress(SealBroken):
                yield sealer.unseal(place.table.name, column.name, place.bound(dict(row)), row[column.name])


def count_left(db: Session, sealer: Sealer) -> int:
    """Return how many values another key has sealed."""
    count = 0
    for place in SEALED_COLUMNS:
        found = sa.select(sa.func.count()).select_from(place.table)
        count += db.scalar(found.where(*_old(sealer, place))) or 0
    return count


def _old(sealer: Sealer, place: SealedColumn) -> tuple[sa.ColumnElement[bool], ...]:
    column = place.column
    head = sa.func.substr(column, 1, len(sealer.head), type_=sa.LargeBinary)
    wanted = [column.is_not(None), head != sealer.head]
    if place.table.name == Keeping.__tablename__:
        wanted.append(place.table.c.name.in_((KEY_CHECK, INDEX_KEY)))
    return tuple(wanted)
