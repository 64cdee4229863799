"""A recorded conversation, compared with what is said today."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


UPDATE = os.environ.get("UPDATE") == "1"


def compare(name: str, text: str) -> None:
    path = FOLDER / f"{name}.txt"
    if UPDATE:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} reads differently"
