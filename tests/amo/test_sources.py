"""Every rule, figure and answer says where it comes from, and names only what exists."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import amo
from amo import ids
from amo.facts import Band, Fact
from amo.rules import MARKS, Answer, Rule


def test_every_reason_has_a_rule_and_only_reasons_do() -> None:
    assert set(amo.load().rules.rules) == set(ids.REASONS)


def test_a_rule_names_texts_and_facts_that_exist() -> None:
    for id, rule in amo.load().rules.rules.items():
        assert rule.row, id
        assert rule.texts, id
        assert rule.mark in MARKS, id
        assert set(rule.texts) <= set(amo.load().rules.texts), id
        assert set(rule.facts) <= set(amo.load().rows), id


def test_a_figure_names_a_text_that_exists() -> None:
    for name, rows in amo.load().rows.items():
        for row in rows:
            assert row.text in amo.load().rules.texts, name
            assert row.mark in MARKS, name
            assert row.reviewer is None or row.reviewer, name


def test_an_answer_is_sourced_and_dated() -> None:
    for id, answer in amo.load().rules.answers.items():
        assert answer.texts, id
        assert set(answer.texts) <= set(amo.load().rules.texts), id
        assert answer.mark in MARKS, id
        assert isinstance(answer.read_on, date), id


def test_every_text_is_named_in_both_languages_and_used() -> None:
    used = {text for rule in amo.load().rules.rules.values() for text in rule.texts}
    used |= {text for answer in amo.load().rules.answers.values() for text in answer.texts}
    used |= {row.text for rows in amo.load().rows.values() for row in rows}
    assert used == set(amo.load().rules.texts)
    for names in amo.load().rules.texts.values():
        assert set(names) == {"ar", "fr"}
        assert all(names.values())


def test_texts_of_reasons_each_once_in_order() -> None:
    found = amo.load().rules.texts_of(("cpu", "tax_unknown", "low_score_and_activity"))
    assert found == ("cgi_73", "tadamon", "achamil")


def test_what_is_not_established_is_said_in_both_languages() -> None:
    assert len({each.id for each in amo.load().open}) == len(amo.load().open) >= 8
    for each in amo.load().open:
        assert set(each.says) == {"ar", "fr"}
        assert all(each.says.values())


def test_a_reviewer_is_read(tmp_path: Path) -> None:
    text = amo.facts.HERE.read_text(encoding="utf-8")
    file = tmp_path / "facts.toml"
    file.write_text(text.replace('reviewer = ""', 'reviewer = "the jurist, 2026-12-01"', 1), encoding="utf-8")
    read = amo.load(file)
    assert read.rows["smig_hour"][0].reviewer == "the jurist, 2026-12-01"
    assert read.rows["smig_hour"][1].reviewer is None


@pytest.mark.parametrize("missing", ["text", "mark", "source", "reviewer"])
def test_an_incomplete_row_is_refused(tmp_path: Path, missing: str) -> None:
    lines = amo.facts.HERE.read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith(f"{missing} = "))
    file = tmp_path / "facts.toml"
    file.write_text("\n".join(lines[:first] + lines[first + 1 :]), encoding="utf-8")
    with pytest.raises(KeyError):
        amo.load(file)


def test_what_is_read_of_a_row_a_rule_and_an_answer() -> None:
    read = amo.load()
    assert (read.edition, read.first_day) == ("2026-11-28", date(2021, 1, 1))
    assert read.jewellery == {f"C00{n}" for n in range(1, 8)}
    assert read.rows["smig_hour"][-1] == Fact(
        date(2026, 1, 1),
        Decimal("17.92"),
        (),
        "decree 2.25.983, official bulletin 7469",
        "decree_2_25_983",
        "law",
        recheck_by=date(2027, 1, 1),
    )
    assert read.rows["tax_scale"][0].bands[1] == Band(Decimal(390), low=Decimal(500), high=Decimal(1000))
    assert read.rules.rules["accounts_simplified"] == Rule(
        "12",
        ("tns_flat", "labour_184"),
        "law",
        ("rate", "flat_factor.accounts_simplified", "smig_hour", "annual_hours"),
    )
    assert read.rules.answers["debt"] == Answer(("press",), "press", date(2026, 11, 23))
    assert read.rules.texts["labour_184"]["ar"] == "مدونة الشغل، المادة 184"
    assert read.open[0].id == "billed"
    assert read.open[0].says["fr"].startswith("Aucune page ne confirme")


def test_before_its_first_row_nothing_is_known() -> None:
    assert amo.load().find("achamil_scale", date(2023, 12, 31)) is None
