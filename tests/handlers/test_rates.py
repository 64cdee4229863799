"""A message to many keeps the providers' rates, and replies go first."""

import time
from pathlib import Path

from tests.crash.test_broadcast_kills import PEOPLE, subscribe_everybody
from tests.handlers.test_clerk import ARABIC, FRENCH, admin, say
from tests.whole import Whole


def test_rates_are_kept_and_replies_go_first(sqlite_url: str, tmp_path: Path) -> None:
    known = subscribe_everybody(sqlite_url)
    with Whole(tmp_path, sqlite_url, rates=(10, 20)) as whole:
        whole.twilio.heard = {name: whole.hands.at for name in known if isinstance(name, str)}
        whole.hands.at = next(iter(whole.twilio.heard.values()))
        boss, person = admin(whole), whole.artisan(7001)
        say(person, "/start", "2")
        say(boss, "/broadcast", ARABIC, FRENCH, "area:all", "ready:preview")
        boss.hears(len(boss.messages) + 1)
        say(boss, str(PEOPLE))
        whole.hands.move(seconds=61)
        waits = []
        while sum(len(api.accepted) for api in (whole.telegram, whole.twilio)) < PEOPLE + 15:
            began = time.monotonic()
            say(person, "menu")
            waits.append(time.monotonic() - began)
            if len(waits) == 12:
                break
        whole.settle()
        assert whole.telegram.throttled + whole.twilio.throttled == 0
        assert sorted(waits)[int(len(waits) * 0.95)] < 1
        assert whole.telegram.broken_rules == whole.twilio.broken_rules == []
