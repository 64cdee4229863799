"""Tests about the project itself: words, settings, routes, sentences where they belong."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from conversations.desk import actions
from conversations.desk.router import WORD_STEP, WORDS
from conversations.flows import FLOWS
from conversations.forms.prompts import EDIT_STEP, SURE_STEP
from settings import Settings
from tests.desks import facts, world
from tests.project.catalogues import complaints

ARTISAN_WORDS = tuple(word for word, flow in FLOWS.by_word.items() if flow.role is None)
ROOT = Path(__file__).parent.parent.parent
OURS = ("amo", "conversations", "locales", "models", "services", "handlers", "jobs", "app")
ARABIC = re.compile(r"[\u0600-\u06ff]{2,}\s+[\u0600-\u06ff]{2,}")
FRENCH = re.compile(
    r"\b(vous|votre|vos|nous|est|une|des|les|pour|avec)\b.*\b(vous|votre|vos|est|une|des|les|pour|la|le)\b",
    re.I,
)


def modules() -> list[Path]:
    return [path for room in OURS for path in sorted((ROOT / room).rglob("*.py"))] + [
        ROOT / "bot.py",
        ROOT / "settings.py",
    ]


def test_catalogues_are_complete() -> None:
    assert list(complaints()) == []


def test_no_two_meanings_for_one_word() -> None:
    """A word valid everywhere must not also be the answer to a question, or it would never be heard. In forms
    of the chamber's people a line goes before it (tests/handlers/test_session_life.py calls a meeting off so).
    """
    of_the_staff = {flow.id for flow in FLOWS.values() if flow.role is not None}
    spellings = world().spellings
    everywhere = {word: id for id in (*WORDS, *ARTISAN_WORDS) for word in spellings[f"word.{id}"]}
    meant = {  # the same thing said twice, in effect
        "welcome.language.option",
        "welcome.menu.option",
        "resume.draft.option",
        "result.option",
        "no_work.option",
        "no_rules.option",
        "questions.nothing.option",
        "questions.told.option",
        ".option.menu",
        "refused.option.sessions",
        "declined.option.sessions",
    }
    for address, words in spellings.items():
        if address.partition(".")[0] in of_the_staff:
            continue
        if address.startswith(("word.", "desk.", "web.")) or any(part in address for part in meant):
            continue
        if ".option." in address or address.startswith(("answer.", "number.")):
            clash = {word: everywhere[word] for word in words if word in everywhere}
            assert not clash, (address, clash)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_sentences_live_in_the_catalogues(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documented:
            assert not (ARABIC.search(node.value) and len(node.value.split()) > 3), node.value
            assert not FRENCH.search(node.value), node.value


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_public_thing_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) is not None
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_except_exception_stands_in_the_marked_places_only() -> None:
    for path in modules():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"except (Base)?Exception|except:", line):
                assert "marked place" in line, f"{path}:{number}"


def test_every_setting_is_documented() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8")
    documented = set(re.findall(r"^# ([A-Z_]+)=", lines, re.M))
    assert documented == {name.upper() for name in Settings.model_fields}


def test_a_button_of_a_form_is_never_taken_for_something_else() -> None:
    """`<step>:<option>:<draft>`: no step or outcome has the name of an act, or of what the desk itself asks."""
    taken = {*actions.ACTIONS, *actions.FORM_ACTIONS, WORD_STEP, SURE_STEP, EDIT_STEP}
    for flow in FLOWS.values():
        places = [*(step.id for step in flow.steps), *(end.id for end in (*flow.stops, *flow.outcomes))]
        assert not taken & set(places), flow.id
        assert len(places) == len(set(places)), flow.id


def test_the_documents_are_told_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "docs").glob("*.md"):
        assert f"docs/{path.name}" in readme, path.name
    for link in re.findall(r"\]\(([^)#:]+)\)", readme):
        assert (ROOT / link).exists(), link


def test_locked_with_hashes_and_no_addresses() -> None:
    for name in ("run.txt", "dev.txt", "mutants.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9].*", text, re.M)
        assert pins
        assert all("==" in pin and pin.endswith("\\") for pin in pins)
        assert "://" not in text
        assert "--index-url" not in text


def test_the_facts_edition_is_told() -> None:
    raw = tomllib.loads((ROOT / "amo" / "facts.toml").read_text(encoding="utf-8"))
    assert facts().edition == raw["edition"]
    assert raw["edition"] in (ROOT / "docs" / "amo.md").read_text(encoding="utf-8")
