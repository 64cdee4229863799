"""Every sealed column, and its values sealed anew under the present key, some rows at a time."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.keeping import INDEX_KEY, KEY_CHECK
from models.sealed import SealBroken, Sealer
from models.tables import metadata

RowBinding = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A sealed column: its table, the columns that name a row, and what each value is bound to."""

    table: str
    column: str
    key: tuple[str, ...]
    bound: RowBinding


def _by_id(row: Mapping[str, Any]) -> str:
    id: str = row["id"].hex
    return id


SEALED_COLUMNS = (
    SealedColumn("contact", "chat", ("id",), _by_id),
    SealedColumn("address", "value", ("channel", "blind"), lambda row: f"{row['channel']}.{row['blind'].hex()}"),
    SealedColumn("delivery", "body", ("id",), _by_id),
    SealedColumn(
        "inbound",
        "body",
        ("id", "channel", "external"),
        lambda row: f"{row['channel']}.{row['external'].hex()}",
    ),
    SealedColumn("registration", "person", ("id",), _by_id),
    SealedColumn("registration", "cin", ("id",), _by_id),
    SealedColumn("request_words", "words", ("id",), _by_id),
    SealedColumn("assessment", "body", ("id", "contact_id"), lambda row: f"{row['id'].hex}.{row['contact_id'].hex}"),
    SealedColumn("attachment", "content", ("id",), lambda row: str(row["id"])),
    # last: as long as the mark is under the earlier key, the desk does not start without it
    SealedColumn("keeping", "value", ("name",), lambda row: str(row["name"])),
)


def reseal(db: Session, sealer: Sealer, place: SealedColumn, most: int, skip: int = 0) -> tuple[int, int]:
    """Seal some values of a column that another key has sealed under the present one. Returns how many, and how many
    nobody can read.
    """
    table = metadata.tables[place.table]
    column, keys = table.c[place.column], [table.c[name] for name in place.key]
    found = sa.select(*keys, column).where(*_old(sealer, place)).order_by(*keys).limit(most).offset(skip)
    done = unread = 0
    for row in db.execute(found).mappings().all():
        bound = place.bound(dict(row))
        try:
            value = sealer.unseal(place.table, place.column, bound, row[place.column])
        except SealBroken:
            unread += 1
            continue
        fresh = sealer.seal(place.table, place.column, bound, value)
        # what was written anew meanwhile is under the present key already
        same = sa.update(table).where(*(key == row[key.name] for key in keys), column == row[place.column])
        db.connection().execute(same.values({place.column: fresh}))
        done += 1
    return done, unread


def opened_values(db: Session, sealer: Sealer) -> Iterator[bytes]:
    """Yield every sealed value of the database, in the clear: to look for what should not be there."""
    for place in SEALED_COLUMNS:
        table = metadata.tables[place.table]
        columns = [table.c[name] for name in place.key]
        found = sa.select(*columns, table.c[place.column]).where(table.c[place.column].is_not(None))
        for row in db.execute(found).mappings():
            with contextlib.suppress(SealBroken):
                yield sealer.unseal(place.table, place.column, place.bound(dict(row)), row[place.column])


def count_left(db: Session, sealer: Sealer) -> int:
    """Return how many values another key has sealed."""
    count = 0
    for place in SEALED_COLUMNS:
        found = sa.select(sa.func.count()).select_from(metadata.tables[place.table])
        count += db.scalar(found.where(*_old(sealer, place))) or 0
    return count


def _old(sealer: Sealer, place: SealedColumn) -> tuple[sa.ColumnElement[bool], ...]:
    column = metadata.tables[place.table].c[place.column]
    head = sa.func.substr(column, 1, len(sealer.head), type_=sa.LargeBinary)
    wanted = [column.is_not(None), head != sealer.head]
    if place.table == "keeping":
        wanted.append(metadata.tables["keeping"].c.name.in_((KEY_CHECK, INDEX_KEY)))
    return tuple(wanted)
