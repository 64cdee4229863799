"""Promise 3: several processes on one database never send the same message twice; promise 19: SIGTERM."""

import signal
import time
from pathlib import Path

from tests.proof.figures import database_name, far, note
from tests.proof.scene import BOTH, Scene

PEOPLE, PROCESSES, RUNS = far(60, 1000, 5000), far(2, 4, 4), far(1, 2, 20)
STOPS, EACH = far(1, 8, 50), far(150, 300, 300)


def test_several_processes_send_each_message_once(database_url: str, tmp_path: Path) -> None:
    """On both channels at once; between two runs the owner of the lanes is stopped, and another takes over."""
    made = Scene(tmp_path, database_url, BOTH, PEOPLE)
    desks = [made.desk, *(made.another(str(number)) for number in range(1, PROCESSES))]
    twice = 0
    try:
        for desk in desks:
            desk.start(wait=False)
        for desk in desks:
            desk.ready()
        for run in range(RUNS):
            before = made.copies()
            id = made.crowd.sends(texts={"ar": f"القاعة {run} تغيرت", "fr": f"La salle {run} change"})
            made.closed(id)
            assert set(made.crowd.counts(id)) <= {"sent", "delivered"}
            copies = made.copies()
            copies.subtract(before)
            twice += sum(1 for name in made.crowd.known if copies[name] != 1)
            owner = desks[run % PROCESSES]
            if run < RUNS - 1:
                owner.stop()
                owner.start(wait=False)
    finally:
        for desk in desks[1:]:
            desk.close()
        made.close()
    figure = f"{PROCESSES} processes, {RUNS} runs of {PEOPLE}, an owner stopped between: {twice} not exactly once"
    note(3, f"{database_name(database_url)}, both channels", figure)
    assert twice == 0
    assert made.broken_rules == []


def test_a_stop_in_mid_broadcast_leaves_no_doubt(database_url: str, tmp_path: Path) -> None:
    made = Scene(tmp_path, database_url, BOTH, EACH * STOPS, TELEGRAM_RATE="200", WHATSAPP_RATE="200")
    longest, in_doubt = 0.0, 0
    try:
        id = made.crowd.sends()
        for _ in range(STOPS):
            before = len(made.reached())
            made.desk.start(wait=False)
            made.wait(lambda before=before: len(made.reached()) > before + 20, 30)  # type: ignore[misc]
            began = time.monotonic()
            assert made.desk.process is not None
            made.desk.process.send_signal(signal.SIGTERM)
            assert made.desk.wait(25) == 0
            longest = max(longest, time.monotonic() - began)
            found = made.crowd.counts(id)
            in_doubt += found["unknown"] + found["sending"]
        made.desk.start(TELEGRAM_RATE="10000", WHATSAPP_RATE="10000")
        made.closed(id)
        copies = made.copies()
    finally:
        made.close()
    note(
        19,
        f"{database_name(database_url)}, both channels",
        f"{STOPS} SIGTERM in mid-broadcast: {in_doubt} in doubt, longest {longest:.1f} s",
    )
    assert in_doubt == 0
    assert longest < 20
    assert set(copies.values()) == {1}
    assert len(copies) == len(made.crowd.known)
