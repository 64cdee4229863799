"""Sealing: nothing opens altered, moved or under another key; the index is keyed too."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import database, keeping, tables
from models.lock import named_lock
from models.sealed import SealBroken, read_keys, sealer
from tests.desks import KEY, engine

SEALER = sealer(KEY)


def test_it_opens_in_its_place_only() -> None:
    sealed = SEALER.seal("contact", "chat", "1", b"hello")
    assert SEALER.unseal("contact", "chat", "1", sealed) == b"hello"
    for place in (("contact", "chat", "2"), ("contact", "name", "1"), ("delivery", "chat", "1")):
        with pytest.raises(SealBroken):
            SEALER.unseal(*place, sealed)


def test_one_flipped_bit_is_refused() -> None:
    sealed = SEALER.seal("contact", "chat", "1", b"hello")
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1
        with pytest.raises(SealBroken):
            SEALER.unseal("contact", "chat", "1", bytes(broken))


def test_another_key_is_refused_and_indexes_apart() -> None:
    other = sealer(KEY[::-1])
    with pytest.raises(SealBroken):
        other.unseal("contact", "chat", "1", SEALER.seal("contact", "chat", "1", b"hello"))
    assert other.blind("a", "x") != SEALER.blind("a", "x")
    assert SEALER.blind("a", "x") != SEALER.blind("b", "x")
    assert SEALER.blind("a", "x") == sealer(KEY).blind("a", "x")


def test_the_same_value_never_looks_the_same() -> None:
    assert SEALER.seal("a", "b", "1", b"x") != SEALER.seal("a", "b", "1", b"x")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError):
        sealer("x" * 31)


def test_the_kept_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "data.key"
    keys, made = read_keys(path)
    assert made
    assert read_keys(path) == (keys, False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(keys[0]) >= 32


def test_a_database_knows_its_key(database_url: str) -> None:
    with engine(database_url) as made:
        with Session(made) as db:
            keeping.check_key(db, SEALER)
            db.commit()
        with Session(made) as db:
            keeping.check_key(db, SEALER)
            with pytest.raises(SealBroken):
                keeping.check_key(db, sealer(KEY[::-1]))


def test_the_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine(database_url) as made, made.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_schema_s_number_is_the_newest_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(database.ROOT / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == database.SCHEMA


def test_a_newer_schema_is_refused(database_url: str) -> None:
    with engine(database_url) as made:
        with made.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(database.SchemaTooNew):
            database.upgrade_schema(made)


def test_sqlite_is_durable_on_every_connection(sqlite_url: str) -> None:
    for writer in (True, False):
        made = database.engine(sqlite_url, writer=writer)
        for _ in range(3):
            with made.connect() as connection:
                settings = [
                    connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                ]
            assert settings == ["wal", 2, 1, 10000]
        made.dispose()


def test_a_lock_has_one_holder(database_url: str) -> None:
    with engine(database_url) as one, engine(database_url) as other:
        first, second = named_lock(one, "telegram"), named_lock(other, "telegram")
        assert first.hold()
        assert first.hold()
        assert not second.hold()
        assert named_lock(other, "web").hold()
        first.release()
        assert second.hold()
        assert not first.hold()
        second.release()
