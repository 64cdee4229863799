"""The ledger beside its happy path: lots, a trial, pauses, the brake, doubts settled, corrections, reports."""

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.context import Grouped
from conversations.values import Operation
from models import broadcast as memory
from models.attachment import Attachment
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Delivery
from models.session import Attendance
from models.staff import Staff
from services import attachments, restore_guard
from services.broadcasts import broadcasts, controls, forecast, report
from services.broadcasts import sheet as sheets
from services.broadcasts.audience import sort_audience
from services.broadcasts.fanout import enqueue_due_batches
from services.context import Policy
from services.delivery.outbox import recover_uncertain
from services.delivery.reconcile import ListedMessage, settle_uncertain, uncertain_deliveries
from services.outbox.circuit_breaker import hold_back
from services.outbox.sending import Gone, Rejected, Throttled, Uncertain
from tests.desks import engine, session
from tests.towns import OTHER, TEXTS, Town, balance, files, looks, many, planned, policy, row_of


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        yield Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0))


# -- lots, pauses, a trial ----------------------------------------------------------------------------


def test_the_sum_is_the_count_at_every_moment(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.broadcasts.fanout.BATCH_SIZE", 4)
    many(town, 11)
    id = town.sent({"area": "all"})
    sums = []
    while row_of(town, id).put < 11:
        sums.append(sum(balance(town, id).values()))
        with session(town.engine) as db:
            enqueue_due_batches(db, town.desk)
        for outgoing in town.take()[:2]:
            town.ends(outgoing)
    assert set(sums) == {11}
    assert sum(balance(town, id).values()) == 11
    with Session(town.engine) as db:
        rows = sa.text("SELECT count(*), count(DISTINCT contact_id) FROM delivery WHERE broadcast_id IS NOT NULL")
        assert tuple(db.execute(rows).one()) == (11, 11)


def test_what_is_taken_back_is_counted_to_the_last(town: Town) -> None:
    many(town, 7)
    policy(town, trial=2)
    id = town.sent({"area": "all"})
    assert (row_of(town, id).put, row_of(town, id).trial) == (2, 2)
    first, second = town.take()
    town.ends(first)
    town.does(controls.take_back, {"broadcast": id})
    looks(town)
    assert row_of(town, id).closed_at is None  # one is leaving
    town.ends(second)
    looks(town)
    assert row_of(town, id).closed_at is not None
    assert balance(town, id) == {"sent": 2, "cancelled": 5}
    assert len(town.states()) == 7
    assert town.take() == []


def test_a_trial_waits_for_a_second_look(town: Town) -> None:
    town.employ()
    many(town, 7)
    policy(town, trial=2)
    id = town.sent({"area": "all"})
    for outgoing in town.take():
        town.ends(outgoing)
    looks(town)
    assert (row_of(town, id).state, row_of(town, id).why) == ("paused", "trial")
    looks(town)
    assert town.take() == []
    assert balance(town, id) == {"sent": 2, "pending": 5}
    notices = told(town)
    assert notices.count("run:resume") == 1
    town.does(controls.resume_broadcast, {"broadcast": id})
    for outgoing in town.take():
        town.ends(outgoing)
    looks(town)
    assert (row_of(town, id).state, balance(town, id)) == ("closed", {"sent": 7})


def told(town: Town) -> list[str]:
    """The buttons of what the author was told."""
    from models.delivery import unseal_message
    from services.outbox.messages import unpack_spoken

    with Session(town.engine) as db:
        rows = db.scalars(sa.select(Delivery).where(Delivery.contact_id == town.author, Delivery.body.is_not(None)))
        spoken = [unpack_spoken(unseal_message(town.desk.sealer, row)) for row in rows]
        return [button.data.rpartition(":")[0] for each in spoken for button in each.options]


def test_a_pause_holds_everything_and_is_taken_up(town: Town) -> None:
    many(town, 3)
    id = town.sent({"area": "all"})
    town.does(controls.pause_broadcast, {"broadcast": id})
    assert town.take() == []
    other = town.add("telegram", None)
    with session(town.engine) as db:
        db.add(Staff(id=9, contact_id=other, roles="broadcaster", state="active", since=town.hands.at))
    assert town.does(controls.resume_broadcast, {"broadcast": id}, who=other).refused  # not hers
    town.does(controls.resume_broadcast, {"broadcast": id})
    assert len(town.take()) == 3


def test_an_hour_to_come_is_kept_and_a_missed_one_asks(town: Town) -> None:
    many(town, 2)
    with session(town.engine) as db:
        db.add(Staff(id=9, contact_id=town.author, roles="broadcaster", state="active", since=town.hands.at))
    later = {"when": "later", "day": "2026-11-24", "hour": "09:00"}
    first = town.sent({"area": "all", **later})
    second = town.sent({"area": "all", **later}, OTHER)
    assert row_of(town, first).state == "scheduled"
    looks(town)
    assert town.take() == []
    town.hands.at = datetime(2026, 11, 24, 9, 0, 5, tzinfo=UTC)
    with session(town.engine) as db:
        db.execute(sa.update(Broadcast).where(Broadcast.id == second).values(due_at=town.hands.at + timedelta(hours=1)))
    looks(town)
    assert row_of(town, first).state == "going"
    town.hands.move(hours=4)
    looks(town)
    assert (row_of(town, second).state, row_of(town, second).why) == ("paused", "late")
    assert "run:resume" in told(town)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"text_ar": ""}, "broadcast.refused.text"),
        ({"text_fr": ""}, "broadcast.refused.text"),
        ({"text_fr": "نص"}, "broadcast.refused.text"),
        ({"text_fr": "Bonjour [date]"}, "broadcast.refused.text"),
        ({"area": "commune", "commune": "10.999", "province": "guelmim"}, "broadcast.ready.nobody"),
        ({"area": "province", "province": "tan_tan"}, "broadcast.ready.nobody"),
        ({"area": "some"}, "broadcast.ready.nobody"),
        ({"when": "later", "day": "2026-11-22", "hour": "10:00"}, "broadcast.refused.moment"),
        ({"when": "later", "day": "2026-11-31", "hour": "10:00"}, "broadcast.refused.moment"),
        ({"when": "later", "day": "2026-11-25", "hour": "25:00"}, "broadcast.refused.moment"),
        ({"when": "later", "day": "2026-11-25", "hour": "03:00"}, "broadcast.refused.moment"),
        ({"when": "later"}, "broadcast.refused.moment"),
        ({"beside": "photo."}, "broadcast.refused.medium"),
        ({"beside": "photo.not-yet-here"}, "broadcast.refused.fetching"),
    ],
)
def test_bad_input_is_refused_before_anything_is_frozen(town: Town, given: dict[str, str], why: str) -> None:
    many(town, 2)
    done = town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all", **given})
    assert (done.refused, done.says[0].msgid) == (True, why)
    with Session(town.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Broadcast)) == 0


