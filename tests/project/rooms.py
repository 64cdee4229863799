"""The rooms of a folder by imports: `python -m tests.project.rooms services conversations`.

A room is a file or a folder directly under the folder; an arrow leads from a room to one it imports; a floor is
one more than the highest floor a room imports; a circle is a group of rooms that import each other.
"""

import sys
from dataclasses import dataclass

import grimp

from tests.project import ROOMS


@dataclass(frozen=True, slots=True)
class Plan:
    """The shape of a folder: its rooms, the arrows between them, the floors, and the circles (0 is right)."""

    rooms: int
    floors: int
    arrows: int
    circles: int


def plan(folder: str) -> Plan:
    """Return the plan of a top-level folder (`services`), measured from its imports."""
    graph = grimp.build_graph(*ROOMS)
    arrows: dict[str, set[str]] = {}
    for module in sorted(graph.modules):
        if not module.startswith(f"{folder}."):
            continue
        room = _room(folder, module)
        arrows.setdefault(room, set())
        for imported in graph.find_modules_directly_imported_by(module):
            if imported.startswith(f"{folder}.") and _room(folder, imported) != room:
                arrows[room].add(_room(folder, imported))
    circles = _circles(arrows)
    floors: dict[str, int] = {}
    return Plan(
        rooms=len(arrows),
        floors=max((_floor(room, arrows, floors, ()) for room in arrows), default=0),
        arrows=sum(len(into) for into in arrows.values()),
        circles=circles,
    )


def _room(folder: str, module: str) -> str:
    return module.removeprefix(f"{folder}.").partition(".")[0]


def _floor(room: str, arrows: dict[str, set[str]], floors: dict[str, int], way: tuple[str, ...]) -> int:
    if room in way:
        return 0
    if room not in floors:
        floors[room] = 1 + max((_floor(each, arrows, floors, (*way, room)) for each in arrows[room]), default=0)
    return floors[room]


def _reached(room: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(arrows[room])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += arrows[each]
    return found


def _circles(arrows: dict[str, set[str]]) -> int:
    reached = {room: _reached(room, arrows) for room in arrows}
    groups = {frozenset(each for each in into if room in reached[each]) for room, into in reached.items()}
    return len([group for group in groups if group])


if __name__ == "__main__":
    for name in sys.argv[1:] or ("services", "conversations"):
        print(name, plan(name))
