"""`kill -9` at random points while a message to many leaves on both channels: the sums balance.

Nobody is lost silently; nobody is written to more than twice (a session's date, whose policy in doubt
is to send once more) or once (any other). In the suite a small one; `make proof` writes to 2,000
people and kills 40 times (`PEOPLE=2000 BROADCAST_KILLS=40`).
"""

import os
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import database
from models.broadcast import Broadcast
from models.contact import Address, Contact, blind_address, seal_address
from models.delivery import Delivery
from models.rows import new_id
from models.session import Subscription
from tests.artisans import Artisan
from tests.crash.test_kills import note
from tests.desks import desk as parts
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.running import Desk, telegram, whatsapp
from tests.whole import INVITE

PEOPLE = int(os.environ.get("PEOPLE", "60"))
KILLS = int(os.environ.get("BROADCAST_KILLS", "2"))
RATE = {"TELEGRAM_RATE": "25", "WHATSAPP_RATE": "25"}
TO_THE_END = {"TELEGRAM_RATE": "5000", "WHATSAPP_RATE": "5000"}
STEPS = {
    "broadcast": ["/broadcast", "القاعة تغيرت. مرحبا.", "La salle change. Bienvenue.", "3", "ready:preview"],
    "session": ["/session", "1", "1", "قاعة الغرفة", "Salle", "1", "demain", "15h", "1", "1", "ready:announce"],
}  # fmt: skip


def chat(number: int) -> int:
    return 100_000 + number


def phone(number: int) -> str:
    return f"whatsapp:+2126{number:08d}"


def subscribe_everybody(database_url: str) -> dict[Any, Any]:
    """Half on Telegram, half on WhatsApp: recipient as the fakes know it -> contact."""
    desk, known = parts(), {}
    now = datetime.now(UTC)
    made = database.engine(database_url, writer=True)
    commune = desk.sources["communes"].find("", {"province": "guelmim"}, 0)[0][0]
    with Session(made) as db:
        for number in range(PEOPLE):
            channel = ("telegram", "whatsapp")[number % 2]
            recipient = chat(number) if channel == "telegram" else phone(number)
            blind, id = blind_address(desk.sealer, channel, str(recipient)), new_id()
            known[recipient] = id
            db.add(
                Contact(
                    id=id, created_at=now, language=("ar", "fr")[number // 2 % 2], channel=channel, address=blind,
                    heard_at=now, window_until=now + timedelta(hours=24),
                )
            )  # fmt: skip
            db.flush()
            value = seal_address(desk.sealer, channel, blind, str(recipient))
            db.add(Address(channel=channel, blind=blind, contact_id=id, value=value))
            db.add(
                Subscription(
                    contact_id=id, commune=commune, province="guelmim", reach="province", text_version="t",
                    language="ar", channel=channel, since=now,
                )
            )  # fmt: skip
        db.commit()
    made.dispose()
    return known


@pytest.mark.parametrize("kind", ["broadcast", "session"])
def test_killed_in_mid_broadcast(kind: str, database_url: str, tmp_path: Path) -> None:
    api, twilio = BotApi(tmp_path), Twilio(tmp_path)
    known = subscribe_everybody(database_url)
    twilio.heard = {recipient: twilio.now() for recipient in known if isinstance(recipient, str)}
    desk = Desk(tmp_path)
    desk.environment |= {
        **telegram(api.url, database_url, desk.url), **whatsapp(twilio.url, database_url, desk.url), **RATE,
        "ADMIN_INVITE": INVITE, "QUIET_HOURS": "", "UNDO_SECONDS": "0",
    }  # fmt: skip
    twilio.webhook = f"{desk.url}/twilio/whatsapp"
    clerk = Artisan(api, 99)
    chance = random.Random(f"{kind}{database_url[:6]}")
    kills = 0
    try:
        desk.start()
        api.wait(lambda: api.webhook)
        for said in (f"/start j-{INVITE}", "2", *STEPS[kind]):
            before = len(clerk.messages)
            clerk.presses(said) if ":" in said else clerk.says(said)
            clerk.hears(before + 1)
        if kind == "broadcast":
            clerk.hears(before + 3)
            clerk.says(str(PEOPLE))
        while kills < KILLS:
            killed_soon(desk, api, twilio, chance)
            kills += 1
            desk.start(wait=False)
            desk.ready()
        desk.kill()
        desk.start(**TO_THE_END)
        balance = closed(database_url)
    finally:
        desk.close()
        api.close()
        twilio.close()
    check(kind, known, balance, api, twilio, database_url, kills)


def killed_soon(desk: Desk, api: BotApi, twilio: Twilio, chance: random.Random) -> None:
    """At a random moment: after so many more messages a provider has accepted, or so long."""
    assert desk.process is not None
    if chance.random() < 0.6:
        chance.choice((api, twilio)).kill = (chance.randint(1, 20), desk.pid)
    timer = threading.Timer(chance.uniform(0.02, 0.9), desk.process.kill)
    timer.start()
    desk.process.wait(20)
    timer.cancel()
    api.kill = twilio.kill = None


def closed(database_url: str) -> dict[Any, tuple[str, str]]:
    """Wait for the closing balance; then each contact's state and what it was about."""
    reader = database.engine(database_url, writer=False)
    end = time.monotonic() + 120
    try:
        while time.monotonic() < end:
            with Session(reader) as db:
                if db.scalar(sa.select(Broadcast.state)) == "closed":
                    rows = db.execute(
                        sa.select(Delivery.contact_id, Delivery.state, Delivery.error).where(
                            Delivery.broadcast_id.is_not(None)
                        )
                    )
                    return {contact: (state, error) for contact, state, error in rows}
            time.sleep(0.1)
    finally:
        reader.dispose()
    raise AssertionError("never closed")


def check(
    kind: str, known: dict[Any, Any], balance: dict[Any, tuple[str, str]], api: BotApi, twilio: Twilio,
    database_url: str, kills: int,
) -> None:  # fmt: skip
    copies: Counter[Any] = Counter()
    for message in api.accepted:
        if message["chat_id"] in known:
            copies[message["chat_id"]] += 1
    for message in twilio.accepted:
        copies[message["To"]] += 1
    states = Counter(state for state, _ in balance.values())
    lost = [
        r
        for r, contact in known.items()
        if not copies[r] and balance[contact][0] in ("sent", "delivered", "read")
    ]
    silent = [
        r for r, contact in known.items() if copies[r] and balance[contact][0] in ("failed", "cancelled")
    ]
    twice = sum(1 for count in copies.values() if count > 1)
    note(
        f"{database_url[:6]:<7} {kind:<10} {kills:>3} kills {len(known):>5} people: "
        f"{', '.join(f'{state} {count}' for state, count in sorted(states.items()))} = {sum(states.values())}; "
        f"accepted {len(copies)}, told twice {twice}, most copies {max(copies.values())}, lost silently {len(lost)}"
    )
    assert sum(states.values()) == len(known) == PEOPLE
    assert set(states) <= {"sent", "delivered", "unknown"}
    assert lost == []
    assert silent == []
    assert max(copies.values()) <= (2 if kind == "session" else 1)
    assert len(copies) + states["unknown"] >= PEOPLE
    assert api.broken_rules == []
    assert twilio.broken_rules == []
