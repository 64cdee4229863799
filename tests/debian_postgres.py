"""Runs pytest on the PostgreSQL that Debian packages, the oldest found: `python -m tests.debian_postgres [pytest's own]`.

A server in a folder of its own, on loopback, as the user `postgres` where we are root; stopped and removed afterwards.
"""

import getpass
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.running import free_port

INSTALLED = Path("/usr/lib/postgresql")


def oldest() -> Path:
    """The programs of the oldest PostgreSQL that is installed. SystemExit when there is none."""
    found = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise SystemExit("no PostgreSQL of Debian is installed (apt install postgresql)")
    return found[0].parent


def main(arguments: list[str]) -> int:
    """Start the server, run pytest on it, stop it; pytest's own exit code."""
    programs, port = oldest(), free_port()
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="hirfa-debian-pg-"))
    if user == "postgres":
        shutil.chown(folder, user, user)
    as_user: dict[str, Any] = {"user": user, "cwd": folder} if user == "postgres" else {"cwd": folder}
    data, log = folder / "data", folder / "log"

    def control(*what: str) -> None:
        subprocess.run([programs / "pg_ctl", "-D", data, "-l", log, "-w", *what], check=True, stdout=2, **as_user)

    init: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run(init, check=True, stdout=subprocess.DEVNULL, **as_user)
    # a test's server loses nothing by not waiting for the disk
    control("-o", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off", "start")
    try:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        print(f"on {programs}", file=sys.stderr)
        run = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(run, env={**os.environ, "TEST_DATABASE_URL": url}, check=False).returncode
    finally:
        control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
