"""`bot.py restore` and `move`: a backup put back without harm, or tried; everything carried into another database."""

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.backup import BACKUP_NAMES, Show, backup_folder, progress
from app.build import VAR, at_the_server, beside, open_desk, sealer_of
from models import backup, copying, database, journal, sealed_file
from services import restore_guard
from services.hold import current_hold
from services.people.journal import record_act
from services.people.server import head_told
from services.privacy.erasure_list import ERASURE_LIST, replay_erasures
from settings import Settings

SAMPLE = 50  # values of each sealed column that a check opens

# -- put back --------------------------------------------------------------------------------------------


def restore(settings: Settings, file: Path, lists: Path | None, identity: Path | None, show: Show) -> int:
    """Put a backup back into the empty place that DATABASE_URL names, marked as a copy: nothing that was under way
    leaves without an admin's yes. `lists`: the list of who was erased since, beside the file unless told.
    """
    url = settings.database_url
    sealer = sealer_of(settings, url, make=False)
    head = sealed_file.read_head(file)
    show(f"{file.name}: made {head.at} with the key {head.key}, schema {head.schema}, from {head.database}")
    erased = [path for path in (lists or file.parent / ERASURE_LIST,) if path.exists()]
    if not erased:
        show(
            f"no list of erasures ({ERASURE_LIST}) lies beside it: who was erased after it was made comes back, "
            "unless you name that list: --erasures FILE"
        )
    with _room(url) as room:
        plain = room / "opened"
        sealed_file.unseal_file(sealer, file, plain, _lines(identity))
        if head.payload == backup.SQLITE:
            backup.check_sqlite(plain)
            backup.refuse_unless_empty(url)
            _marked(settings, f"sqlite:///{plain}", url, erased, show)
            backup.settle(plain)
        backup.put_back(url, head.payload, plain, progress("restore"))
    if head.payload != backup.SQLITE:
        _marked(settings, url, url, erased, show)
    show("marked as a copy: what was under way waits for an admin's yes, in chat or by `bot.py restore --release`")
    return 0


def _marked(settings: Settings, at: str, url: str, erased: list[Path], show: Show) -> None:
    """Bring a copy to today's schema, mark it, and erase who was erased since."""
    desk, writer = open_desk(settings, at, sealer_of(settings, url, make=False), {})
    try:
        with Session(writer) as db:
            noted = restore_guard.noted(beside(url, VAR, "alive"))
            held = restore_guard.mark_restored(db, desk, answered_until=noted)
            again = replay_erasures(db, desk, beside(url, VAR, "erased"), *erased, due_too=True)
            db.commit()
    finally:
        writer.dispose()
    show(f"{held} messages to one person held back, {again} files and contacts erased again")


def release(settings: Settings, show: Show) -> int:
    """Let go on what a copy, a gap or a doubtful clock holds; 1 when nothing is held."""
    with at_the_server(settings) as (db, desk):
        if current_hold(db) is None:
            show("nothing is held")
            return 1
        single = restore_guard.release(db, desk)
        restore_guard.beat(db, desk)
        record_act(db, desk, None, "server_release", None)
    show(f"released: what was under way goes on; {single} messages to one person leave too")
    return 0


def drill(settings: Settings, file: Path | None, show: Show) -> int:
    """Put the last backup back into a place of its own, look at it, and remove it again; 1 when it is not good."""
    began = time.monotonic()
    found = file or max(backup_folder(settings).glob(BACKUP_NAMES), default=None)
    if found is None:
        show(f"there is no backup in {backup_folder(settings)}")
        return 1
    sealer = sealer_of(settings, settings.database_url, make=False)
    with tempfile.TemporaryDirectory(prefix="hirfa-drill-", dir=found.parent) as within:
        plain = Path(within) / "opened"
        head = sealed_file.unseal_file(sealer, found, plain)
        with _scratch(settings, head.payload, Path(within)) as url:
            backup.put_back(url, head.payload, plain, progress("drill"))
            desk, writer = open_desk(settings, url, sealer, {})
            try:
                with writer.connect() as connection:
                    counts = copying.count_rows(connection)
                opened = copying.unseal_sample(writer, desk.sealer, SAMPLE)
                with Session(writer) as db:
                    broken = journal.first_broken(db, desk.sealer)
                    told = head_told(db)
                    cut = told is not None and not journal.stands(db, told)
            finally:
                writer.dispose()
    rows = ", ".join(f"{counts[name]} {name}" for name in ("contact", "registration", "delivery"))
    show(f"{found.name}, made {head.at}: {rows}; {opened} sealed values opened; {time.monotonic() - began:.1f} s")
    if broken is not None or cut:
        show("the journal in it was altered or cut")
        return 1
    show("it can be restored")
    return 0


@contextmanager
def _scratch(settings: Settings, payload: str, within: Path) -> Iterator[str]:
    """A place of its own for a drill: a file, or a database of the same server."""
    if payload == backup.SQLITE:
        yield f"sqlite:///{within}/drill.db"
        return
    made = make_url(settings.database_url)
    if made.get_backend_name() != "postgresql":
        raise backup.CannotRestore("a copy of pg_dump is tried on a PostgreSQL: DATABASE_URL names none")
    name = f"hirfa_drill_{secrets.token_hex(4)}"
    plain = made.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:
        try:
            server.execute(f'CREATE DATABASE "{name}"')
        except psycopg.errors.InsufficientPrivilege:
            role = server.info.user
            raise backup.CannotRestore(f"a drill needs a database of its own: ALTER ROLE {role} CREATEDB") from None
    try:
        yield made.set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# -- carried elsewhere -----------------------------------------------------------------------------------


def move(settings: Settings, target_url: str, show: Show) -> int:
    """Copy every row into the empty database of another URL, and look at the copy. The source stays as it is."""
    sealer = sealer_of(settings, settings.database_url, make=False)
    target = Settings(database_url=target_url).database_url
    backup.refuse_unless_empty(target)
    _, source = open_desk(settings, settings.database_url, sealer, {})
    copy = database.engine(target, writer=True)
    try:
        database.upgrade_schema(copy)
        counts = copying.copy_rows(source, copy, progress("move"))
        desk, opened = open_desk(settings, target, sealer, {})
        sample = copying.unseal_sample(opened, desk.sealer, SAMPLE)
        opened.dispose()
    finally:
        source.dispose()
        copy.dispose()
    rows = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    show(f"copied and counted: {rows}")
    show(f"{sample} sealed values opened in the copy. Now put DATABASE_URL={_hidden(target)} and start the desk")
    return 0


def _hidden(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


@contextmanager
def _room(url: str) -> Iterator[Path]:
    """A folder of our own beside where the database is to be."""
    made = make_url(url)
    parent = Path(str(made.database)).parent if made.get_backend_name() == "sqlite" else VAR
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=parent) as within:
        yield Path(within)


def _lines(identity: Path | None) -> list[str]:
    return [] if identity is None else identity.read_text(encoding="ascii").split()
