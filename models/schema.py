"""Is the schema what this release needs, and not only by its number? What is missing and harmless is added.

Databases made by migrations between two releases came to the last number with columns missing.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

from models.tables import metadata

# Without these nothing else means anything; made anew they would hide the loss, and take any key.
ROOTS = ("keeping", "contact", "address", "inbound", "delivery")


class SchemaIncomplete(RuntimeError):
    """Something is missing that cannot be added by itself; its message names it and says what to do."""


def mend_schema(engine: sa.Engine) -> list[str]:
    """Add the tables, columns and indexes that are missing. Returns their names. Raises SchemaIncomplete for a column
    that must hold a value nobody knows.
    """
    with engine.begin() as connection:
        found = sa.inspect(connection)
        added, tables = [], set(found.get_table_names())
        for table in metadata.sorted_tables:
            if table.name not in tables:
                if table.name in ROOTS:
                    raise SchemaIncomplete(
                        f"the table {table.name} is missing: this is no whole database of the desk. Restore a backup"
                    )
                table.create(connection)
                added.append(table.name)
                continue
            columns = {column["name"] for column in found.get_columns(table.name)}
            for column in table.columns:
                if column.name not in columns:
                    _add_column(connection, table, column)
                    added.append(f"{table.name}.{column.name}")
            indexes = {index["name"] for index in found.get_indexes(table.name)}
            for index in table.indexes:
                if index.name not in indexes:
                    index.create(connection)
                    added.append(str(index.name))
    return added


def _add_column(connection: sa.Connection, table: sa.Table, column: sa.Column[object]) -> None:
    """Add one column, empty or with the default of its own."""
    if not column.nullable and column.server_default is None and not _plain_default(column):
        raise SchemaIncomplete(
            f"the database is at the schema of this release by its number, and {table.name}.{column.name} is "
            "missing: it was made between two releases. Restore a backup, or move its rows with the program of that day"
        )
    bare = sa.Column(column.name, column.type, nullable=column.nullable, server_default=_server_default(column))
    sa.Table(table.name, sa.MetaData(), bare)
    definition = CreateColumn(bare).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")


def _plain_default(column: sa.Column[object]) -> bool:
    return column.default is not None and column.default.is_scalar


def _server_default(column: sa.Column[object]) -> Any:
    if column.server_default is not None:
        return column.server_default.arg  # type: ignore[attr-defined]
    if column.nullable or column.default is None:
        return None
    value = column.default.arg  # type: ignore[attr-defined]
    return sa.text(str(int(value))) if isinstance(value, (bool, int)) else sa.text(f"'{value}'")
