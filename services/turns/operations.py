"""Operations: what a service does when a form ends or an action is pressed; rights are checked at the press."""

import logging
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from conversations.roles import MEMBER, Role, may
from conversations.values import Operation, OperationResult, Say
from models import staff as memory
from models.contact import Contact
from models.sealed import SealBroken
from services.broadcasts import approval, broadcasts, controls, held
from services.context import Desk
from services.people import (
    assessments,
    data_export,
    files,
    id_card_links,
    invitations,
    request_answers,
    stops,
    team,
    unanswered,
)
from services.people.journal import actor_of, record_operation
from services.people.register import register_person, send_file_card
from services.privacy import erasure
from services.sessions import attendance, sessions
from services.turns import in_her_place

log = logging.getLogger(__name__)

UseCase = Callable[[Session, Desk, Contact, Operation], OperationResult]

OPERATIONS: Mapping[str, tuple[str | None, UseCase]] = {
    "attend_yes": (None, attendance.attend_yes),
    "attend_no": (None, attendance.attend_no),
    "attend_next": (None, attendance.attend_next),
    "attend_wait": (None, attendance.attend_wait),
    "here": (None, attendance.check_in),
    "seen": (None, attendance.check_in_by_square),
    "rate": (None, attendance.rate_session),
    "quit": (None, stops.quit_kind),
    "receive_again": (None, stops.receive_again),
    "subscribe": (None, attendance.subscribe),
    "register": (None, register_person),
    "join": (None, invitations.join),
    "plan": (Role.BROADCASTER, sessions.plan_session),
    "put_aside": (Role.BROADCASTER, sessions.draft_session),
    "announce": (Role.BROADCASTER, sessions.announce_draft),
    "who_comes": (Role.BROADCASTER, attendance.list_attendees),
    "door_code": (Role.BROADCASTER, attendance.check_in_by_code),
    "hall_code": (Role.BROADCASTER, attendance.show_hall_code),
    "move": (Role.BROADCASTER, sessions.move_session),
    "cancel": (Role.BROADCASTER, sessions.cancel_session),
    "follow": (None, assessments.follow_result),
    "open_file": (None, files.open_file),
    "prove": (None, files.prove_person),
    "correct": (None, files.correct_file),
    "keep_file": (None, files.keep_file),
    "keep_all": (None, files.keep_all),
    "file_card": (None, send_file_card),
    "cin_link": (None, id_card_links.send_link),
    "card_typed": (None, id_card_links.number_typed),
    "download": (None, data_export.export_data),
    "mute": (None, stops.mute_kind),
    "erase": (None, erasure.ask_erasure),
    "prepare": (Role.BROADCASTER, assessments.prepare_message),
    "freeze": (Role.BROADCASTER, broadcasts.freeze_broadcast),
    "test": (Role.BROADCASTER, broadcasts.send_test),
    "send": (Role.BROADCASTER, broadcasts.confirm_broadcast),
    "amend": (Role.BROADCASTER, broadcasts.freeze_correction),
    "approve_yes": (Role.APPROVER, approval.approve_yes),
    "approve_no": (Role.APPROVER, approval.approve_no),
    "pause": (Role.BROADCASTER, controls.pause_broadcast),
    "resume": (Role.BROADCASTER, controls.resume_broadcast),
    "halt": (Role.BROADCASTER, controls.pause_all),
    "retry": (Role.BROADCASTER, controls.retry_failed),
    "report": (Role.BROADCASTER, controls.send_spreadsheet),
    "drop": (Role.BROADCASTER, broadcasts.drop_broadcast),
    "undo": (Role.BROADCASTER, controls.take_back),
    "held_yes": (Role.ADMIN, held.release_held),
    "held_reminders": (Role.ADMIN, held.release_reminders),
    "held_no": (Role.ADMIN, held.leave_held),
    "invite": (Role.ADMIN, invitations.invite),
    "admit_yes": (Role.ADMIN, invitations.admit_yes),
    "admit_no": (Role.ADMIN, invitations.admit_no),
    "change_role": (Role.ADMIN, team.change_role),
    "name_member": (MEMBER, team.name_member),
    "remove_member": (Role.ADMIN, team.remove_member),
    "confirm_member": (Role.ADMIN, team.confirm_member),
    "leave_team": (MEMBER, team.leave_team),
    "set_province": (MEMBER, team.set_province),
    "toggle_nights": (MEMBER, team.toggle_nights),
    "claim": (Role.AGENT, request_answers.claim_request),
    "answer": (Role.AGENT, request_answers.answer_request),
    "answer_ready": (Role.AGENT, request_answers.answer_ready),
    "answer_in_place": (Role.AGENT, in_her_place.answer_in_place),
    "ask_paper": (Role.AGENT, request_answers.ask_paper),
    "hand_over": (Role.AGENT, request_answers.hand_over),
    "close_request": (Role.AGENT, in_her_place.close_request),
    "mute_asker": (Role.AGENT, request_answers.mute_asker),
    "card_shown": (Role.AGENT, request_answers.card_shown),
    "label_question": (Role.BROADCASTER, unanswered.label_question),
    "accept_yes": (Role.ADMIN, unanswered.accept_yes),
    "accept_no": (Role.ADMIN, unanswered.accept_no),
}


def run_operation(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Run an operation for one who may today; of the chamber's people it is written in the journal. Returns its result;
    to anybody else it is a button nobody knows.
    """
    role, act = OPERATIONS[operation.name]
    if not may(memory.roles_of(db, contact.id), role):
        return OperationResult((Say("desk.stale"),), refused=True)
    try:
        done = act(db, desk, contact, operation)
    except SealBroken:  # one row nobody can open: said and logged, and the rest goes on
        log.error("a operation met what cannot be read", extra={"contact": str(contact.id)})
        return OperationResult((Say("desk.apology"),), refused=True)
    if role is not None and done.done and not done.refused:
        record_operation(db, desk, actor_of(db, contact), operation, done)
    return done
