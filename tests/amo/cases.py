"""The worked cases of the law, as data."""

import json
from pathlib import Path

CASES = json.loads((Path(__file__).parent.parent / "data" / "amo_cases.json").read_text(encoding="utf-8"))
