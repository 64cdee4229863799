"""What the last release stored always opens: forms, deliveries, subjects, kinds, and buttons already on people's phones.

`tests/data/release/0006.json` holds its rows, written by its own code with the tests' key; nobody in it exists.
"""

import base64
import itertools
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.orm import Session

from conversations.desk.chat import base36
from models import database
from models.delivery import Delivery
from models.session import Attendance
from services.delivery.outbox import take
from tests import counters
from tests.counters import Counter

KEPT = json.loads((Path(__file__).parents[1] / "data" / "release" / "0006.json").read_text(encoding="utf-8"))


def value(kept: Any, column: sa.Column[Any], dialect: str) -> Any:
    """A value as SQLite had it, for a column of either database."""
    if isinstance(kept, dict):
        return base64.b64decode(kept["bytes"])
    if kept is None or dialect == "sqlite":
        return kept
    if isinstance(column.type, sa.Uuid):
        return uuid.UUID(hex=kept)
    if isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(kept).replace(tzinfo=UTC)
    if isinstance(column.type, sa.Boolean):
        return bool(kept)
    return json.loads(kept) if isinstance(column.type, sa.JSON) else kept


@pytest.fixture
def desk(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Counter]:
    """The last release's database, brought to this one's schema."""
    if database_url.startswith("sqlite"):
        database_url = f"sqlite:///{tmp_path}/old.db"
    made = database.engine(database_url, writer=True)
    if made.dialect.name != "sqlite":
        with made.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    config = Config()
    config.set_main_option("script_location", str(database.ROOT / "migrations"))
    config.attributes["engine"] = made
    command.upgrade(config, "0006")
    old = sa.MetaData()
    with made.begin() as connection:
        old.reflect(connection)
        for table in old.sorted_tables:
            if table.name == "alembic_version" or table.name not in KEPT["tables"]:
                continue
            raw = sa.table(table.name, *(sa.column(column.name) for column in table.c))  # values as they are stored
            target = raw if made.dialect.name == "sqlite" else table
            for row in KEPT["tables"][table.name]:
                given = {name: value(kept, table.c[name], made.dialect.name) for name, kept in row.items()}
                connection.execute(target.insert().values(given))
        if made.dialect.name != "sqlite":  # the next id comes after those that are there
            for table in old.sorted_tables:
                if "id" in table.c and isinstance(table.c.id.type, sa.Integer):
                    highest = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
                    connection.exec_driver_sql(f"{highest} WHERE id IS NOT NULL HAVING max(id) IS NOT NULL")
    database.upgrade_schema(made)
    counters._ids = itertools.count(100_000)  # ids of messages that were never seen
    desk = Counter(made)
    desk.hands.at = datetime.fromisoformat(KEPT["at"]) + timedelta(minutes=1)
    yield desk
    made.dispose()


def test_forms_that_were_open_go_on_by_the_buttons_on_the_phone(desk: Counter) -> None:
    one, four = desk.person("telegram", 1001), desk.person("telegram", 1005)
    assert "AMO" in one.presses_exactly(KEPT["buttons"]["one"][0]).text or one.options
    assert one.chat.form.state.answers["cover"] == "none"
    four.presses_exactly(KEPT["buttons"]["four"][0])
    assert four.chat.form.state.answers == {
        "consent": "yes",
        "whom": "me",
        "name": "Fatima Essai",
        "sex": "female",
    }


def test_a_file_that_was_there_is_shown(desk: Counter) -> None:
    two = desk.person("whatsapp", 1002)
    two.says("mon dossier")
    assert "Fatima Essai" in two.text or any("Fatima Essai" in each.label for each in two.spoken.options)


def test_notices_that_were_on_the_phone_still_act(desk: Counter) -> None:
    one, boss, asks = desk.person("telegram", 1001), desk.person("telegram", 1004), desk.person("telegram", 1003)
    one.presses_exactly(f"attend:yes:{base36(KEPT['session'])}")
    with Session(desk.engine) as db:
        assert [row.answer for row in db.scalars(sa.select(Attendance))] == ["yes"]
    boss.presses_exactly("answer:open:1")
    boss.says("Venez jeudi.")
    asks.says("menu")
    assert any("Venez jeudi." in each.text for each in asks.messages)


def test_what_waited_leaves_and_what_failed_says_why(desk: Counter) -> None:
    with Session(desk.engine) as db:
        db.execute(sa.update(Delivery).where(Delivery.kind == "notice").values(state="sent"))
        kinds, announced = set(), None
        while leaving := take(db, desk.desk, "telegram", "lane", 100):  # a person's replies one after another
            kinds |= {each.kind for each in leaving}
            announced = leaving[-1]
            db.execute(sa.update(Delivery).where(Delivery.state == "sending").values(state="sent"))
            db.commit()
        assert kinds == {"reply", "session"}
        assert announced is not None
        assert announced.kind == "session"
        assert "Salle" in announced.spoken.text
        reasons = set(db.scalars(sa.select(Delivery.reason).where(Delivery.state == "failed")))
        assert reasons == {"no_chat"}
