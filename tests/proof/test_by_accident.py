"""Promise 11: nobody is written to by accident: 500 audiences, 1,000 tries round approval; promise 12: stop."""

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Operation
from jobs.pace import in_flight
from models.broadcast import Broadcast, frozen_people
from models.contact import Contact
from models.delivery import Delivery
from models.staff import Staff
from services.broadcasts import broadcasts, controls
from services.context import Policy
from services.turns.operations import run_operation
from tests.artisans import Artisan, WhatsAppArtisan
from tests.desks import engine, session
from tests.proof.figures import database_name, far, note
from tests.proof.scene import BOTH, Scene
from tests.towns import TEXTS, Town
from tests.whole import INVITE

AUDIENCES, TRIES = 500, far(150, 500, 1000)  # a database


def test_no_filter_is_ever_everybody(database_url: str) -> None:
    """Audiences null, empty, deleted, half-loaded: exactly the people meant, or nobody."""
    with engine(database_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=0))
        where: dict[Any, tuple[str, int, str]] = {}
        for province in ("guelmim", "tan_tan"):
            for commune in (0, 1):
                for channel in ("telegram", "whatsapp", "telegram"):
                    where[town.add(channel, province, commune)] = (province, commune, channel)
        chance = random.Random(3)
        communes = {p: town.communes[p][:2] for p in ("guelmim", "tan_tan")}
        values: dict[str, list[Any]] = {
            "area": ["commune", "province", "all", "", None, "ALL", "commune;", "everybody", ["all"]],
            "province": ["guelmim", "tan_tan", "", None, "gone", "*", "%", "all"],
            "commune": [*communes["guelmim"], *communes["tan_tan"], "", None, "10.999.99.99", "*", "%"],
            "whom": ["everybody", "some", "some", None, ""],
            "channel": ["any", "telegram", "whatsapp", "", "fax", None],
            "language": ["any", "fr", "ar", "", "*", None],
            "trade": ["any", None, "", "gone", "in.gone", "*"],
            "file": ["any", None, "none", "received", "gone", ""],
            "attendance": ["any", None, "came", "missed", "gone"],
            "session": [None, "1", "", "x", "-1"],
        }
        right: dict[str, list[Any]] = {
            "area": ["commune", "province", "all"],
            "province": ["guelmim", "tan_tan"],
            "whom": ["everybody", "some"],
            "channel": ["any", "telegram", "whatsapp"],
            "language": ["any", "fr", "ar"],
            "trade": ["any"],
            "file": ["any", "none", "received"],
            "attendance": ["any"],
            "session": [None],
        }
        wrong = frozen = 0
        for _ in range(AUDIENCES):
            given = {key: chance.choice(options) for key, options in right.items()}
            given["commune"] = chance.choice(communes[given["province"]])
            for key in chance.sample(list(values), chance.choice((0, 1, 1, 2, 4, 10))):  # some of it is not right
                given[key] = chance.choice(values[key])
            missing = [key for key in given if given[key] is None or chance.random() < 0.02]
            given = {key: value for key, value in given.items() if key not in missing}
            done = town.does(broadcasts.freeze_broadcast, {**TEXTS, **given})
            if done.opens is None:
                continue
            frozen += 1
            with Session(made) as db:
                row = db.get_one(Broadcast, done.opens[1]["broadcast"])
                wrong += set(frozen_people(row)) != _meant(where, communes, given)
        note(
            11,
            f"{database_name(database_url)}, audiences",
            f"{AUDIENCES} audiences, {frozen} frozen, {wrong} reach others than meant",
        )
        assert AUDIENCES // 5 < frozen < AUDIENCES * 4 // 5
        assert wrong == 0


def _meant(where: dict[Any, tuple[str, int, str]], communes: Any, given: dict[str, Any]) -> set[Any]:
    """Who is meant by a form, told without the desk's own code."""
    found = set(where)
    if given["area"] == "province":
        found = {id for id in found if where[id][0] == given["province"]}
    elif given["area"] == "commune":
        found = {id for id in found if communes[where[id][0]][where[id][1]] == given["commune"]}
    if given.get("whom") == "some":
        if given.get("channel", "any") != "any":
            found = {id for id in found if where[id][2] == given["channel"]}
        if given.get("language", "any") == "ar" or given.get("file") == "received":
            return set()
        if given.get("attendance", "any") != "any":
            return set()
    return found