def test_the_same_words_are_not_said_twice_within_a_day(town: Town) -> None:
    many(town, 2)
    town.sent({"area": "all"})
    again = {**TEXTS, "text_fr": "  Un   texte court ", "area": "all"}
    done = town.does(broadcasts.freeze_broadcast, again)
    assert (done.refused, done.says[0].msgid) == (True, "broadcast.refused.repeated")
    newcomer = town.add("telegram", "guelmim")
    frozen = town.does(broadcasts.freeze_broadcast, again)
    with Session(town.engine) as db:
        row = db.get_one(Broadcast, frozen.opens[1]["broadcast"])
        assert (memory.frozen_people(row), row.left_out) == ([newcomer], {"repeated": 2})
    town.hands.move(hours=25)
    assert not town.does(broadcasts.freeze_broadcast, {**TEXTS, "area": "all"}).refused


# -- placeholders -------------------------------------------------------------------------------------------


def test_blanks_are_filled_for_each_and_who_has_nothing_is_left_out(town: Town) -> None:
    known, nameless, two = (town.add("telegram", "guelmim") for _ in range(3))
    files(town, known, "عبد الله بن عمر")
    files(town, two, "Fatima Essai")
    files(town, two, "Aïcha Essai")
    texts = {"text_ar": "السلام [الاسم] من [الجماعة]", "text_fr": "Bonjour [Prénom] de {commune}"}
    frozen = town.does(broadcasts.freeze_broadcast, {**texts, "area": "all"})
    row = row_of(town, frozen.opens[1]["broadcast"])
    assert (row.count, row.left_out) == (1, {"blank": 2})
    town.does(broadcasts.confirm_broadcast, {**frozen.opens[1], "count": 1})
    (outgoing,) = town.take()
    assert "Bonjour \u2068عبد الله\u2069 de Guelmim" in outgoing.spoken.text
    assert nameless is not None


