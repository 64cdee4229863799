"""Promise 3: several processes on one database never send the same message twice; promise 19: SIGTERM."""

import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.bot_api import BotApi
from tests.proof.crowd import Crowd
from tests.proof.figures import database_name, far, note
from tests.running import Desk, telegram

PEOPLE, PROCESSES, RUNS = far(60, 1000, 5000), far(2, 4, 4), far(1, 3, 20)
STOPS, EACH = far(1, 8, 50), far(150, 300, 300)


def test_several_processes_send_each_message_once(database_url: str, tmp_path: Path) -> None:
    api = BotApi(tmp_path)
    crowd = Crowd(database_url, ("telegram",), PEOPLE)
    desks = []
    for number in range(PROCESSES):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = Desk(folder)
        desk.environment |= {**telegram(api.url, database_url, desk.url), "QUIET_HOURS": ""}
        desks.append(desk)
    twice = 0
    try:
        for desk in desks:
            desk.start(wait=False)
        for desk in desks:
            desk.ready()
        for run in range(RUNS):
            before = len(api.accepted)
            id = crowd.sends(texts={"ar": f"القاعة {run} تغيرت", "fr": f"La salle {run} change"})
            closed(crowd, id)
            assert crowd.counts(id) == {"sent": PEOPLE}
            copies = Counter(each["chat_id"] for each in api.accepted[before:])
            twice += sum(1 for chat, count in copies.items() if chat in crowd.known and count != 1)
            owner = desks[run % PROCESSES]  # another has to take over, in the middle of the next run
            if run < RUNS - 1:
                owner.stop()
                owner.start(wait=False)
    finally:
        for desk in desks:
            desk.close()
        api.close()
        crowd.close()
    figure = f"{PROCESSES} processes, {RUNS} runs of {PEOPLE}, an owner stopped between: {twice} sent twice"
    note(3, database_name(database_url), figure)
    assert twice == 0
    assert api.broken_rules == []


def closed(crowd: Crowd, id: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while crowd.state(id) != "closed":
        assert time.monotonic() < end, crowd.counts(id)
        time.sleep(0.05)


@pytest.mark.parametrize("channel", ["telegram"])
def test_a_stop_in_mid_broadcast_leaves_no_doubt(database_url: str, tmp_path: Path, channel: str) -> None:
    api = BotApi(tmp_path)
    crowd = Crowd(database_url, (channel,), EACH * STOPS)
    desk = Desk(tmp_path)
    desk.environment |= {
        **telegram(api.url, database_url, desk.url),
        "QUIET_HOURS": "",
        "TELEGRAM_RATE": "400",
    }
    longest, in_doubt = 0.0, 0
    try:
        id = crowd.sends()
        for _ in range(STOPS):
            before = len(api.accepted)
            desk.start(wait=False)
            api.wait(lambda before=before: len(api.accepted) > before + 20, 30)  # type: ignore[misc]
            began = time.monotonic()
            assert desk.process is not None
            desk.process.send_signal(signal.SIGTERM)
            assert desk.wait(25) == 0
            longest = max(longest, time.monotonic() - began)
            found = crowd.counts(id)
            in_doubt += found["unknown"] + found["sending"]
        desk.start(TELEGRAM_RATE="10000")
        closed(crowd, id)
        copies = Counter(each["chat_id"] for each in api.accepted if each["chat_id"] in crowd.known)
        assert set(copies.values()) == {1}
        assert len(copies) == len(crowd.known)
    finally:
        desk.close()
        api.close()
        crowd.close()
    note(
        19,
        database_name(database_url),
        f"{STOPS} SIGTERM in mid-broadcast: {in_doubt} in doubt, longest {longest:.1f} s",
    )
    assert in_doubt == 0
    assert longest < 20
