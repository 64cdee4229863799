"""A schema that has the right number and lacks something is mended, or refused by name."""

import pytest
import sqlalchemy as sa

from models.schema import SchemaIncomplete, mend_schema
from tests.desks import engine


def test_what_is_whole_is_left_alone(database_url: str) -> None:
    with engine(database_url) as made:
        assert mend_schema(made) == []


def test_what_an_in_between_one_lacks_is_added(database_url: str) -> None:
    with engine(database_url) as made:
        with made.begin() as connection:
            connection.exec_driver_sql("DROP INDEX ix_registration_created_at")
            connection.exec_driver_sql("ALTER TABLE delivery DROP COLUMN error")
            connection.exec_driver_sql("ALTER TABLE contact DROP COLUMN guesses")
            connection.exec_driver_sql("DROP TABLE trouble")
        added = mend_schema(made)
        assert {"ix_registration_created_at", "delivery.error", "contact.guesses", "trouble"} <= set(added)
        assert mend_schema(made) == []
        with made.connect() as connection:
            connection.execute(sa.text("SELECT error FROM delivery"))
            connection.execute(sa.text("SELECT guesses FROM contact"))


@pytest.mark.parametrize("statement", ["DROP TABLE keeping", "ALTER TABLE address DROP COLUMN value"])
def test_what_cannot_be_added_is_named(database_url: str, statement: str) -> None:
    with engine(database_url) as made:
        with made.begin() as connection:
            connection.exec_driver_sql(statement)
        with pytest.raises(SchemaIncomplete, match=r"keeping|address\.value"):
            mend_schema(made)
