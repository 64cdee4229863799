"""The command line as a newcomer types it: real processes, no database, no token."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

import amo
from handlers.terminal.logs import Events
from tests.amo.cases import CASES

ROOT = Path(__file__).parent.parent.parent


def bot(*arguments: str, typed: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), *arguments],
        input=typed,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=30,
        check=False,
    )


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
        "x",
        "[]",
        "null",
        '{"work": "none", "age": NaN}',
        '{"work": "none", "age": -1}',
        '{"work": "none", "x": 1}',
        '{"on": "2026-11-23"}',
        '{"work": "none", "on": "2026-02-30"}',
        '{"work": "none", "on": 7}',
        "[" * 100_000,
        '{"work": "none", "on": "2020-12-31"}',
        '{"work": "none", "age": ' + "9" * 5000 + "}",
    ]
    ran = bot("assess", typed="\n".join([good, *bad, "", good]) + "\n", folder=tmp_path)
    assert ran.returncode == 1
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [set(answer) == {"error"} for answer in answers] == [False, *[True] * len(bad), False]
    assert "Traceback" not in ran.stderr


def test_facts_lists_every_parameter_and_what_is_not_established(tmp_path: Path) -> None:
    ran = bot("facts", "--on", "2026-11-23", typed="", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    facts = amo.load()
    for name in facts.rows:
        assert any(line.startswith((name, f"later: {name} ")) for line in ran.stdout.splitlines()), name
    assert "17.92" in ran.stdout
    assert "nobody yet" in ran.stdout
    assert all(f"  {unknown.id}: " in ran.stdout for unknown in facts.open)
    assert list(tmp_path.iterdir()) == []
    early = bot("facts", "--on", "2021-01-01", typed="", folder=tmp_path).stdout
    assert "14.81" in early
    assert "later: smig_hour is 17.92 from 2026-01-01" in early
    assert "tadamon_top_score  9" not in early


def test_changes_of_an_empty_desk_and_bad_days(tmp_path: Path) -> None:
    ran = bot("facts", "--changes", "--on", "2027-01-01", typed="", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "0 of 0 results would be others on 2027-01-01" in ran.stdout
    for bad in ("31/11", "2026-02-30", ""):
        refused = bot("facts", f"--on={bad}", typed="", folder=tmp_path)
        assert refused.returncode == 2
        assert "is no day like 2027-01-31" in refused.stderr
    refused = bot("facts", "--changes", "--on", "2019-01-01", typed="", folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.strip().splitlines()[-1] == "--on: nothing is known before 2021-01-01"


def test_faq_reads_lines_and_prints_topics(tmp_path: Path) -> None:
    lines = ["شحال كنخلصو فالشهر", "", "chkoun rbe7 lmatch", "où déposer une réclamation"]
    ran = bot("faq", typed="\n".join(lines) + "\n", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = [json.loads(line)["topics"] for line in ran.stdout.splitlines()]
    assert [topics[:1] for topics in found] == [["how_much"], [], [], ["complain"]]


def test_factcheck_writes_a_document_a_language_or_says_why_not(tmp_path: Path) -> None:
    ran = bot("factcheck", "--to", "new/folder", typed="", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "factcheck.ar.html",
        "factcheck.fr.html",
    ]
    (tmp_path / "file").write_text("")
    refused = bot("factcheck", "--to", "file", typed="", folder=tmp_path)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_events_hold_no_words_of_anybody() -> None:
    said = "Fatima Essai AB123456 0612345678 42:only-for-tests-0123456789 /f/abcDEF-123"
    try:
        raise ValueError(said)
    except ValueError:
        record = logging.LogRecord("services.x", logging.ERROR, "x.py", 1, "failed: %s", (said[13:],), sys.exc_info())
    record.__dict__ |= {"contact": "7f", "words": said, "path": "/f/{token}"}
    line = Events().format(record)
    for secret in ("Fatima", "AB123456", "0612345678", "only-for-tests", "abcDEF"):
        assert secret not in line
    assert "contact=7f" in line
    assert "test_events_hold_no_words_of_anybody" in line
    assert "ValueError" in line
