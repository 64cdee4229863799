"""The command line as a newcomer types it: real processes, no database, no token."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.amo.test_cases import CASES

ROOT = Path(__file__).parent.parent.parent


def bot(*arguments: str, typed: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), *arguments],
        input=typed, capture_output=True, text=True, cwd=folder, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "typed", "said"),
    [
        ("ar", "1\n٣٥\nlla\n1\nلا\nفخار\n1\n5\nما عنديش\n", "حوالي 163"),
        ("fr", "1\n35\naucune\n1\nnon\npotier\n1\ncinq\nj'en ai pas\n", "Environ 163"),
    ],
)
def test_play(tmp_path: Path, language: str, typed: str, said: str) -> None:
    ran = bot("play", "eligibility", "--lang", language, typed=typed, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert said in ran.stdout
    assert list(tmp_path.iterdir()) == []  # nothing is kept


def test_assess_all_the_cases(tmp_path: Path) -> None:
    lines = [json.dumps({**case["situation"], "on": case["on"]}) for case in CASES]
    ran = bot("assess", typed="\n".join(lines) + "\n", folder=tmp_path)
    assert ran.returncode == 0, ran.stdout
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    for case, answer in zip(CASES, found, strict=True):
        assert {key: answer[key] for key in case["expected"]} == case["expected"]
        assert answer["reasons"]


def test_a_refused_line_does_not_stop_the_others(tmp_path: Path) -> None:
    good = '{"work": "none", "on": "2026-11-23"}'
    bad = [
        "x", "[]", "null", '{"work": "none", "age": NaN}', '{"work": "none", "age": -1}', '{"work": "none", "x": 1}',
        '{"on": "2026-11-23"}', '{"work": "none", "on": "2026-02-30"}', '{"work": "none", "on": 7}', "[" * 100_000,
        '{"work": "none", "on": "2020-12-31"}', '{"work": "none", "age": ' + "9" * 5000 + "}",
    ]  # fmt: skip
    ran = bot("assess", typed="\n".join([good, *bad, "", good]) + "\n", folder=tmp_path)
    assert ran.returncode == 1
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [set(answer) == {"error"} for answer in answers] == [False, *[True] * len(bad), False]
    assert "Traceback" not in ran.stderr
