"""What each room may import, as an allow list: a room or a library that stands nowhere here is refused."""

import ast
import sys
from pathlib import Path

import grimp
import pytest

from tests.project import ROOMS
from tests.project.rooms import plan

STANDARD = sys.stdlib_module_names
EVERYBODY = {"typing_extensions"}  # `override`, which typing has from 3.12
PURE = {
    "array", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools", "math", "re",
    "typing", "unicodedata",
}  # fmt: skip
# Of ours, by the head of the module; then libraries.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "amo": (set(), set()),
    "conversations": ({"amo"}, {"phonenumbers", "rapidfuzz"}),
    "locales": ({"amo", "conversations"}, {"babel"}),
    "models": ({"conversations.values"}, {"alembic", "cryptography", "orjson", "pyrage", "sqlalchemy"}),
    "services": (
        {"amo", "conversations", "locales", "models"},
        {"holidays", "icalendar", "orjson", "sqlalchemy", "stdnum", "xlsxwriter"},
    ),
    "jobs": ({"conversations.values", "locales.server", "services"}, {"apscheduler", "sqlalchemy"}),
    "handlers.body": (set(), {"starlette"}),
    "handlers.opening": ({"conversations.values", "services"}, {"starlette"}),
    "handlers.cards": ({"conversations.values", "services"}, {"segno", "typst"}),
    # the terminal plays flows, the jurist's document shows them: both read the mind, neither the memory
    "handlers.terminal": ({"amo", "conversations", "locales.speech"}, set()),
    "handlers.factcheck": ({"amo", "conversations", "handlers.web.pages", "locales.speech"}, set()),
}
# A channel is a folder with a `channel.py`: each may import the same, and the library of its provider, which nobody
# else imports.
CHANNEL_ROOMS = sorted(f"handlers.{file.parent.name}" for file in Path("handlers").glob("*/channel.py"))
CHANNEL_IMPORTS = {
    "conversations.values", "handlers.body", "handlers.cards", "handlers.opening", "locales.speech", "services",
}  # fmt: skip
CHANNEL_LIBRARIES = {"aiohttp", "jinja2", "orjson", "starlette"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*ROOMS, include_external_packages=True)


def imported(graph: grimp.ImportGraph, room: str) -> set[str]:
    """Everything the modules of a room import from outside it."""
    found: set[str] = set()
    for module in graph.modules:
        if module == room or module.startswith(f"{room}."):
            found |= set(graph.find_modules_directly_imported_by(module))
    return {each for each in found if each != room and not each.startswith(f"{room}.")}


def within(module: str, heads: set[str]) -> bool:
    return any(module == head or module.startswith(f"{head}.") for head in heads)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_what_it_may(graph: grimp.ImportGraph, room: str) -> None:
    ours, libraries = ALLOWED[room]
    for module in imported(graph, room):
        if module.partition(".")[0] in ROOMS:
            assert within(module, ours), (room, module)
        elif module.partition(".")[0] not in STANDARD:
            assert module in libraries | EVERYBODY, (room, module)


@pytest.mark.parametrize("room", CHANNEL_ROOMS)
def test_a_channel_imports_what_every_channel_may_and_one_library_of_its_own(
    graph: grimp.ImportGraph, room: str
) -> None:
    found = imported(graph, room)
    ours = {module for module in found if module.partition(".")[0] in ROOMS}
    assert [module for module in ours if not within(module, CHANNEL_IMPORTS)] == []
    own = (
        {module for module in found - ours if module.partition(".")[0] not in STANDARD} - CHANNEL_LIBRARIES - EVERYBODY
    )
    assert len(own) <= 1, own
    for library in own:
        users = graph.find_modules_that_directly_import(library)
        assert [each for each in users if not within(each, {room, "app"})] == []


@pytest.mark.parametrize("folder", ["amo", "conversations", "jobs", "locales", "models", "services"])
def test_no_channel_is_named_outside_its_folder(folder: str) -> None:
    names = {room.partition(".")[2] for room in CHANNEL_ROOMS} - {"web"}  # which is also a word of the page
    found = [
        (str(file), node.value)
        for file in Path(folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and set(node.value.split(".")) & names
    ]
    assert found == []


def test_every_room_stands_here_but_the_composition_root(graph: grimp.ImportGraph) -> None:
    rooms = {
        ".".join(module.split(".")[:2]) if module.startswith("handlers.") else module.partition(".")[0]
        for module in graph.modules
        if module.partition(".")[0] in ROOMS and module != "handlers"
    }
    assert rooms == {*ALLOWED, *CHANNEL_ROOMS, "app"}


def test_the_mind_is_pure(graph: grimp.ImportGraph) -> None:
    """No clock, no chance, no file, no log: the same turn gives the same answer."""
    standard = {each for each in imported(graph, "conversations") if each.partition(".")[0] in STANDARD}
    assert {each.partition(".")[0] for each in standard} <= PURE


def test_no_test_leans_on_another() -> None:
    """What several tests share stands in a module of its own, so that a test can go without breaking another."""
    leaning = [
        (str(file), node.module)
        for file in (*Path("tests").rglob("*.py"), *Path("bench").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and "test_" in (node.module or "")
    ]
    assert leaning == []


@pytest.mark.parametrize("folder", ["services", "conversations", "models", "handlers", "jobs"])
def test_no_circle(folder: str) -> None:
    assert plan(folder).circles == 0