def test_a_blank_that_cannot_be_filled_any_more_stays_unsent(town: Town) -> None:
    id = town.add("telegram", "guelmim")
    planned(town)
    town.sent({"area": "all"}, {"text_ar": "موعدك: [اللقاء]", "text_fr": "Votre rencontre : [rencontre]"})
    with session(town.engine) as db:
        db.execute(sa.text("UPDATE awareness_session SET state = 'cancelled'"))
    assert town.take() == []
    assert town.states() == ["cancelled"]
    assert id is not None


# -- whom ---------------------------------------------------------------------------------------------


def test_narrowing_by_trade_file_attendance_language_channel(town: Town) -> None:
    potter, weaver, bare = (town.add("telegram", "guelmim") for _ in range(3))
    texter, silent = town.add("whatsapp", "guelmim"), town.add("telegram", None)
    files(town, potter, trade="C076")
    files(town, weaver, trade="C027")
    files(town, silent, trade="C027")
    session_id = planned(town)
    with session(town.engine) as db:
        db.execute(sa.update(Attendance).where(Attendance.contact_id == weaver).values(came_at=town.hands.at))

    def reaches(**where: str) -> tuple[set[Any], dict[str, int]]:
        with Session(town.engine) as db:
            found = sort_audience(db, town.desk, {"all": "yes", **where}, {})
            return {id for id, _, _ in found.kept}, dict(found.left)

    trades = town.desk.sources["trades"]
    assert isinstance(trades, Grouped)
    sector = trades.of("C027")
    assert reaches(trade="C027")[0] == {weaver, silent}  # she said she comes to a meeting
    assert reaches(trade=f"in.{sector}")[0] == {weaver, silent}
    assert reaches(file="none")[0] == {bare, texter}
    assert reaches(file="received")[0] == {potter, weaver, silent}
    assert reaches(attendance="came", session=str(session_id))[0] == {weaver}
    assert weaver not in reaches(attendance="missed", session=str(session_id))[0]
    assert reaches(channel="whatsapp")[0] == {texter}
    assert reaches(language="ar")[0] == set()
    with session(town.engine) as db:
        db.execute(sa.delete(Attendance).where(Attendance.contact_id == silent))
    assert reaches(trade="C027") == ({weaver}, {"no_wish": 1})


def test_the_forecast_knows_rates_nights_the_day_s_limit_and_the_price(town: Town) -> None:
    town.add("whatsapp", "guelmim")
    town.hands.move(hours=25)
    for _ in range(9):
        town.add("whatsapp", "guelmim")
    policy(
        town,
        templates={"broadcast.fr": "HXb"},
        daily={"whatsapp": 1},
        price={"whatsapp": Decimal("0.5")},
        rates={"whatsapp": 0.001},
        approve_above=5,
        trial=2,
    )
    town.hands.at = datetime(2026, 11, 24, 20, 50, tzinfo=UTC)
    with Session(town.engine) as db:
        found = forecast.forecast_reach(db, town.desk, {**TEXTS, "area": "all"})
    assert (found.count, found.cost, found.approval, found.trial) == (10, Decimal("5.0"), True, 2)
    # 10 at 0.001 a second are 10,000 s: 600 before the night, the rest from eight in the morning
    assert found.ends == datetime(2026, 11, 25, 10, 37)


