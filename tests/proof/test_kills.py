"""Promises 1 and 2: `kill -9` at named points and at random in mid-broadcast, for each database, channel, policy.

Accepted by the provider, in doubt, or refused: the sum is the audience, and nobody is lost silently. Of a
message that is held in doubt nobody has two copies; of a session's date, sent again once, nobody has three.
"""

import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.proof.crowd import Crowd
from tests.proof.figures import database_name, far, note
from tests.running import Desk, telegram, whatsapp

PEOPLE = {"broadcast": far(80, 1000, 5000), "announce": far(60, 400, 2000)}
KILLS = {"broadcast": far(2, 10, 50), "announce": far(1, 5, 25)}
# The process dies right after one of these commits, or after the provider accepted and before it answered.
POINTS = ("take", "record", None, None)
IN_FLIGHT = 32


class Scene:
    """A desk, a fake provider, a crowd."""

    def __init__(self, folder: Path, url: str, channel: str, people: int) -> None:
        self.channel = channel
        self.telegram, self.twilio = BotApi(folder), Twilio(folder)
        self.crowd = Crowd(url, (channel,), people)
        now = self.twilio.now()
        self.twilio.heard = dict.fromkeys((name for name in self.crowd.known if isinstance(name, str)), now)
        self.desk = Desk(folder)
        self.desk.environment |= {
            **telegram(self.telegram.url, url, self.desk.url), "QUIET_HOURS": "", "WHATSAPP_DAILY": "0",
        }  # fmt: skip
        if channel == "whatsapp":
            self.desk.environment |= whatsapp(self.twilio.url, url, self.desk.url)
        self.twilio.webhook = f"{self.desk.url}/twilio/whatsapp"

    @property
    def provider(self) -> BotApi | Twilio:
        return self.telegram if self.channel == "telegram" else self.twilio

    def copies(self) -> Counter[Any]:
        to = "chat_id" if self.channel == "telegram" else "To"
        return Counter(each[to] for each in self.provider.accepted if each[to] in self.crowd.known)

    def wait(self, ready: Any, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < end, (self.provider.broken_rules[:3], self.desk.log()[-2000:])
            time.sleep(0.05)

    def close(self) -> None:
        self.desk.close()
        self.telegram.close()
        self.twilio.close()
        self.crowd.close()


@pytest.fixture
def scene(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Any:
    kind, channel = request.param
    made = Scene(tmp_path, database_url, channel, PEOPLE[kind])
    yield made, kind, database_url
    made.close()


COMBINATIONS = [(kind, channel) for kind in PEOPLE for channel in ("telegram", "whatsapp")]


@pytest.mark.parametrize("scene", COMBINATIONS, indirect=True, ids=lambda pair: "-".join(pair))
def test_killed_in_mid_broadcast(scene: tuple[Scene, str, str]) -> None:
    made, kind, url = scene
    chance, kills, points = random.Random(f"{kind}{made.channel}{url[:6]}"), 0, Counter[str]()
    id = made.crowd.sends(kind)
    while kills < KILLS[kind]:
        left = PEOPLE[kind] - len(made.copies())
        if left < 5 or made.crowd.state(id) == "closed":
            break
        point = chance.choice(POINTS) if kills else "fill"  # its rows are put down at the first start
        points[point or "accepted"] += 1
        soon = max(1, left // (KILLS[kind] - kills + 1))
        _killed(made, point, 1 if point == "fill" else chance.randint(1, soon))
        kills += 1
    made.desk.start(FAILPOINT="")
    made.wait(lambda: made.crowd.state(id) == "closed")
    _check(made, kind, url, id, kills, points)


def _killed(made: Scene, point: str | None, after: int) -> None:
    """Start the desk to die at a named commit, or once the provider has accepted so many more."""
    desk, provider = made.desk, made.provider
    desk.start(wait=False, FAILPOINT=f"{point}:{min(after, 6)}" if point else "")
    if point is None:
        provider.kill = (after, desk.pid)
    assert desk.process is not None
    timer = threading.Timer(15, desk.process.kill)  # at a point that no longer comes
    timer.start()
    desk.process.wait(30)
    timer.cancel()
    provider.kill = None


def _check(made: Scene, kind: str, url: str, id: int, kills: int, points: Counter[str]) -> None:
    copies, states = made.copies(), made.crowd.states(id)
    sums = Counter(states.values())
    ended_well = ("sent", "delivered", "read")
    of = {contact: name for name, contact in made.crowd.known.items()}
    lost = [who for who, state in states.items() if state in ended_well and not copies[of[who]]]
    silent = [who for who, state in states.items() if state in ("failed", "cancelled") and copies[of[who]]]
    twice, most = sum(1 for count in copies.values() if count > 1), max(copies.values())
    where = f"{database_name(url)}, {made.channel}, {kind}"
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
    assert made.provider.broken_rules == []
    assert kills >= min(KILLS[kind], 1)
