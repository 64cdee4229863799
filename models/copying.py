"""Every row of one database into another, whichever of the two kinds each is: `bot.py move`, and portable backups."""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.keeping import INDEX_KEY, KEY_CHECK, Keeping
from models.rotation import SEALED_COLUMNS
from models.sealed import SealBroken, Sealer
from models.tables import metadata

ROWS_A_BATCH = 1000
Tell = Callable[[int, int], None]  # rows done, rows there are


class CopyFailed(RuntimeError):
    """The copy does not hold what its source does; its message says where."""


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
    }


def foreign_tables(connection: sa.Connection) -> list[str]:
    """Return the tables of a database that are another program's."""
    ours = {*metadata.tables, "alembic_version"}
    return sorted(name for name in sa.inspect(connection).get_table_names() if name not in ours)


def is_empty(connection: sa.Connection) -> bool:
    """Return whether a database holds nothing: no row of ours, and no table of anybody else."""
    if foreign_tables(connection):
        return False
    tables = set(sa.inspect(connection).get_table_names())
    every = [table for table in metadata.sorted_tables if table.name in tables]
    return all(connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)) is None for table in every)


def copy_rows(source: sa.Engine, target: sa.Engine, tell: Tell) -> dict[str, int]:
    """Copy every row, in one snapshot of the source and one transaction of the target, whose schema is there and empty.
    Returns rows by table. Raises CopyFailed when the counts differ afterwards.
    """
    with _snapshot(source) as read, target.begin() as write:
        counts = count_rows(read)
        done, every = 0, sum(counts.values())
        for table in metadata.sorted_tables:
            insert = _insert(table)
            for rows in _batches(read, table):
                write.execute(insert, rows)
                done += len(rows)
                tell(done, every)
        if write.dialect.name == "postgresql":
            _set_sequences(write)
        copied = count_rows(write)
    if copied != counts:
        wrong = sorted(name for name in counts if counts[name] != copied[name])
        raise CopyFailed(f"not every row was copied: {', '.join(wrong)}")
    return counts


def unseal_sample(engine: sa.Engine, sealer: Sealer, most: int) -> int:
    """Unseal some values of every sealed column, drawn by chance. Returns how many. Raises CopyFailed for one that does
    not open.
    """
    opened = 0
    with Session(engine) as db:
        for place in SEALED_COLUMNS:
            column = place.column
            wanted = [column.is_not(None)]
            if place.table.name == Keeping.__tablename__:  # its other values are sealed by nobody
                wanted.append(place.table.c.name.in_((KEY_CHECK, INDEX_KEY)))
            found = sa.select(*place.key, column).where(*wanted)
            count = db.scalar(sa.select(sa.func.count()).select_from(place.table).where(*wanted)) or 0
            start = random.randrange(count) if count > most else 0  # noqa: S311
            some = found.order_by(*place.key).offset(min(start, max(0, count - most))).limit(most)
            for row in db.execute(some).mappings():
                try:
                    sealer.unseal(place.table.name, column.name, place.bound(dict(row)), row[column.name])
                except SealBroken as error:
                    raise CopyFailed(f"a value does not open: {error}") from None
                opened += 1
    return opened


def _snapshot(source: sa.Engine) -> sa.Connection:
    """A connection that sees one moment of the database, whatever is written meanwhile."""
    connection = source.connect()
    if source.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    return connection


def _batches(read: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table in the order of their key, so that what a row refers to stands before it."""
    found = sa.select(table).order_by(*table.primary_key.columns)
    rows = read.execution_options(yield_per=ROWS_A_BATCH).execute(found).mappings()
    every = (dict(row) for row in rows)
    while batch := list(islice(every, ROWS_A_BATCH)):
        yield batch


def _insert(table: sa.Table) -> sa.Insert:
    """An insert that keeps nothing as nothing, in columns of JSON too."""
    nothing = {
        column.name: sa.bindparam(column.name, type_=sa.JSON(none_as_null=True))
        for column in table.columns
        if isinstance(column.type, sa.JSON)
    }
    return sa.insert(table).values(nothing) if nothing else sa.insert(table)


def _set_sequences(write: sa.Connection) -> None:
    """The next number of each table is behind the last that was copied."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        named = write.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name)))
        if named is not None:
            last = write.scalar(sa.select(sa.func.max(column)))
            write.execute(sa.select(sa.func.setval(named, last or 1, last is not None)))