# -- what ends badly ----------------------------------------------------------------------------------


def test_the_brake_takes_nobody_for_gone(town: Town) -> None:
    town.employ()
    many(town, 12)
    id = town.sent({"area": "all"})
    outgoings = town.take()[:8]
    for outgoing in outgoings:
        town.ends(outgoing, Gone("Forbidden"))
    with session(town.engine) as db:
        assert hold_back(db, town.desk, "brake", [each.id for each in outgoings])
    with Session(town.engine) as db:
        assert db.scalar(sa.select(sa.func.count()).where(Contact.unreachable_at.is_not(None))) == 0
    assert town.take() == []
    looks(town)
    assert "run:resume" in told(town)
    town.does(controls.retry_failed, {"broadcast": id})
    town.does(controls.resume_broadcast, {"broadcast": id})
    assert balance(town, id)["pending"] + balance(town, id).get("sending", 0) == 12


def test_the_same_refusal_three_times_pulls_the_brake() -> None:
    from jobs.circuit_breaker import RejectionCounter

    def pulled(*errors: Any) -> list[str]:
        found, made = [], RejectionCounter()
        for error in errors:
            why = made.pull(1, uuid.uuid4(), error)
            found += [why[0]] if why else []
        return found

    no = Rejected("Bad Request: can't parse")
    assert pulled(no, None, no, no) == []
    assert pulled(no, no, no) == ["refusals"]
    assert pulled(*[Gone("x")] * 8) == ["brake"]
    assert pulled(*[Gone("x"), None] * 10) == ["brake"]
    assert pulled(*[Gone("x"), None, None, None] * 30) == []
    assert pulled(*[Throttled(1), Uncertain("x")] * 30) == []


def test_a_blocked_person_who_comes_back_is_served_again(town: Town) -> None:
    id = town.add("telegram", "guelmim")
    town.sent({"area": "all"})
    (outgoing,) = town.take()
    town.ends(outgoing, Gone("Forbidden: bot was blocked by the user"))
    assert town.does(broadcasts.freeze_broadcast, {**OTHER, "area": "all"}).refused
    with session(town.engine) as db:  # what a turn does of one who writes
        db.execute(sa.update(Contact).where(Contact.id == id).values(unreachable_at=None))
    town.sent({"area": "all"}, OTHER)
    assert len(town.take()) == 1


def test_what_was_left_is_swept_but_for_what_is_in_flight(town: Town) -> None:
    many(town, 2)
    town.sent({"area": "all"})
    one, _ = town.take()
    with session(town.engine) as db:
        assert recover_uncertain(db, town.desk, "telegram", (), timedelta(minutes=2)) == 0
    town.hands.move(minutes=3)
    with session(town.engine) as db:
        assert recover_uncertain(db, town.desk, "telegram", {one.id}, timedelta(minutes=2)) == 2  # and a preview
    assert town.states() == ["sending", "unknown"]


@pytest.mark.parametrize(
    ("listed", "after", "state"),
    [
        ([("SM7", "same", 1)], 2, "sent"),
        ([], 2, "unknown"),
        ([], 4, "failed"),
        ([("SM1", "same", 1)], 4, "failed"),
        ([("SM7", "another message", 1)], 4, "failed"),
        ([("SM7", "same", 1), ("SM8", "same", 2)], 4, "unknown"),
        ([("SM7", "same", 900)], 4, "failed"),
    ],
)
def test_a_doubt_is_settled_by_the_provider_s_list(
    town: Town, listed: list[tuple[str, str, int]], after: int, state: str
) -> None:
    id = town.add("whatsapp", "guelmim")
    town.sent({"area": "all"}, OTHER)
    (earlier,) = town.take("whatsapp")
    town.ends(earlier)  # SM1
    town.sent({"area": "all"})
    (outgoing,) = town.take("whatsapp")
    town.ends(outgoing, Uncertain("answered 502"))
    began = town.hands.at
    town.hands.move(minutes=after)
    with session(town.engine) as db:
        (doubt,) = uncertain_deliveries(db, town.desk, "whatsapp")
        body = outgoing.spoken.text
        every = [
            ListedMessage(sid, body if said == "same" else said, began + timedelta(seconds=late))
            for sid, said, late in listed
        ]
        settle_uncertain(db, town.desk, doubt.id, every)
        assert db.get_one(Delivery, outgoing.id).state == state
    assert id is not None


