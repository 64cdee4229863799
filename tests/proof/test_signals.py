"""Promise 8: each refusal of a provider becomes what the table says; promise 9: statuses never go back."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from handlers.whatsapp.send import refused
from models.contact import Contact
from models.delivery import Delivery
from services.outbox.receipts import take_receipt
from tests.desks import engine, session
from tests.proof.crowd import Crowd
from tests.proof.figures import database_name, note
from tests.towns import Town
from tests.whole import Whole

# What the provider answers -> the row's state, and what it says of the contact (stopped, unreachable).
TELEGRAM: list[tuple[int, str, dict[str, Any], str, bool]] = [
    (403, "Forbidden: bot was blocked by the user", {}, "undeliverable", True),
    (403, "Forbidden: user is deactivated", {}, "undeliverable", True),
    (400, "Bad Request: chat not found", {}, "undeliverable", True),
    (400, "Bad Request: message text is empty", {}, "failed", False),
    (429, "Too Many Requests: retry after 1", {"retry_after": 1}, "sent", False),
    (500, "Internal Server Error", {}, "unknown", False),
    (502, "Bad Gateway", {}, "unknown", False),
    (200, "an answer without an id", {}, "unknown", False),
]
# Twilio's answer at once (status, code), or what its status callback tells later (0, code).
TWILIO: list[tuple[int, int, str, bool, bool]] = [
    (400, 21610, "undeliverable", True, False),
    (400, 63014, "undeliverable", True, False),
    (400, 63024, "undeliverable", False, True),
    (400, 21211, "undeliverable", False, True),
    (400, 21614, "undeliverable", False, True),
    (400, 63016, "window_closed", False, False),
    (400, 30008, "failed", False, False),
    (429, 20429, "delivered", False, False),
    (503, 20500, "unknown", False, False),
    (201, 0, "unknown", False, False),
    (0, 63014, "undeliverable", True, False),
    (0, 63024, "undeliverable", False, True),
    (0, 63016, "window_closed", False, False),
    (0, 63049, "failed", False, False),
]


def test_each_refusal_is_what_the_table_says(database_url: str, tmp_path: Path) -> None:
    right = 0
    crowd = Crowd(database_url, ("telegram",), len(TELEGRAM), datetime(2026, 11, 24, 10, tzinfo=UTC))
    texters = Crowd.__new__(Crowd)
    texters.__dict__.update(crowd.__dict__, known={})
    with Session(crowd.engine) as db:
        for number in range(len(TWILIO)):
            name = f"whatsapp:+21269{number:07d}"
            texters.known[name] = texters._add(db, "whatsapp", name, language="fr")
        db.commit()
    with Whole(tmp_path, database_url) as whole:
        whole.hands.at = crowd.now
        whole.twilio.heard = dict.fromkeys(texters.known, crowd.now)
        # each refused alone: a row of the same ones is another matter, the brake's
        for number, (code, text, parameters, _, _) in enumerate(TELEGRAM):
            body = {
                "ok": code == 200,
                "error_code": code,
                "description": text,
                "parameters": parameters,
                "result": True,
            }
            whole.telegram.answer_to[1_000_000 + number] = iter([(code, body)])
        for name, (code, error, _, _, _) in zip(texters.known, TWILIO, strict=True):
            if code:
                whole.twilio.answer_to[name] = iter([(code, {"code": error, "message": "x", "status": code})])
            else:
                whole.twilio.errors[name] = error
        first, second = crowd.sends(), texters.sends()
        for _ in range(6):
            whole.hands.move(seconds=2)
            whole.look()
        states = {**crowd.states(first), **texters.states(second)}
        with Session(whole.reader) as db:
            for (name, id), (_, text, _, state, gone) in zip(crowd.known.items(), TELEGRAM, strict=True):
                contact = db.get_one(Contact, id)
                assert (states[id], contact.unreachable_at is not None) == (state, gone), (name, text)
                right += 1
            for id, (_, error, state, stopped, gone) in zip(texters.known.values(), TWILIO, strict=True):
                contact = db.get_one(Contact, id)
                found = (states[id], contact.stopped_at is not None, contact.unreachable_at is not None)
                assert found == (state, stopped, gone), error
                right += 1
    crowd.close()
    note(8, database_name(database_url), f"{right} of {len(TELEGRAM) + len(TWILIO)} signals as the table says")


# What the whole lane waits for: nothing was wrong with the message, and nothing else leaves meanwhile.
STOPS = [
    ("telegram", 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}),
    (
        "telegram",
        429,
        {"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 60}},
    ),
    ("whatsapp", 401, {"code": 20003, "message": "Authenticate", "status": 401}),
    ("whatsapp", 403, {"code": 20005, "message": "Account not active", "status": 403}),
    ("whatsapp", 400, {"code": 63018, "message": "Rate limit", "status": 400}),
]


@pytest.mark.parametrize(("channel", "code", "body"), STOPS, ids=lambda value: str(value)[:40])
def test_what_the_whole_lane_waits_for(
    database_url: str, tmp_path: Path, channel: str, code: int, body: dict[str, Any]
) -> None:
    crowd = Crowd(database_url, (channel,), 3, datetime(2026, 11, 24, 10, tzinfo=UTC))
    with Whole(tmp_path, database_url, rates=(1, 1)) as whole:
        whole.hands.at = crowd.now
        whole.twilio.heard = dict.fromkeys(map(str, crowd.known), crowd.now)
        fake: Any = whole.telegram if channel == "telegram" else whole.twilio
        fake.answer_to = {name: iter([(code, body)]) for name in crowd.known}
        id = crowd.sends()
        whole.put_down()
        lane = whole.doors.lanes[channel]
        fake.wait(lambda: lane.waits)
        asked = sum(fake.calls.values())
        fake.wait(lambda: not crowd.counts(id)["sending"])
        with Session(whole.reader) as db:
            rows = db.execute(sa.select(Delivery.state, Delivery.attempts).where(Delivery.broadcast_id == id)).all()
        assert {tuple(row) for row in rows} == {("pending", 0)}
        assert lane.pace.waits() > 50
        assert sum(fake.calls.values()) == asked
    crowd.close()
    note(
        8,
        f"{database_name(database_url)}, {channel}",
        f"{code} {body.get('code', '')}: the lane waits, its rows are pending",
    )


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_nobody_listens(database_url: str, tmp_path: Path, channel: str) -> None:
    """Connections refused: tried after 5 s, 30 s, 2 min and 10 min, then given up."""
    crowd = Crowd(database_url, (channel,), 1, datetime(2026, 11, 24, 10, tzinfo=UTC))
    with Whole(tmp_path, database_url) as whole:
        whole.hands.at = crowd.now
        (whole.telegram if channel == "telegram" else whole.twilio).close()
        id = crowd.sends()
        tries = [_tries(whole, id)]
        for seconds in (5, 30, 120, 600):
            for part in (seconds - 1, 1):
                whole.hands.move(seconds=part)
                tries.append(_tries(whole, id))
        assert tries == [("pending", n) for n in (1, 1, 2, 2, 3, 3, 4, 4)] + [("failed", 5)]
    crowd.close()
    note(
        8,
        f"{database_name(database_url)}, {channel}",
        "nobody listens: pending for 5 s, 30 s, 2 min, 10 min, then failed",
    )


def _tries(whole: Whole, id: int) -> tuple[str, int]:
    whole.look()
    with Session(whole.reader) as db:
        found = sa.select(Delivery.state, Delivery.attempts).where(Delivery.broadcast_id == id)
        state, attempts = db.execute(found).one()
    return state, attempts


RANKS = {"accepted": 1, "queued": 1, "sending": 1, "sent": 1, "failed": 2, "delivered": 3, "read": 4}
BECOMES = {"accepted": "sent", "queued": "sent", "sending": "sent"}


def test_statuses_only_climb(database_url: str) -> None:
    """Every order of up to four of seven callbacks: the highest rank stands, nothing goes back."""
    regressions = orders = 0
    with engine(database_url) as made:
        town = Town(made)
        town.add("whatsapp", "guelmim")
        town.sent({"area": "all"})
        (outgoing,) = town.take("whatsapp")
        town.ends(outgoing)
        again = sa.update(Delivery).where(Delivery.id == outgoing.id).values(state="sent", error=None)
        for length in (1, 2, 3, 4):
            for told in itertools.permutations(RANKS, length):
                orders += 1
                with session(made) as db:
                    db.execute(again)
                    highest = 1
                    for each in told:
                        error = refused(30008) if each == "failed" else None
                        state = BECOMES.get(each, each)
                        take_receipt(db, town.desk, "whatsapp", outgoing.id, "SM1", state, error)
                        found = db.get_one(Delivery, outgoing.id).state
                        regressions += RANKS[found] < highest
                        highest = max(highest, RANKS[each])
                    assert RANKS[db.get_one(Delivery, outgoing.id).state] == highest, told
    note(9, database_name(database_url), f"{orders} orders of callbacks, {regressions} went back")
    assert regressions == 0


@pytest.mark.parametrize("told", [("failed", "sent"), ("read", "delivered"), ("delivered", "failed")])
def test_a_later_lower_status_changes_nothing(sqlite_url: str, told: tuple[str, str]) -> None:
    with engine(sqlite_url) as made:
        town = Town(made)
        town.add("whatsapp", "guelmim")
        town.sent({"area": "all"})
        (outgoing,) = town.take("whatsapp")
        town.ends(outgoing)
        with session(made) as db:
            for each in told:
                error = refused(30008) if each == "failed" else None
                take_receipt(db, town.desk, "whatsapp", outgoing.id, "SM1", each, error)
        assert town.states() == [told[0]]
