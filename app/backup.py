"""`bot.py backup`, and the backup of the night: the memory as one sealed file, opened once, carried away."""

import hashlib
import logging
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.build import at_the_server, sealer_of
from models import backup, copying, database, sealed_file
from models.sealed import Sealer
from models.sealed_file import Head
from services import key_value, restore_guard
from services.context import Desk
from services.privacy.erasure_list import ERASURE_LIST, complete_lists
from services.restore_guard import BACKUP_KEY
from services.troubles import TroubleKind, end_trouble, note_trouble
from settings import VERSION, BadSetting, Settings

log = logging.getLogger("hirfa")

Show = Callable[[str], None]
REFUSALS = (backup.CannotRestore, copying.CopyFailed, sealed_file.NotABackup, sealed_file.WrongKey)
BACKUP_NAMES = "hirfa-*.backup"
LEAST_KEPT = 3  # however old
RCLONE_SECONDS = 3600
HALF_MADE, HALF_MADE_SECONDS = ".part-", 6 * 3600


class BackupFailed(RuntimeError):
    """No backup was made, or it could not be taken elsewhere; its message says why."""


# -- a backup --------------------------------------------------------------------------------------------


def back_up(settings: Settings, folder: Path | None, show: Show) -> int:
    """Make a backup beside a desk that serves; its path is the last line. Raises BackupFailed."""
    with at_the_server(settings) as (db, desk):
        try:
            made = make_backup(settings, folder or backup_folder(settings), progress("backup"))
        except BackupFailed as error:
            keep_failure(db, desk, str(error))
            db.commit()
            raise
        keep_outcome(db, desk, made)
        complete_lists(db, desk, made.parent / ERASURE_LIST)
        believed = not restore_guard.clock_is_doubted(db, desk)
    if believed and settings.backup_folder and made.parent == Path(settings.backup_folder):
        for name in prune(settings, made.parent):
            show(f"older than {settings.backup_keep_days} days, removed: {name}")
    carry_away(settings, made, believed)
    show(str(made))
    return 0


def make_backup(settings: Settings, folder: Path, tell: copying.Tell) -> Path:
    """Write one sealed copy of the database into a folder, opened once to see that it opens. Returns its path. Raises
    BackupFailed.
    """
    sealer = sealer_of(settings, settings.database_url)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        with tempfile.TemporaryDirectory(prefix=HALF_MADE, dir=folder) as within:
            plain, sealed, opened = (Path(within) / name for name in ("plain", "sealed", "opened"))
            kind = backup.dump(settings.database_url, plain, tell)
            now = datetime.now(UTC)
            head = _head(settings, sealer, kind, now)
            sealed_file.seal_file(sealer, head, plain, sealed, settings.backup_recipient)
            sealed_file.unseal_file(sealer, sealed, opened)
            if _hash(opened) != _hash(plain):
                raise BackupFailed("the backup does not open to what was sealed")
            if kind == backup.SQLITE:
                backup.check_sqlite(opened)
            made = folder / f"hirfa-{now:%Y%m%dT%H%M%SZ}-{head.key}-{secrets.token_hex(2)}.backup"
            sealed.replace(made)
    except (OSError, sa.exc.SQLAlchemyError, *REFUSALS) as error:
        raise BackupFailed(_reason(error)) from None
    return made


def nightly(settings: Settings, engine: sa.Engine, desk: Desk) -> None:
    """Make the backup of the night, and keep what becomes of it: the admins hear of one that fails."""
    try:
        made = make_backup(settings, backup_folder(settings), lambda done, every: None)
        with Session(engine) as db:
            keep_outcome(db, desk, made)
            complete_lists(db, desk, made.parent / ERASURE_LIST)
            believed = not restore_guard.clock_is_doubted(db, desk)
            db.commit()
        if believed:  # by a clock nobody believes every backup is old
            prune(settings, made.parent)
        carry_away(settings, made, believed)
    except Exception as error:  # marked place 2 of 3: whatever it was, the admins hear that there is no backup
        why = str(error) if isinstance(error, BackupFailed | BadSetting) else type(error).__name__
        log.exception("the backup failed: %s", why)
        with Session(engine) as db:
            keep_failure(db, desk, why)
            db.commit()


