"""Trades found by what people call them: figures on queries written before this search, by somebody who
had seen no alias (tests/data/trades/unseen.tsv; on the search before it: right trade in the first 5 for
52 %)."""

from pathlib import Path

import pytest

from tests.desks import world

UNSEEN = [
    line.split("\t")
    for line in (Path(__file__).parent.parent / "data" / "trades" / "unseen.tsv")
    .read_text(encoding="utf-8")
    .splitlines()
]


def found(words: str) -> list[str]:
    return world().sources["trades"].find(words, {}, 0)[0]


def test_the_unseen_queries_find_their_trade() -> None:
    right = [bool({*ids.split(",")} & {*found(words)[:5]}) for ids, _, words in UNSEEN]
    first = [ids.split(",")[0] == found(words)[:1][0] if found(words) else False for ids, _, words in UNSEEN]
    print(
        f"\n{len(UNSEEN)} queries: in the first 5 {sum(right) / len(right):.1%}, first {sum(first) / len(first):.1%}"
    )
    assert sum(right) / len(right) >= 0.90


def test_every_trade_is_found_by_its_own_names() -> None:
    source = world().sources["trades"]
    for id in source.find("", {}, 0)[0] + ["C076", "C120", "C001"]:
        for name in source.label(id).names.values():
            assert id in found(name)[:5], name


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("فخار", "C076"),
        ("potier", "C076"),
        ("zarbia", "C027"),
        ("kansaweb zrabi", "C027"),
        ("الصنعة ديال الدباغة", "C043"),
    ],
)
def test_a_whole_name_comes_first_and_framing_words_do_not_count(words: str, id: str) -> None:
    assert id in found(words)[: 1 if " " not in words else 5]


@pytest.mark.parametrize("words", ["xqzw", "؟؟", "1", "qsdfghjklm wxcvbn"])
def test_what_is_no_trade_finds_none(words: str) -> None:
    assert len(found(words)) <= 2
