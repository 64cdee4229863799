"""Public names that stand in two modules: `python -m tests.project.names [services conversations models jobs]`.

A public name is a function, a class or a constant defined at the top of a module and not beginning with `_`.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HELD = ("services", "conversations", "models", "jobs")


def public_names(path: Path) -> Iterator[str]:
    """Yield the public names a module defines; what it imports is not its own."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found = [node.name]
        elif isinstance(node, ast.Assign):
            found = [each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found = [node.target.id]
        else:
            continue
        yield from (name for name in found if not name.startswith("_"))


def twice(folders: Sequence[str] = HELD) -> dict[str, list[str]]:
    """Return each public name defined in more than one module, with the paths of these modules."""
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name in sorted(set(public_names(path))):
                found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return {name: paths for name, paths in sorted(found.items()) if len(paths) > 1}


if __name__ == "__main__":
    every = twice(sys.argv[1:] or HELD)
    for name, paths in every.items():
        print(f"{name}: {' '.join(paths)}")
    print(f"{len(every)} names in two modules or more")
