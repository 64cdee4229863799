"""`kill -9` at each named point of a message's life: nothing is lost, nothing is said twice.

One artisan walks to her result again and again while the desk is killed under her. In the suite a
few kills a point; `make proof` does twenty (`KILLS=20`).
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.artisans import POTTER, Artisan
from tests.crash.figures import note
from tests.fakes.bot_api import BotApi
from tests.running import Desk, telegram

KILLS = int(os.environ.get("KILLS", "2"))
POINTS = {
    "stored": "store_inbound",
    "turn committed": "converse",
    "intent committed": "take",
    "accepted": None,  # by the provider: the fake kills after its own fsync, before it answers
    "recorded": "record_results",
}
ROUND = ["menu:eligibility", "draft:restart", *POTTER, "result:menu"]


def steps() -> list[str]:
    """Enough messages for every kill: round after round through the questions."""
    plan = ["/start", "language:ar", "menu:eligibility", *POTTER, "result:menu"]
    while len(plan) < 4 * KILLS + 14:
        plan += ROUND
    return plan


@pytest.mark.parametrize("point", list(POINTS))
def test_killed_at(point: str, database_url: str, tmp_path: Path) -> None:
    api = BotApi(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= telegram(api.url, database_url, desk.url)
    expected = undisturbed()
    artisan = Artisan(api, 1001)
    kills, seen = 0, 0
    try:
        arm(desk, api, point, kills)
        api.wait(lambda: api.webhook)
        for step in steps():
            artisan.presses(step) if ":" in step else artisan.says(step)
            while True:
                seen = answered(artisan, desk, expected, seen)
                assert desk.process is not None
                if desk.process.poll() is None:
                    break
                kills += 1
                if kills < KILLS:
                    arm(desk, api, point, kills)
                else:
                    desk.start()
            artisan.sent = len(artisan.messages)
        assert kills >= KILLS, f"only {kills} kills"
        texts = artisan.texts
    finally:
        desk.close()
        api.close()
    copies = Counter(collapse(texts)[1])
    assert collapse(texts)[0] == expected[: len(steps())]
    kind = database_url.partition(":")[0].partition("+")[0]
    note(
        f"{kind:<11} {point:<17} {kills:>3} kills {len(expected):>4} messages, 0 missing, {sum(copies.values())} second copies"
    )
    assert sum(copies.values()) <= (kills if point == "accepted" else 0)
    assert api.broken_rules == []


def arm(desk: Desk, api: BotApi, point: str, kills: int) -> None:
    """Start the desk so that it dies at the point, at its second, third or fourth passage.

    The first passage after a restart may be the one resend the policy allows: to kill that too is
    to ask for a message in doubt twice, which is left in doubt for staff and not sent a third time.
    """
    nth = kills % 3 + 2
    if POINTS[point] is None:
        desk.start()
        api.kill = (nth, desk.pid)
    else:
        desk.start(wait=False, FAILPOINT=f"{POINTS[point]}:{nth}")
        try:
            desk.ready()
        except AssertionError:
            assert desk.process is not None
            assert desk.process.wait(10) == -9, desk.log()


def answered(artisan: Artisan, desk: Desk, expected: list[str], seen: int) -> int:
    """Wait for the next expected answer, or for the desk to die on the way."""

    def ready() -> bool:
        assert desk.process is not None
        return len(collapse(artisan.texts)[0]) > seen or desk.process.poll() is not None

    for _ in range(200):
        try:
            artisan.api.wait(ready, 0.1)
            break
        except AssertionError:
            continue
    else:
        raise AssertionError(f"no answer after {seen} messages: {desk.log()}")
    return len(collapse(artisan.texts)[0])


def collapse(texts: list[str]) -> tuple[list[str], list[str]]:
    """The messages with immediate second copies set apart."""
    kept: list[str] = []
    copies: list[str] = []
    for text in texts:
        if kept and kept[-1] == text:
            copies.append(text)
        else:
            kept.append(text)
    return kept, copies


def undisturbed() -> list[str]:
    """What a desk that nobody kills answers to the same steps."""
    from handlers.telegram.draw import draw
    from tests.players import Player

    said = []
    player: Player | None = None
    for step in steps():
        if player is None:
            player = Player()
        elif ":" in step:
            player.presses(step)
        else:
            player.says(step)
        said.append(draw(player.spoken).texts[-1])
    return said
