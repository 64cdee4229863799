"""From the first schema with data in it to today's: nothing is lost, and it serves."""

import uuid
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from models import database, tables

# beside `bytes([number]) * 32`: of a contact with several addresses 0002 keeps the lowest channel and the lowest blind
SECOND_ADDRESSES: tuple[tuple[tuple[str, bytes], ...], ...] = (
    (),
    (("telegram", b"\x80" * 32), ("telegram", b"\x7f" * 32)),
    (("whatsapp", b"\x01" + b"\xff" * 31), ("whatsapp", b"\x01" + b"\xff" * 30 + b"\x00")),
)
LOWEST = (bytes(32), b"\x01" * 32, b"\x01" + b"\xff" * 30 + b"\x00")
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.db"
    url: str = request.getfixturevalue("postgres_url")
    made = database.engine(url, writer=True)
    with made.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    made.dispose()
    return url


@pytest.mark.parametrize("old_url", ["sqlite", "postgresql"], indirect=True)
def test_data_of_the_first_schema_comes_along(old_url: str) -> None:
    made = database.engine(old_url, writer=True)
    config = Config()
    config.set_main_option("script_location", str(database.ROOT / "migrations"))
    config.attributes["engine"] = made
    command.upgrade(config, "0001")
    old = sa.MetaData()
    with made.begin() as connection:
        old.reflect(connection)
        ids = [uuid.uuid4() for _ in range(3)]
        ids_kept = [id.hex if made.dialect.name == "sqlite" else id for id in ids]
        moment = NOW.replace(tzinfo=None) if made.dialect.name == "sqlite" else NOW
        for number, id in enumerate(ids_kept):
            blind = bytes([number]) * 32
            connection.execute(
                old.tables["contact"].insert(),
                {"id": id, "version": 1, "language": "ar", "last_seq": 1, "created_at": moment},
            )
            connection.execute(
                old.tables["address"].insert(),
                {"channel": "telegram", "blind": blind, "contact_id": id, "value": b"sealed"},
            )
            for channel, other in SECOND_ADDRESSES[number]:
                connection.execute(
                    old.tables["address"].insert(),
                    {"channel": channel, "blind": other, "contact_id": id, "value": b"sealed"},
                )
            connection.execute(
                old.tables["delivery"].insert(),
                {
                    "id": id,
                    "contact_id": id,
                    "channel": "telegram",
                    "address": blind,
                    "seq": 1,
                    "kind": "reply",
                    "state": "pending",
                    "body": b"sealed",
                    "created_at": moment,
                    "due_at": moment,
                    "attempts": 0,
                    "doubts": 0,
                },
            )
            connection.execute(
                old.tables["person_request"].insert(),
                {"id": id, "contact_id": id, "state": "open", "created_at": moment},
            )
    database.upgrade_schema(made)
    with made.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        contacts = connection.execute(sa.text("SELECT channel, address FROM contact ORDER BY address")).all()
        assert [(channel, bytes(blind)) for channel, blind in contacts] == [("telegram", blind) for blind in LOWEST]
        numbers = connection.scalars(sa.text("SELECT number FROM person_request ORDER BY number")).all()
        assert list(numbers) == [1, 2, 3]
        assert connection.scalar(sa.text("SELECT count(*) FROM delivery WHERE state = 'pending'")) == 3
    made.dispose()


def test_released_migrations_are_not_edited() -> None:
    """`SHA256SUMS` holds each as it was released; a new one brings its line (`sha256sum` in migrations/versions)."""
    folder = database.ROOT / "migrations"
    lines = (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    frozen = {name: digest for digest, name in map(str.split, lines)}
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in (folder / "versions").glob("*.py")}
    assert found == frozen


@pytest.mark.parametrize("old_url", ["sqlite", "postgresql"], indirect=True)
def test_those_who_had_a_role_keep_what_they_may(old_url: str) -> None:
    """A clerk of the release before: an approver could do all that a broadcaster may; what waited was told already."""
    made = database.engine(old_url, writer=True)
    config = Config()
    config.set_main_option("script_location", str(database.ROOT / "migrations"))
    config.attributes["engine"] = made
    command.upgrade(config, "0008")
    old = sa.MetaData()
    with made.begin() as connection:
        old.reflect(connection)
        lite = made.dialect.name == "sqlite"
        moment = NOW.replace(tzinfo=None) if lite else NOW
        made_ids = [uuid.uuid4() for _ in range(4)]
        ids = [id.hex if lite else id for id in made_ids]
        for number, (kept, role) in enumerate(zip(ids, ("broadcaster", "approver", "admin"), strict=False), 1):
            contact = {"id": kept, "version": 1, "last_seq": 0, "created_at": moment}
            connection.execute(old.tables["contact"].insert(), contact)
            row = {"id": number, "contact_id": kept, "role": role, "state": "active", "since": moment}
            connection.execute(old.tables["staff"].insert(), row)
        asked = {"id": ids[3], "number": 1, "contact_id": ids[0], "state": "open"}
        connection.execute(old.tables["person_request"].insert(), {**asked, "created_at": moment})
    command.upgrade(config, "head")
    with made.connect() as connection:
        roles = [row[0] for row in connection.execute(sa.text("SELECT roles FROM staff ORDER BY id"))]
        rung = connection.execute(sa.text("SELECT count(*) FROM person_request WHERE rung_at = created_at")).scalar()
    made.dispose()
    assert roles == ["broadcaster", "broadcaster approver", "admin"]
    assert rung == 1
