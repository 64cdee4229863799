"""One language: a public name means one thing, a function says what it returns and raises."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.names import HELD, ROOT, twice

# One shape on purpose: each flow's own, each module's logger.
ALIKE = {"FLOW", "log"}
# Methods that implement these say what they return there.
SHAPES = {"Source": {"find", "label", "known", "fits", "offers"}}
DOCUMENTED = ("services", "models", "jobs")


def test_a_public_name_stands_in_one_module() -> None:
    assert {name: paths for name, paths in twice(HELD).items() if name not in ALIKE} == {}


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The public functions of a module and the public methods of its public classes, but those of a shape."""
    shaped = set().union(*SHAPES.values())
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for each in (one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))):
                is_public = not each.name.startswith("_")
                inherits = (each.name in shaped and node.name.endswith("Source")) or node.name == "ContactLookups"
                if is_public and not inherits:
                    yield f"{node.name}.{each.name}", each


def raised(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The names of the errors a function raises by itself."""
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(error, ast.Name) and error.id[:1].isupper():
                found.add(error.id)
    return found


MODULES = [path for room in DOCUMENTED for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_says_what_it_returns_and_raises(path: Path) -> None:
    for name, function in functions(path):
        said = " ".join((ast.get_docstring(function) or "").split())
        returns = ast.unparse(function.returns) if function.returns is not None else "None"
        assert said, name
        assert returns == "None" or re.search(r"\b(returns?|yields?)\b", said, re.I), (name, said)
        for error in raised(function):
            assert re.search(rf"\bRaises?\b[^.]*\b{error}\b", said), (name, error)


def test_the_rule_sees_what_it_forbids() -> None:
    source = "def f() -> int:\n    '''Something.'''\n    raise ValueError\n"
    (function,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    assert raised(function) == {"ValueError"}
