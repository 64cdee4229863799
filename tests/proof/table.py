"""The figures of `make proof` as a table; with FULL=1 also in docs/proof.md."""

import json
import os
import sys
from datetime import date
from pathlib import Path

from tests.proof.figures import NOTES

PROMISES = {
    1: "No send is lost, none silent",
    2: "Duplicates bounded and visible",
    3: "Two workers never double-send",
    8: "Error classes act as in the table",
    9: "Statuses never go back",
    10: "Rates respected, replies first",
    11: "Nobody is sent to by accident",
    12: "Stop works",
    14: "Restore",
    17: "Erase and retention",
    19: "Graceful stop",
    20: "Clock",
    24: "A restored copy sends nothing by itself",
    25: "A wrong clock deletes and repeats nothing",
    26: "Deaf for at most five minutes",
    27: "An administrator's mistakes are seen",
}
MISTAKES = 27
HEAD = """# What was proved, and how far

The last figures of `make proof FULL=1` ({day}): real processes, real `kill -9`, real HTTP to fakes on
loopback that log each accepted message with an fsync of their own. `make proof` does the same with fewer
kills and people (this one takes about an hour); the suite does a little of each. What each promise means:
[architecture.md](architecture.md).

| # | promise | where | figure |
|---|---|---|---|
"""


def main() -> int:
    """Print the table; 1 when a promise has no figure."""
    rows = [json.loads(line) for line in NOTES.read_text(encoding="utf-8").splitlines()]
    mistakes = {row["where"] for row in rows if row["promise"] == MISTAKES}
    rows = [row for row in rows if row["promise"] != MISTAKES]
    if mistakes:
        figure = f"{len(mistakes)} mistakes made on a real installation, each said by doctor in one plain line"
        rows.append({"promise": MISTAKES, "where": "docs/mistakes.md", "figure": figure})
    rows.sort(key=lambda row: (row["promise"], row["where"]))
    for row in rows:
        print(f"{row['promise']:>3}  {PROMISES[row['promise']]:<34} {row['where']:<42} {row['figure']}")
    missing = sorted(set(PROMISES) - {row["promise"] for row in rows})
    if missing:
        print(f"without a figure: {missing}", file=sys.stderr)
    if os.environ.get("FULL") and not missing:
        lines = [
            f"| {row['promise']} | {PROMISES[row['promise']]} | {row['where']} | {row['figure']} |" for row in rows
        ]
        text = HEAD.format(day=os.environ.get("DAY") or date.today().isoformat()) + "\n".join(lines) + "\n"
        Path("docs/proof.md").write_text(text, encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
