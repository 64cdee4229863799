"""On each first of a month from 2026 to 2029: no sentence with a figure that is not in force that day, none past its
day, and what should have been looked at again says so.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

import amo
from amo.amounts import flat
from conversations.context import TurnContext
from conversations.eligibility.card import result_sheet
from conversations.eligibility.result import assessment, rests_on_old_figures, result
from conversations.eligibility.why import why
from conversations.flows import FLOWS
from conversations.forms.flow import Case
from conversations.questions.flow import TOPICS, topic_reply
from conversations.values import Card, Lines, Reply, Say
from tests.desks import facts, words, world

MONTHS = [date(year, month, 1) for year in range(2026, 2030) for month in range(1, 13)]
OWN = {"work": "own_account", "age": 40, "cover": "none", "in_rna": "yes", "trade": "C076"}
# An answer for every row of the procedure that says something of its own.
ROWS: list[dict[str, Any]] = [
    {"work": "own_account", "age": 16, "cover": "none"},
    {"work": "employee", "age": 40, "declared": "yes", "tax_status": "none", "in_rna": "no"},
    {"work": "cooperative", "age": 40, "declared": "no"},
    {"work": "none", "makes": "no", "age": 63, "cover": "pensioner", "tax_status": "none", "in_rna": "no"},
    {"work": "none", "makes": "no", "age": 30, "cover": "dependant", "tax_status": "none", "in_rna": "no"},
    {"work": "helper", "age": 30, "cover": "none"},
    {**OWN, "tax_status": "none", "rsu_score": "unsure"},
    {**OWN, "tax_status": "none", "cover": "tadamon"},
    {**OWN, "tax_status": "none", "in_rna": "no", "practice_years": 12, "rsu_score": "9.1"},
    {**OWN, "tax_status": "none", "in_rna": "no", "practice_years": 1, "has_diploma": "no"},
    {**OWN, "tax_status": "cpu", "annual_tax": "1001_2500", "rsu_score": "unsure"},
    {**OWN, "tax_status": "cpu", "annual_tax": "unsure", "cover": "tns"},
    {**OWN, "tax_status": "auto_entrepreneur", "activity": "unsure", "rsu_score": "unsure"},
    {**OWN, "tax_status": "auto_entrepreneur", "activity": "goods", "turnover_goods": "over_500000"},
    {**OWN, "tax_status": "accounts_simplified", "rsu_score": "unsure"},
    {**OWN, "tax_status": "accounts_real", "net_profit": "over_100000", "rsu_score": "unsure"},
    {**OWN, "tax_status": "accounts_real", "net_profit": "unsure", "tax_return": "missing", "rsu_score": "unsure"},
    {**OWN, "tax_status": "accounts_real", "trade": "other", "rsu_score": "unsure"},
    {**OWN, "tax_status": "several"},
    {"work": "none", "makes": "no", "age": 30, "cover": "tns", "tax_status": "none"},
    {"work": "none", "makes": "no", "age": 30, "cover": "none", "tax_status": "none", "in_rna": "no", "rsu_score": "9.1"},
    {"work": "none", "makes": "no", "age": 30, "cover": "none", "tax_status": "none", "in_rna": "no", "rsu_score": "9.9"},
]  # fmt: skip
NUMBER = re.compile(r"\d+(?:[\u00a0\u202f ]\d{3})*(?:,\d+)?")
ISOLATES = re.compile("[\u2066-\u2069\u200e\u200f]")
# Not figures: CNSS's telephone, a quarter's months, the numbers of texts, hours and months of the sum's own formula.
PLAIN = {"3939", "3", "12"}
TEXT_NUMBER = re.compile(r"\b\d{1,2}[.-]\d{2}(?:[.-]\d+)?\b|\b7469\b|\b7147\b|(?:article|المادة) \d+|184|\bPDF\b")


def on(day: date) -> TurnContext:
    return replace(world(), today=day)


def says(reply: Reply) -> Iterator[Say]:
    """Every sentence of a reply, and of the sheets beside it."""
    for part in reply.text:
        yield from part.says if isinstance(part, Lines) else (part,)
    for sheet in reply.media:
        if isinstance(sheet, Card):
            yield from (sheet.title, *([sheet.figure] if sheet.figure else []), *sheet.foot)
            for part in sheet.parts:
                yield from part.says if isinstance(part, Lines) else (part,)


@cache
def in_force(day: date) -> frozenset[Decimal]:
    """Every figure that may be said on a day: the facts in force, what follows from them, and shares in per cent."""
    found: set[Decimal] = set()
    for name in facts().rows:
        row = facts().find(name, day)
        if row is None:
            continue
        if row.value is not None:
            found |= {row.value, row.value * 100}
        for band in row.bands:
            found |= {edge for edge in (band.low, band.high, band.below, band.over, band.due) if edge is not None}
            found |= {Decimal(0)}
    for factor in (name.removeprefix("flat_factor.") for name in facts().rows if name.startswith("flat_factor.")):
        due = flat(factor, day, facts())
        found |= {due, due.quantize(Decimal(1))}
    return frozenset(found)


def allowed_days(day: date) -> set[str]:
    """Days that may be named: today, the day the rules were read, the days on which figures change, to come."""
    later = {row.since for rows in facts().rows.values() for row in rows if row.since > day}
    return {str(part) for each in {day, date.fromisoformat(facts().edition), *later} for part in (each.day, each.year)}


def wrong_figures(say: Say, day: date, language: str) -> list[str]:
    """The numbers of a sentence that are no figure in force on a day."""
    text = ISOLATES.sub("", TEXT_NUMBER.sub("", words().say(say, language)))
    if say.msgid == "eligibility.why.then":  # of the year the scheme began, and says so
        first = facts().first_day
        return [] if str(first.year) in text else [text]
    if say.msgid == "questions.says.ramed":
        text = text.replace(str(facts().rows["tadamon_top_score"][0].since.year), "")
    if say.msgid == "questions.source":
        text = re.sub(r"\d\d/\d{4}", "", text)
    known, days = in_force(day), allowed_days(day)
    found = []
    for match in NUMBER.finditer(text):
        said = match[0]
        number = Decimal(re.sub("[\u00a0\u202f ]", "", said).replace(",", "."))
        if said not in PLAIN and said not in days and number not in known:
            found.append(said)
    return found


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_each_first_of_a_month_no_sentence_is_false_or_past_its_day(language: str) -> None:
    looked = 0
    for day in MONTHS:
        context = on(day)
        replies = [reply for answers in ROWS for reply in said_of(answers, context)]
        replies += [topic_reply(Case({"topic": topic}, context)) for topic in TOPICS]
        for reply in replies:
            for say in says(reply):
                looked += 1
                assert wrong_figures(say, day, language) == [], (day, say.msgid, words().say(say, language))
    print(f"\n{looked} sentences, {len(MONTHS)} days")


def said_of(answers: dict[str, Any], context: TurnContext) -> Iterator[Reply]:
    case = Case(answers, context)
    yield result(case)
    yield why(case)
    yield result_sheet(case)


@pytest.mark.parametrize("day", MONTHS)
def test_an_amount_past_its_day_says_that_it_may_have_changed(day: date) -> None:
    context = on(day)
    for answers in ROWS:
        found = assessment(answers, context)
        said = {say.msgid for say in says(result(Case(answers, context)))}
        assert ("eligibility.result.recheck" in said) == rests_on_old_figures(found, context)
    artisan = assessment(ROWS[6], context)
    assert rests_on_old_figures(artisan, context) == (day >= date(2027, 1, 1))


def test_what_is_known_to_come_is_said_until_that_day() -> None:
    for day, told in ((date(2027, 1, 1), True), (date(2027, 2, 1), False)):
        reply = topic_reply(Case({"topic": "adult_children"}, on(day)))
        sentences = [words().say(say, "fr") for say in says(reply)]
        assert any("février 2027" in each for each in sentences) == told
        assert any("30 ans" in each for each in sentences)


def test_the_bands_that_are_offered_are_the_scale_s() -> None:
    context = on(date(2026, 11, 23))
    scale = facts().find("tax_scale", context.today)
    assert scale is not None
    step = FLOWS["eligibility"].step("annual_tax")
    assert step is not None
    labels = [
        words().say(each.label(f"eligibility.annual_tax.option.{each.id}", Case({}, context)), "fr")
        for each in step.options[:8]
    ]
    assert "500" in labels[0]
    for label, band in zip(labels[1:7], scale.bands[1:7], strict=True):
        assert band.low is not None
        assert band.high is not None
        assert re.sub(r"\D", "", label) == f"{band.low}{band.high}"
    goods = FLOWS["eligibility"].step("turnover_goods")
    assert goods is not None
    said = [
        words().say(each.label(f"eligibility.turnover_goods.option.{each.id}", Case({}, context)), "fr")
        for each in goods.options[:4]
    ]
    assert [re.sub(r"[^\d]", "", each) for each in said] == ["100000", "100000200000", "200000500000", "500000"]
    assert amo.load().edition == facts().edition