def test_nothing_leaves_but_by_a_second_person(database_url: str) -> None:
    """Its author, after an alteration, again, too late, by who has the role no more, two at once: no sends."""
    with engine(database_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=2, trial=0))
        for _ in range(5):
            town.add("telegram", "guelmim")
        approver, clerk, former = (town.add("telegram", None) for _ in range(3))
        with session(made) as db:
            for number, (id, role) in enumerate(
                ((town.author, "broadcaster"), (approver, "approver"), (clerk, "broadcaster")), 1
            ):
                db.add(Staff(id=number, contact_id=id, roles=role, state="active", since=town.hands.at))
        chance, sent, tried = random.Random(11), 0, Counter[str]()
        for number in range(TRIES):
            id = _waiting(town, number)
            how = chance.choice(
                (
                    "author",
                    "nobody",
                    "clerk",
                    "text",
                    "people",
                    "late",
                    "dropped",
                    "guess",
                    "demoted",
                    "again",
                )
            )
            tried[how] += 1
            who: Any = {"author": town.author, "clerk": clerk, "nobody": former}.get(how, approver)
            with session(made) as db:
                row = db.get_one(Broadcast, id)
                if how == "text":
                    row.texts = {**(row.texts or {}), "fr": "Un autre texte que personne n'a lu"}
                elif how == "people":
                    row.frozen = row.frozen[:-16] + town.author.bytes
                elif how == "demoted":
                    db.execute(sa.update(Staff).where(Staff.contact_id == town.author).values(state="refused"))
                elif how == "dropped":
                    row.state = "dropped"
            if how == "late":
                town.hands.move(hours=25)
            if how == "again":
                _press(town, who, "approve_no", id)
            _press(town, who, "approve_yes", id + 1 if how == "guess" else id)
            with session(made) as db:
                sent += db.scalar(sa.select(sa.func.count()).where(Delivery.broadcast_id.is_not(None))) or 0
                db.execute(sa.update(Staff).where(Staff.contact_id == town.author).values(state="active"))
                db.execute(sa.delete(Delivery).where(Delivery.broadcast_id.is_(None)))
                db.execute(sa.update(Broadcast).where(Broadcast.id == id).values(state="dropped"))
            town.hands.move(seconds=1)
        note(
            11,
            f"{database_name(database_url)}, approval",
            f"{sum(tried.values())} tries of {len(tried)} kinds: {sent} sends",
        )
        assert sent == 0
        id = _waiting(town, TRIES)  # and the right way, pressed twice, sends each once
        for _ in range(2):
            _press(town, approver, "approve_yes", id)
        assert town.states() == ["pending"] * 5


def _waiting(town: Town, number: int) -> int:
    texts = {"text_ar": f"نص رقم {number} للصناع", "text_fr": f"Texte {number} court"}
    frozen = town.does(broadcasts.freeze_broadcast, {**texts, "area": "all"})
    given = dict(frozen.opens[1])
    town.does(broadcasts.confirm_broadcast, {**given, "count": given["expected"]})
    with Session(town.engine) as db:
        assert db.get_one(Broadcast, given["broadcast"]).state == "waiting"
    return int(given["broadcast"])


def _press(town: Town, who: Any, name: str, id: int) -> Any:
    with session(town.engine) as db:
        return run_operation(db, town.desk, db.get_one(Contact, who), Operation(name, {"approval": id}))