def test_the_day_s_limit_is_kept_at_four_fifths(town: Town) -> None:
    policy(town, templates={"broadcast.fr": "HXb"}, daily={"whatsapp": 10}, quiet=None)
    for _ in range(12):
        town.add("whatsapp", "guelmim")
    town.hands.move(hours=25)
    town.sent({"area": "all"})
    outgoings = town.take("whatsapp")
    assert len(outgoings) == 8
    for outgoing in outgoings:
        town.ends(outgoing)
    assert town.take("whatsapp") == []
    with Session(town.engine) as db:
        waiting = db.scalars(sa.select(Delivery).where(Delivery.state == "pending", Delivery.broadcast_id.is_not(None)))
        assert {(row.reason, row.due_at - town.hands.at) for row in waiting} == {("daily", timedelta(hours=24))}


# -- afterwards ---------------------------------------------------------------------------------------


def test_a_correction_goes_to_exactly_those_reached(town: Town) -> None:
    telegram, texter, gone = (
        town.add("telegram", "guelmim"),
        town.add("whatsapp", "guelmim"),
        town.add("telegram", "guelmim"),
    )
    id = town.sent({"area": "all"})
    for outgoing in (*town.take(), *town.take("whatsapp")):
        with Session(town.engine) as db:
            who = db.get_one(Delivery, outgoing.id).contact_id
        town.ends(outgoing, Gone("blocked") if who == gone else None)
    looks(town)
    frozen = town.does(broadcasts.freeze_correction, {"broadcast": id, **OTHER})
    assert frozen.opens is not None
    with Session(town.engine) as db:
        row = db.get_one(Broadcast, frozen.opens[1]["broadcast"])
        assert set(memory.frozen_people(row)) == {telegram, texter}
    town.does(broadcasts.confirm_broadcast, {**frozen.opens[1], "count": 2})
    assert [outgoing.edits for outgoing in town.take()] == ["SM1"]  # the words are changed where that can be done
    (follow,) = town.take("whatsapp")
    assert "Un autre texte" in follow.spoken.text
    assert "Correction" in follow.spoken.text


def test_the_report_names_everybody_and_is_no_formula(town: Town) -> None:
    good, bad = town.add("telegram", "guelmim"), town.add("telegram", "guelmim")
    files(town, good, '=HYPERLINK("http://x","y")')
    files(town, bad, "@SUM(1) +212600000000")
    id = town.sent({"area": "all"})
    for outgoing in town.take():
        with Session(town.engine) as db:
            who = db.get_one(Delivery, outgoing.id).contact_id
        town.ends(outgoing, Gone("Forbidden: bot was blocked by the user") if who == bad else None)
    stranger = town.add("telegram", None)
    assert town.does(controls.send_spreadsheet, {"broadcast": id}, who=stranger).refused
    assert town.does(controls.send_spreadsheet, {"broadcast": id}).media[0].kind == "sheet"
    with Session(town.engine) as db:
        rows = list(sheets.spreadsheet_rows(db, town.desk, db.get_one(Broadcast, id), "fr"))
        made = sheets.spreadsheet(db, town.desk, id, "ar")
        view = report.broadcast_view(db, town.desk, db.get_one(Contact, town.author), str(id))
    assert {row[6] for row in rows} == {"", "nous ont bloqués ou ont fermé leur compte"}
    assert {row[2] for row in rows} == {'=HYPERLINK("http://x","y")', "@SUM(1) +212600000000"}
    assert "report" in view.may
    files_in = zipfile.ZipFile(io.BytesIO(made or b""))
    sheet = files_in.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"rightToLeft" in sheet
    assert b"hyperlink" not in sheet


