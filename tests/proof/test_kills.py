"""Promises 1 and 2: `kill -9` at named points and at random in mid-broadcast, for each database, channel, policy.

Accepted by the provider, in doubt, or refused: the sum is the audience, and nobody is lost silently. Of a
message that is held in doubt nobody has two copies; of a session's date, sent again once, nobody has three.
"""

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jobs.pace import in_flight
from tests.proof.figures import database_name, far, note
from tests.proof.scene import Scene

PEOPLE = {"broadcast": far(80, 1000, 5000), "announce": far(60, 400, 2000)}
KILLS = {"broadcast": far(2, 10, 50), "announce": far(1, 5, 25)}
# The process dies right after one of these commits, or after the provider accepted and before it answered.
POINTS = ("take", "record_results", None, None)
IN_FLIGHT = in_flight(10_000)


@pytest.fixture
def scene(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Any:
    kind, channel = request.param
    made = Scene(tmp_path, database_url, (channel,), PEOPLE[kind])
    yield made, kind, channel, database_url
    made.close()


COMBINATIONS = [(kind, channel) for kind in PEOPLE for channel in ("telegram", "whatsapp")]


@pytest.mark.parametrize("scene", COMBINATIONS, indirect=True, ids=lambda pair: "-".join(pair))
def test_killed_in_mid_broadcast(scene: tuple[Scene, str, str, str]) -> None:
    made, kind, channel, url = scene
    chance, kills, points = random.Random(f"{kind}{channel}{url[:6]}"), 0, Counter[str]()
    id = made.crowd.sends(kind)
    while kills < KILLS[kind]:
        left = PEOPLE[kind] - len(made.copies())
        if left < 5 or made.crowd.state(id) == "closed":
            break
        point = chance.choice(POINTS) if kills else "enqueue_due_batches"  # its rows are put down at the first start
        points[point or "accepted"] += 1
        soon = max(1, left // (KILLS[kind] - kills + 1))
        _killed(made, channel, point, 1 if point == "enqueue_due_batches" else chance.randint(1, soon))
        kills += 1
    made.desk.start(FAILPOINT="")
    made.closed(id)
    _check(made, kind, f"{database_name(url)}, {channel}, {kind}", id, kills, points)


def _killed(made: Scene, channel: str, point: str | None, after: int) -> None:
    """Start the desk to die at a named commit, or once the provider has accepted so many more."""
    desk, provider = made.desk, made.telegram if channel == "telegram" else made.twilio
    desk.start(wait=False, FAILPOINT=f"{point}:{min(after, 3)}" if point else "")
    if point is None:
        provider.kill = (after, desk.pid)
    assert desk.process is not None
    timer = threading.Timer(15, desk.process.kill)  # at a point that no longer comes
    timer.start()
    desk.process.wait(30)
    timer.cancel()
    provider.kill = None


def _check(made: Scene, kind: str, where: str, id: int, kills: int, points: Counter[str]) -> None:
    copies, states = made.copies(), made.crowd.states(id)
    sums = Counter(states.values())
    ended_well = ("sent", "delivered", "read")
    of = {contact: name for name, contact in made.crowd.known.items()}
    lost = [who for who, state in states.items() if state in ended_well and not copies[of[who]]]
    silent = [who for who, state in states.items() if state in ("failed", "cancelled") and copies[of[who]]]
    twice, most = sum(1 for count in copies.values() if count > 1), max(copies.values())
    figure = (
        f"{kills} kills ({', '.join(f'{n} x {p}' for p, n in sorted(points.items()))}), {len(states)} people: "
        f"{', '.join(f'{state} {n}' for state, n in sorted(sums.items()))}; accepted {len(copies)}; "
        f"lost silently {len(lost)}"
    )
    note(1, where, figure)
    policy = "once more" if kind == "announce" else "hold"
    note(2, where, f"policy {policy}: {twice} had two copies in {kills} kills, most copies {most}")
    assert sum(sums.values()) == len(made.crowd.known)
    assert lost == []
    assert silent == []
    assert set(sums) <= {"sent", "delivered", "unknown"}
    assert len(copies) + sums["unknown"] >= len(states)
    assert most <= (2 if kind == "announce" else 1)
    assert twice <= IN_FLIGHT * kills
    assert made.broken_rules == []
    assert kills >= min(KILLS[kind], 1)