def test_two_who_agree_at_once_send_once(postgres_url: str) -> None:
    import threading

    with engine(postgres_url) as made:
        town = Town(made, Policy(undo=timedelta(0), approve_above=2, trial=0))
        for _ in range(5):
            town.add("telegram", "guelmim")
        with session(made) as db:
            db.add(Staff(id=1, contact_id=town.author, roles="broadcaster", state="active", since=town.hands.at))
        approvers = [town.add("telegram", None) for _ in range(4)]
        with session(made) as db:
            for number, id in enumerate(approvers, 2):
                db.add(Staff(id=number, contact_id=id, roles="approver", state="active", since=town.hands.at))
        waiting = _waiting(town, 0)
        said: list[Any] = []

        def press(who: Any) -> None:
            with Session(made) as db:
                try:
                    said.append(
                        run_operation(
                            db,
                            town.desk,
                            db.get_one(Contact, who),
                            Operation("approve_yes", {"approval": waiting}),
                        )
                    )
                    db.commit()
                except sa.exc.SQLAlchemyError:
                    db.rollback()

        threads = [threading.Thread(target=press, args=(each,)) for each in approvers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sum(not done.refused for done in said) == 1
        assert town.states() == ["pending"] * 5


# -- stop ---------------------------------------------------------------------------------------------

PEOPLE, RATE = far(300, 2000, 5000), 100
IN_FLIGHT = 2 * in_flight(RATE)


def test_stop_and_pause_in_mid_broadcast(database_url: str, tmp_path: Path) -> None:
    made = Scene(
        tmp_path, database_url, BOTH, PEOPLE, TELEGRAM_RATE=str(RATE), WHATSAPP_RATE=str(RATE), ADMIN_INVITE=INVITE
    )
    api, crowd = made.telegram, made.crowd
    try:
        made.desk.start()
        api.wait(lambda: api.webhook)
        boss = Artisan(api, 99)
        boss.says("/start")
        boss.hears(1)
        boss.says("2")
        boss.hears(2)
        id = crowd.sends()
        made.wait(lambda: len(made.reached()) > 40, 30)
        reached = set(made.reached())
        stopping = [name for name in crowd.known if name not in reached][-10:]
        for name in stopping:
            person = Artisan(api, name) if isinstance(name, int) else WhatsAppArtisan(made.twilio, name[9:])
            person.says("stop")
        made.wait(lambda: all(_heard(made, name) for name in stopping))
        at = {name: len(_bulk_to(made, name)) for name in stopping}
        boss.says("/pause")
        api.wait(lambda: any(":" in b for b in boss.buttons if b.startswith("all:")))
        boss.presses("all:halt")
        asked, before = time.monotonic(), len(_bulk(made))
        made.wait(lambda: crowd.state(id) == "paused", 10)
        took = time.monotonic() - asked
        made.wait(lambda: crowd.counts(id)["sending"] == 0, 10)  # what was in flight has ended
        still = len(_bulk(made))
        more = still - before
        time.sleep(1.5)  # five seconds' worth would show
        assert len(_bulk(made)) == still
        with session(crowd.engine) as db:
            contact = db.get_one(Contact, crowd.author)
            controls.resume_broadcast(
                db, replace(crowd.desk, policy=Policy()), contact, Operation("x", {"broadcast": id})
            )
        made.closed(id)
        late = [name for name in stopping if len(_bulk_to(made, name)) > at[name]]
        states = crowd.states(id)
        where = f"{database_name(database_url)}, both channels"
        note(
            12,
            where,
            f"{len(stopping)} stops in mid-broadcast: {len(late)} written to afterwards; pause took {took:.2f} s, "
            f"{more} more left (at most {2 * RATE * 5 + IN_FLIGHT})",
        )
        assert late == []
        assert all(states[crowd.known[name]] in ("cancelled", "sent", "delivered") for name in stopping)
        assert "cancelled" in [states[crowd.known[name]] for name in stopping]
        assert took < 5
        assert more <= 2 * RATE * 5 + IN_FLIGHT
        assert made.broken_rules == []
    finally:
        made.close()


def _is_bulk(message: dict[str, Any]) -> bool:
    return "La salle change" in message["text"] or "القاعة تغيرت" in message["text"]


def _bulk(made: Scene) -> list[Any]:
    every = [*list(made.telegram.accepted), *list(made.twilio.accepted)]
    return [each for each in every if _is_bulk(each)]


def _to(made: Scene, name: Any) -> list[dict[str, Any]]:
    if isinstance(name, int):
        return [each for each in list(made.telegram.accepted) if each["chat_id"] == name]
    return [each for each in list(made.twilio.accepted) if each["To"] == name]


def _bulk_to(made: Scene, name: Any) -> list[Any]:
    return [each for each in _to(made, name) if _is_bulk(each)]


def _heard(made: Scene, name: Any) -> bool:
    """Whether the desk answered that it stops."""
    return any(not _is_bulk(each) for each in _to(made, name))


@pytest.mark.parametrize("kind", ["all", "news"])
def test_stop_holds_when_frozen_and_at_the_send(database_url: str, kind: str) -> None:
    with engine(database_url) as made:
        town = Town(made)
        before, between, other = (town.add("telegram", "guelmim") for _ in range(3))
        values: dict[str, Any] = {"stopped_at": town.hands.at} if kind == "all" else {"muted": "news"}

        def stops(id: Any) -> None:
            with session(made) as db:
                db.execute(sa.update(Contact).where(Contact.id == id).values(**values))

        stops(before)
        id = town.sent({"area": "all"})
        with Session(made) as db:
            row = db.get_one(Broadcast, id)
            assert (row.count, row.left_out) == (2, {"stopped": 1})
        stops(between)
        assert [outgoing.broadcast for outgoing in town.take()] == [id]
        assert town.states() == ["cancelled", "sending"]
        assert other is not None