# -- a picture or a voice note --------------------------------------------------------------------------


def test_a_picture_goes_along_once_it_is_here(town: Town) -> None:
    town.add("telegram", "guelmim")
    given = {**TEXTS, "area": "all", "beside": "photo.AgAC"}
    assert town.does(broadcasts.freeze_broadcast, given).says[0].msgid == "broadcast.refused.fetching"
    with session(town.engine) as db:
        ((id, kind, reference),) = attachments.attachments_to_fetch(db, "telegram")
        assert (kind, reference) == ("photo", "AgAC")
        attachments.store_attachment(db, town.desk, id, b"\xff\xd8picture", "image/jpeg")
    frozen = town.does(broadcasts.freeze_broadcast, given)
    town.does(broadcasts.confirm_broadcast, {**frozen.opens[1], "count": 1})
    (outgoing,) = town.take()
    assert [(media.kind, media.id) for media in outgoing.spoken.media] == [("photo", str(id))]
    with Session(town.engine) as db:
        assert attachments.attachment_bytes(db, town.desk, id) == (b"\xff\xd8picture", "image/jpeg")
        assert b"picture" not in (db.scalar(sa.select(Attachment.content)) or b"")  # sealed


@pytest.mark.parametrize(
    ("content", "kind"), [(b"x" * 5_000_001, "image/jpeg"), (b"x", "text/html"), (b"x", "image/svg+xml")]
)
def test_what_is_no_picture_is_refused(town: Town, content: bytes, kind: str) -> None:
    town.add("telegram", "guelmim")
    given = {**TEXTS, "area": "all", "beside": "photo.AgAC"}
    town.does(broadcasts.freeze_broadcast, given)
    with session(town.engine) as db:
        ((id, _, _),) = attachments.attachments_to_fetch(db, "telegram")
        attachments.store_attachment(db, town.desk, id, content, kind)
    assert town.does(broadcasts.freeze_broadcast, given).says[0].msgid == "broadcast.refused.medium"


# -- a database put back from a copy --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noted", "silent", "why"),
    [
        (None, 25, None),
        (None, 31, "gap"),
        (0, 29, None),
        (0, 600, "gap"),
        (25, 29, None),
        (45, 60, "restored"),
        (60, 61, "restored"),
        (0, 49 * 3600, "clock"),
        (0, -3601, "clock"),
    ],
)
def test_a_copy_of_before_fires_nothing_old(
    town: Town, tmp_path: Path, noted: int | None, silent: int, why: str | None
) -> None:
    """`noted`: how many seconds after the database's own note the file beside it was written; `silent`: how many
    seconds later the desk starts.
    """
    many(town, 2)
    town.desk = replace(town.desk, alive=tmp_path / "alive")
    id = town.sent({"area": "all"})
    looks(town, restore_guard.note_alive)
    if noted is None:
        (tmp_path / "alive").unlink(missing_ok=True)
    else:
        (tmp_path / "alive").write_text((town.hands.at + timedelta(seconds=noted)).isoformat())
    town.hands.move(seconds=silent)
    with session(town.engine) as db:
        found = restore_guard.look_at_start(db, town.desk)
        assert (found and found.why) == why
        restore_guard.beat(db, town.desk)
    assert row_of(town, id).state == "going"
    with Session(town.engine) as db:
        own = db.scalars(sa.select(Delivery.state).where(Delivery.broadcast_id.is_(None))).all()
        assert set(own) == ({"cancelled"} if why == "restored" else {"pending"})
    assert len(town.take()) == (0 if why else 2)


def test_a_deed_of_no_broadcast_is_refused(town: Town) -> None:
    for act in (
        controls.take_back,
        controls.pause_broadcast,
        controls.resume_broadcast,
        controls.retry_failed,
        controls.send_spreadsheet,
    ):
        assert town.does(act, {"broadcast": 77}).refused
    assert Operation("x").answers == {}
