"""How far the proofs go, and where their figures are written down.

In the suite each is small. `make proof` goes further (PROOF=1), `make proof FULL=1` to the figures of
docs/proof.md (FULL=1).
"""

import json
import os
from pathlib import Path

LEVEL = 2 if os.environ.get("FULL") else 1 if os.environ.get("PROOF") else 0
NOTES = Path("var/proof.jsonl")


def far(suite: int, proof: int, full: int) -> int:
    """A size by how far the proofs are to go."""
    return (suite, proof, full)[LEVEL]


def note(promise: int, where: str, figure: str) -> None:
    """Write a figure down, for the table."""
    if LEVEL:
        NOTES.parent.mkdir(exist_ok=True)
        with NOTES.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"promise": promise, "where": where, "figure": figure}) + "\n")


def database_name(url: str) -> str:
    """`SQLite` or `PostgreSQL`."""
    return "SQLite" if url.startswith("sqlite") else "PostgreSQL"
