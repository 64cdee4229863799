"""The document a jurist signs is the one the program would write today."""

import html
import re
from pathlib import Path

import pytest

from amo import ids
from conversations.flows import FLOWS
from conversations.questions.flow import TOPICS
from conversations.values import Say
from handlers.factcheck.draw import write
from tests.desks import facts, words, world

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("factcheck")
    return {path.stem[-2:]: path.read_text(encoding="utf-8") for path in write(folder, words(), FLOWS, world())}


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_what_is_kept_is_what_is_written(written: dict[str, str], language: str) -> None:
    kept = (DOCS / f"factcheck.{language}.html").read_text(encoding="utf-8")
    assert kept == written[language], "make factcheck, read the difference, and have it signed again"


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_everything_the_desk_says_is_in_it(written: dict[str, str], language: str) -> None:
    """Every question, option, explanation and refusal; every outcome, reason, answer and open point."""
    document = plain(html.unescape(written[language]))
    catalogue = words().catalogues[language]
    flow = FLOWS["eligibility"]
    wanted = [f"eligibility.{step.id}.{part}" for step in flow.steps for part in ("ask", "name")]
    for step in flow.steps:
        wanted += [f"eligibility.{step.id}.option.{option.id}" for option in step.options]
        wanted += [f"eligibility.{step.id}.explain.{o.id}" for o in step.options if o.explains]
        wanted += [f"eligibility.{step.id}.unclear.{reason}" for reason in step.kind.reasons()]
    wanted += [f"eligibility.result.regime.{regime}" for regime in ids.REGIMES]
    wanted += [f"eligibility.result.step.{step}" for step in ids.NEXT_STEPS]
    for msgid in wanted:
        for part in re.split(r"\{\w+\}", catalogue.gettext(msgid)):  # its figures are filled
            assert plain(part).strip() in document, msgid
    for topic in TOPICS:
        assert plain(words().say(Say(f"questions.name.{topic}"), language)) in document, topic
    for row in ("134,91", "163,24", "1 305,88", "696,47", "3 600", "1 164", "9,3264284", "6,37 %"):
        assert row in document, row
    for unknown in facts().open:
        assert plain(unknown.says[language]) in document


def test_every_regime_and_amount_is_listed(written: dict[str, str]) -> None:
    for regime in ids.REGIMES:
        assert plain(words().say(Say(f"regime.{regime}"), "fr")) in plain(html.unescape(written["fr"])), regime


def plain(text: str) -> str:
    """Without isolates, and with one kind of space."""
    return re.sub(r"\s+", " ", text.replace("\u2068", "").replace("\u2069", "")).strip()
