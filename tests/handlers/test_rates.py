"""A message to many keeps the providers' rates, and replies go first."""

import time
from pathlib import Path

from tests.proof.crowd import Crowd
from tests.whole import Whole, admin, say

PEOPLE = 60


def test_rates_are_kept_and_replies_go_first(sqlite_url: str, tmp_path: Path) -> None:
    crowd = Crowd(sqlite_url, ("telegram", "whatsapp"), PEOPLE)
    with Whole(tmp_path, sqlite_url, rates=(10, 20)) as whole:
        whole.hands.at = crowd.now
        whole.twilio.heard = {name: crowd.now for name in crowd.known if isinstance(name, str)}
        admin(whole)
        person = whole.artisan(7001)
        say(person, "/start", "2")
        crowd.sends()
        whole.hands.move(seconds=1)
        whole.put_down()
        waits = []
        while sum(len(api.accepted) for api in (whole.telegram, whole.twilio)) < PEOPLE:
            began = time.monotonic()
            say(person, "menu")
            waits.append(time.monotonic() - began)
            if len(waits) == 12:
                break
        whole.settle()
        assert whole.telegram.throttled + whole.twilio.throttled == 0
        assert sorted(waits)[int(len(waits) * 0.95)] < 1
        assert whole.telegram.broken_rules == whole.twilio.broken_rules == []
    crowd.close()
