"""All the desk keeps of a person, for her to take along: as JSON, and as a paper she can read."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.forms import prompts
from conversations.forms.flow import Case, Place, locate
from conversations.register.flow import FLOW
from conversations.values import Card, Data, Lines, Named, Operation, OperationResult, Placeholder, Say, State
from models.assessment import Assessment
from models.assessment import unseal_result as unseal_assessment
from models.consent import Consent
from models.contact import Contact, muted_kinds
from models.person_request import PersonRequest, RequestWords, unseal_words
from models.registration import Registration, files_of
from models.sealed import UNREADABLE
from models.session import Attendance, Subscription
from services.context import Desk
from services.people.files import grouped_reference, masked_cin, own_file, person_of
from services.people.phones import phone_of

# Before a file was made the phone may have been another's: only what led to it is its person's.
EXPORT_MARGIN = timedelta(days=1)


def export_data(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return a person's data as JSON and as a sheet, of the file that is open; what others of the phone gave stays
    theirs.
    """
    row = own_file(db, desk, contact, operation)
    if row is None:
        return OperationResult((Say("desk.not_offered"),), refused=True)
    data = collected_data(db, desk, contact, row)
    media = Data(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode(), export_sheet(db, desk, row))
    return OperationResult((Say("mydata.here"),), media=(media,), stays=True)


def collected_data(db: Session, desk: Desk, contact: Contact, row: Registration) -> dict[str, Any]:
    """Return everything kept of a person, as JSON values. The card's number is masked: these words go through a
    chat.
    """
    alone = len(files_of(db, contact.id)) == 1
    consents = sa.select(Consent).where(Consent.contact_id == contact.id, Consent.file_id == row.id)
    return {
        "file": {
            "reference": row.reference, "state": row.state, "language": row.language, "channel": row.channel,
            "created_at": _moment(row.created_at), "changed_at": _moment(row.changed_at),
            "cin": masked_cin(desk, row), "answers": person_of(desk, row),
        },
        "consents": [
            {"answer": each.answer, "text_version": each.text_version, "language": each.language,
             "channel": each.channel, "at": _moment(each.at)}
            for each in db.scalars(consents)
        ],
        "this_phone": {
            "channel": contact.channel, "number": phone_of(db, desk, contact), "language": contact.language,
            "first_seen": _moment(contact.created_at), "last_heard": _moment(contact.heard_at),
            "stopped_at": _moment(contact.stopped_at), "not_wanted": sorted(muted_kinds(contact)),
            "told_of_sessions": _subscription(db, contact.id),
            "sessions": [
                {"session": each.session_id, "answer": each.answer, "at": _moment(each.at)}
                for each in db.scalars(sa.select(Attendance).where(Attendance.contact_id == contact.id))
            ],
        },
        # results and questions name nobody: on a phone of several they may be another's
        "results": _results(db, desk, row) if alone else None,
        "asked_a_person": _asked(db, desk, row) if alone else None,
        "retention_days": dict(desk.policy.retention),
    }  # fmt: skip


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _subscription(db: Session, contact_id: uuid.UUID) -> dict[str, Any] | None:
    found = db.get(Subscription, contact_id)
    if found is None:
        return None
    return {
        "province": found.province,
        "commune": found.commune,
        "reach": found.reach,
        "text_version": found.text_version,
        "since": _moment(found.since),
    }


def _results(db: Session, desk: Desk, file: Registration) -> list[Any]:
    found = []
    hers = sa.select(Assessment).where(
        Assessment.contact_id == file.contact_id, Assessment.made_at > file.created_at - EXPORT_MARGIN
    )
    for row in db.scalars(hers):
        try:
            found.append({"on": row.day.isoformat(), **orjson.loads(unseal_assessment(desk.sealer, row))})
        except UNREADABLE:
            found.append({"on": row.day.isoformat(), "unreadable": True})
    return found


def _asked(db: Session, desk: Desk, file: Registration) -> list[Any]:
    found = (
        sa.select(RequestWords)
        .join(PersonRequest, PersonRequest.id == RequestWords.request_id)
        .where(PersonRequest.contact_id == file.contact_id, RequestWords.created_at > file.created_at - EXPORT_MARGIN)
        .order_by(RequestWords.created_at)
    )
    said = []
    for each in db.scalars(found):
        try:
            by = "you" if each.author_id is None else "chamber"
            said.append({"at": _moment(each.created_at), "by": by, "words": unseal_words(desk.sealer, each)})
        except UNREADABLE:
            said.append({"at": _moment(each.created_at), "words": None})
    return said


def export_sheet(db: Session, desk: Desk, row: Registration) -> Card:
    """Return the same on a sheet: every answer with its question, what was agreed to, how long it is kept."""
    answers = person_of(desk, row)
    place = locate(FLOW, State(FLOW.id, FLOW.version, {"consent": "yes", **answers}), desk.context())
    told: dict[str, Placeholder] = {
        "version": Named.same(row.consent_version),
        "day": desk.clock.wall(row.consent_at).date(),
        "channel": desk.channel_name(row.channel),
    }
    cin = masked_cin(desk, row)
    known = Say("file.shown.cin", {"cin": Named.same(cin)}) if cin else Say("file.shown.no_cin")
    days = desk.policy.retention.get("files", 0)
    years = max(1, round(days / 365))
    kept = Say("mydata.kept", {"number": years}, count=years) if days else Say("mydata.kept.open")
    return Card(
        title=Say("mydata.title"),
        figure=Say("register.card.figure", {"reference": Named.same(grouped_reference(row.reference))}),
        parts=(
            Say("web.title"),
            Lines(
                tuple(prompts.lines(FLOW, Place(place.at, Case(place.case.answers, desk.context()), place.trail[1:]))),
                flat=True,
            ),
            Lines((known, Say(f"file.state.{row.state}"), Say("mydata.consent", told), kept), flat=True),
        ),
        foot=(Say("register.card.day", {"day": desk.clock.today()}), Say("mydata.rights")),
    )
