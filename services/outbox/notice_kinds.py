"""What the desk tells unasked, a row a kind: its template, the answers offered under it, what makes it void.

A new kind of session notice is a row here, the job that starts it (services/sessions/reminders.py) and its words in
both catalogues (`told.<kind>`, `broadcast.balance.<kind>`, `sendings.kind.<kind>`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from conversations.values import SubjectKind


@dataclass(frozen=True, slots=True)
class SessionNotice:
    """One kind of broadcast about an awareness session.

    `template`: the approved template that says the same out of the window. `answers`: options of the action `attend`
    under it, or, with `rates`, the stars. `of_edition`: it is true of the session as it stood then, and void once
    that has changed; `before_start`: void once it has begun; `when_cancelled`: the one kind a cancelled session
    still sends. `kept`: who said she comes is told that her place is kept, and offered only to give it back.
    `advertises`: it may be called an advertisement, so its stop stands on a button. `particulars`: it tells of
    speakers, language and trades; `shows_code`: her own code for the door; `of_next`: it is about the next session
    nearby.
    """

    template: str
    answers: tuple[str, ...] = ()
    rates: bool = False
    of_edition: bool = False
    before_start: bool = False
    when_cancelled: bool = False
    kept: bool = False
    advertises: bool = False
    particulars: bool = False
    shows_code: bool = False
    of_next: bool = False


_ANY_ANSWER = ("yes", "no", "next")
SESSION_NOTICES: Mapping[str, SessionNotice] = {
    "announce": SessionNotice("announce", _ANY_ANSWER, before_start=True, advertises=True, particulars=True),
    "evening": SessionNotice("remind", ("no",), of_edition=True, before_start=True, shows_code=True),
    "morning": SessionNotice("remind", ("no",), of_edition=True, before_start=True, shows_code=True),
    "moved": SessionNotice("moved", _ANY_ANSWER, of_edition=True, before_start=True, kept=True),
    "placed": SessionNotice("moved", _ANY_ANSWER, of_edition=True, before_start=True, kept=True),
    "cancelled": SessionNotice("cancelled", when_cancelled=True),
    "thanks": SessionNotice("thanks", rates=True),
    "missed": SessionNotice("announce", ("yes",), advertises=True, of_next=True),
}
# The template of a clerk's own words, and of a notice to one person by what it is about.
TEXT_TEMPLATE = "broadcast"
NOTICE_TEMPLATES: Mapping[str, str] = {
    SubjectKind.ANSWER: "answer",
    SubjectKind.REQUEST: "staff",
    SubjectKind.BROADCAST: "staff",
    SubjectKind.CONTROL: "staff",
    SubjectKind.APPROVAL: "staff",
    SubjectKind.STAFF: "staff",
    SubjectKind.JOINED: "staff",
    SubjectKind.SILENT: "staff",
    SubjectKind.NUDGE: "nudge",
    SubjectKind.SESSION: "answer",
    SubjectKind.FLAG: "staff",
    SubjectKind.CARD_NUMBER: "file",
    SubjectKind.ERASED: "file",
    SubjectKind.PLACE: "answer",
}
TEMPLATES = tuple(
    dict.fromkeys((*(kind.template for kind in SESSION_NOTICES.values()), TEXT_TEMPLATE, *NOTICE_TEMPLATES.values()))
)