def _sweep(folder: Path) -> None:
    """What a backup that was killed left half made, unsealed."""
    for left in folder.glob(f"{HALF_MADE}*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > HALF_MADE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def keep_outcome(db: Session, desk: Desk, made: Path) -> None:
    """Keep when the last backup was made, and how big it is."""
    told = {"at": desk.clock.now().isoformat(), "bytes": made.stat().st_size, "name": made.name}
    key_value.set_value(db, BACKUP_KEY, orjson.dumps(told).decode())
    end_trouble(db, desk, TroubleKind.BACKUP)


def keep_failure(db: Session, desk: Desk, why: str) -> None:
    """Keep that a backup failed: the admins are told."""
    note_trouble(db, desk, TroubleKind.BACKUP, detail=why)


def prune(settings: Settings, folder: Path) -> list[str]:
    """Remove the backups of a folder that are older than is wished, but for the last few. Returns their names."""
    every = sorted(folder.glob(BACKUP_NAMES))
    before = time.time() - timedelta(days=settings.backup_keep_days).total_seconds()
    old = [path for path in every[:-LEAST_KEPT] if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return [path.name for path in old]


def carry_away(settings: Settings, made: Path, believed: bool) -> None:
    """Copy a backup and the list of erasures to the place rclone knows; by a clock that is `believed`, remove there
    what is too old, but for the last few. Raises BackupFailed.
    """
    if not settings.backup_remote:
        return
    program = shutil.which("rclone")
    if program is None:
        raise BackupFailed("BACKUP_REMOTE is set and rclone is not installed (apt install rclone)")
    remote = settings.backup_remote
    lists = made.parent / ERASURE_LIST
    for path in (made, *((lists,) if lists.exists() else ())):
        _rclone(program, "copyto", str(path), f"{remote.rstrip('/')}/{path.name}")
    if not believed:
        return
    before = f"hirfa-{datetime.now(UTC) - timedelta(days=settings.backup_keep_days):%Y%m%dT%H%M%SZ}"
    there = sorted(_rclone(program, "lsf", "--files-only", "--include", BACKUP_NAMES, remote).split())
    for name in there[:-LEAST_KEPT]:
        if name < before:
            _rclone(program, "deletefile", f"{remote.rstrip('/')}/{name}")


def _rclone(program: str, *what: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 (our own words, and a place of the settings)
            [program, *what], capture_output=True, text=True, check=False, timeout=RCLONE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise BackupFailed(f"rclone did not end within {RCLONE_SECONDS} s") from None
    if done.returncode != 0:
        raise BackupFailed(f"rclone {what[0]}: {(done.stderr.strip().splitlines() or ['no word'])[-1][:200]}")
    return done.stdout


def _head(settings: Settings, sealer: Sealer, kind: str, now: datetime) -> Head:
    name = make_url(settings.database_url).get_backend_name()
    return Head(sealer.key_id.decode(), kind, name, database.SCHEMA, VERSION, now.isoformat(timespec="seconds"))


def backup_folder(settings: Settings) -> Path:
    """Return where backups are kept. Raises BadSetting where that is nowhere."""
    if not settings.backup_folder:
        raise BadSetting("BACKUP_FOLDER is empty: name the folder, `bot.py backup FOLDER`")
    return Path(settings.backup_folder)


# -- small things ----------------------------------------------------------------------------------------


def progress(what: str) -> copying.Tell:
    """Return what tells how far it is, on a terminal."""
    shown = -1

    def tell(done: int, every: int) -> None:
        nonlocal shown
        percent = 100 * done // max(every, 1)
        if percent != shown and sys.stderr.isatty():
            shown = percent
            bar = "#" * (percent // 4)
            sys.stderr.write(f"\r{what} [{bar:<25}] {percent:3} %" + ("\n" if done >= every else ""))
            sys.stderr.flush()

    return tell


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}{f': {error.filename}' if error.filename else ''}"
    return type(error).__name__ if isinstance(error, sa.exc.SQLAlchemyError) else str(error)
