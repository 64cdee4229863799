"""Every address that must have words, read off the flows; beside them, those no flow names."""

from collections.abc import Iterable, Iterator

import amo
from amo import ids
from conversations.desk import actions
from conversations.files import flow as files
from conversations.forms.flow import Flow, Outcome, Step
from conversations.forms.kinds import Search, Topic
from conversations.questions.guards import GUARDS
from conversations.roles import Role
from models.broadcast import BroadcastState, PauseReason
from models.delivery import DeliveryState, Reason
from models.person_request import RequestState
from models.session import SessionState
from services.hold import HoldReason
from services.outbox.notice_kinds import SESSION_NOTICES, TEMPLATES
from services.people.journal import SUBJECTS
from services.turns.operations import OPERATIONS


def of_flows(flows: Iterable[Flow]) -> Iterator[str]:
    """The addresses of every question, option, explanation, refusal and outcome."""
    for flow in flows:
        for step in flow.steps:
            yield from _of_step(flow.id, step)
        for outcome in (*flow.stops, *flow.outcomes):
            yield from _of_outcome(flow.id, outcome)


def _of_step(flow: str, step: Step) -> Iterator[str]:
    here = step.address(flow)
    yield from (f"{here}.ask", f"{here}.name")
    if (isinstance(step.kind, Search) and not step.kind.shows) or isinstance(step.kind, Topic):
        yield f"{here}.found"
    for reason in step.kind.reasons():
        yield f"{here}.unclear.{reason}"
    for option in step.options:
        yield f"{here}.option.{option.id}"
        if option.explains:
            yield f"{here}.explain.{option.id}"


def _of_outcome(flow: str, outcome: Outcome) -> Iterator[str]:
    if outcome.leads_to is not None:
        return  # nobody stays there
    here = f"{flow}.{outcome.id}"
    yield from outcome.sayings
    if outcome.says is None or (outcome.summary and f"{here}.ask" not in outcome.sayings):
        yield f"{here}.ask"
    for option in outcome.options:
        yield f"{here}.option.{option.id}"
        yield from option.sayings


def _under(head: str, *ids: str) -> Iterator[str]:
    return (f"{head}.{id}" for id in ids)


UNCLEAR = (
    "empty", "too_long", "blank", "script", "not_a_name", "digits", "two_lines", "not_a_phone", "two_phones",
    "not_a_day", "no_such_day", "past", "too_far", "not_an_hour", "no_such_hour", "odd_hour", "not_a_count",
    "other_count", "not_a_place", "elsewhere", "past_hour", "not_a_birth", "hijri", "short_year", "odd_age",
    "not_people", "not_a_medium", "unknown_blank", "no_place_in_link",
)  # fmt: skip
STATES = tuple(DeliveryState)
KINDS = tuple(SESSION_NOTICES)
COLUMNS = ("number", "reference", "name", "commune", "channel", "state", "reason", "at", "count")
REASONS = tuple(Reason)
STANDING = tuple(BroadcastState)
LEFT = ("stopped", "unreachable", "no_wish", "blank", "repeated")
PAUSED = tuple(PauseReason)
FACTS = tuple(amo.load().rows)
FACTCHECK = (
    "title", "intro", "amount", "over", "under", "edition", "formula", "drawing", "signed", "typed",
    "sometimes", "end.result",
    "end.no_work", "end.no_rules", "period.month", "period.quarter",
    *(f"part.{each}" for each in ("facts", "flat", "eligibility", "results", "outcomes", "rules", "words",
                                  "faq", "others", "open", "sign")),
    *(f"column.{each}" for each in ("name", "value", "since", "text", "mark", "reviewer", "low", "high",
                                    "due", "option", "after", "regime", "amount", "paths", "person", "row",
                                    "says", "figures")),
    *(f"sign.{each}" for each in ("person", "role", "day", "signature")),
    *(f"flow.{each}" for each in ("welcome", "questions", "sessions", "subscribe", "register",
                                  "files", "prove", "file", "erase", "stops")),
)  # fmt: skip
FROM_A_PERSON = (
    "read", "answer_here", "paper", "address", "hushed", "card_deleted", "unopened", "in_place", "closed", "no_papers",
    "opens",
)  # fmt: skip
MEDIA = ("sticker", "voice", "photo", "document", "contact", "place", "edited", "other")


def of_the_desk(words: Iterable[str]) -> tuple[str, ...]:
    """The addresses no flow names: shared answers, global words, the desk's own sayings, the site."""
    return (
        *_under("answer", "yes", "no", "unsure", "more"),
        *_under("word", *words),
        *_under("desk.media", *MEDIA, "forwarded"),
        *_under("desk.guess", "answer", "change"),
        *_under("desk.edit", "ask", "line"),
        *_under("desk.person", "asked", "phone", "hours", "noted", "button", "answer", *FROM_A_PERSON),
        *_under("desk", "day", "hour", "when", "done_already", "not_offered", "choose", "stopped_coming"),
        *_under("desk", "offer_person", "stale", "already", "amount", "years", "stopped", "found"),
        *_under("desk.unclear", "option", "nothing_found", *UNCLEAR),
        *_under(
            "desk",
            "help",
            "help.commands",
            "help.team",
            "help.command",
            "hello",
            "thanks",
            "okay",
            "about",
            "apology",
            "how_to_stop",
            "already_begun",
        ),
        *_under("web", "title", "welcome", "channel", "no_channel", "phone", "type_here", "send"),
        *_under("web", "forget", "demonstration", "offline", "clerk", "map", "card"),
        *_under("web", "card.pdf"),
        *_under("act", *(f"{act}.{option}" for act, option, _ in actions.typed_actions())),
        *_of_the_messages(),
        *_of_the_staff(),
        *_of_the_meetings(),
        *_of_the_sendings(),
        *_under("subscribe", "done"),
        *_of_the_file(),
        *_under("sessions", "line"),
        *_under("places", "province"),
        *_under("calendar", "summary"),
        *_under("eligibility", "follow"),
        *_under("fact", *FACTS),
        *_under("factcheck", *FACTCHECK),
        *_under("regime", *ids.REGIMES),
    )


CARD_PAGE = (
    "title", "who", "file", "label", "hint", "why", "next", "counter", "unclear", "masked", "unusual", "yes",
    "again", "done", "shown", "close", "gone", "gone.how",
)  # fmt: skip


def _of_the_file() -> Iterator[str]:
    """What is said of a person's file: received, shown, taken along, erased; and of the card's number."""
    yield from _under("register", "done", "next", "corrected", "too_many")
    yield from _under("register.papers", "bring", "cin", "diploma", "practice")
    yield from _under("register.card", "title", "figure", "line", "day", "keep", "where", "here", "code")
    yield from _under("cin", "link", "counter", "later", "which", "received", "twice")
    yield from _under("cin.page", *CARD_PAGE)
    yield from _under("desk", "near", "listed", "share", "born_on", "born_in", "too_many_forms", "card.typed")
    yield from _under("month", *map(str, range(1, 13)))
    yield from _under("prove", "wrong", "locked", "counter")
    yield from _under("files", "which", "nothing_here", "unfinished", "nameless", "correction")
    yield from _under("erase", "when", "stays", "staff", "done", "open_first")
    yield from _under("stops", "on", "off", "receive", "again", "preview")
    yield from (f"stops.set.{kind}.{state}" for kind in files.MUTABLE_KINDS for state in ("on", "off"))
    yield from _under("nudge", "waits", "stop")
    yield from _under("mydata", "here", "title", "kept", "kept.open", "consent", "rights", "json")
    yield from _under("staff.flag", "same_cin", "same_name_phone", "mixed_scripts")
    yield from _under("web.card", "json")


def _of_the_messages() -> Iterator[str]:
    """What is told to many, and to its author."""
    yield from _under("told", *KINDS, "broadcast", "correction", "number", "stop", "come", "rate", "code")
    yield from _under("told", "kept")
    yield from _under("told.missed", "next")
    yield from _under("template", *TEMPLATES)
    yield from _under("blank", "name", "commune", "session")
    yield from _under("desk.beside", "photo", "voice", "document")
    yield from _under("broadcast.balance", *KINDS)
    yield from _under("broadcast", "balance", "total", "halfway", "preview", "in.ar", "in.fr", "frozen")
    yield from _under("broadcast", "going", "too_late", "quiet", "dropped", "undone.all", "undone.some")
    yield from _under(
        "broadcast.refused", "text", "old", "moment", "repeated", "medium", "fetching", "author", "corrected"
    )
    yield from _under("broadcast", "as_read", "test", "tested", "scheduled", "waiting", "nobody_approves", "approve")
    yield from _under("broadcast", "nobody_reached", "nobody_known", "not_known", "lapsed", "sample")
    yield from _under("blank.sample", "name", "session")
    yield from _under("correct", "rest")
    yield from _under("broadcast", "approved", "approved.yes", "approved.no", "not_approved", "not_yourself")
    yield from _under("broadcast", "resumed", "retried", "sheet")
    yield from _under("broadcast.card", "going", "paused", "undone", "closed")
    yield from _under("broadcast.paused", *PAUSED)
    yield from _under("broadcast.state", *STATES)


def _of_the_meetings() -> Iterator[str]:
    """What is said of coming to a session, at its door and after it."""
    yield from _under("attend", "yes", "calendar", "no", "again", "code", "full", "wait", "place", "next")
    yield from _under("attend", "following", "rated")
    yield from _under("door", "hall", "welcome", "wrong", "yours", "unknown", "counted", "already")
    yield from _under("door", "nameless")


def _of_the_sendings() -> Iterator[str]:
    """What is said of messages that left or are leaving, in words and on a sheet."""
    yield from _under("sendings", "line", "text", "reasons", "reason", "left_out")
    yield from _under("sendings.state", *STANDING)
    yield from _under("sendings.kind", "broadcast", "correction", *KINDS)
    yield from _under("halt", "done")
    yield from _under("reason", *REASONS)
    yield from _under("sheet", "people", "balance", "total", "frozen")
    yield from _under("sheet.column", *COLUMNS)
    yield from _under("sheet.state", *STATES)
    yield from _under("sheet.left", *LEFT)
    yield from _under("web.card", "xlsx")


def _of_the_staff() -> Iterator[str]:
    """What the chamber's people are told."""
    yield from _under(
        "staff.invite",
        *(f"made.{role}" for role in Role),
        "code",
        "telegram",
        "whatsapp",
        "care",
    )
    yield from _under("staff.warn", "webhook", "guesses")
    yield from _under("held", *HoldReason, "many", "single", "released", "rest", "reminders", "left")
    yield from _under("staff.role", *Role, "comma", "last", "now", "yours")
    yield from _under("staff", "line", "line.me", "nameless", "joined", "last_admin", "named", "vouched")
    yield from _under("staff", "removed", "removed.told", "left", "left.told", "awake", "awake.told")
    yield from _under("staff.asleep", "told", "server", "ask")
    yield from _under("journal", "line", "server", *(f"on.{kind}" for kind in (*set(SUBJECTS.values()), "nothing")))
    yield from _under("journal.act", *(name for name, (role, _) in OPERATIONS.items() if role is not None))
    yield from _under(
        "journal.act",
        "join",
        "asleep",
        "server_invite",
        "server_confirm",
        "server_remove",
        "server_release",
        "server_again",
    )
    yield from _under("monday", "head", "requests", "journal", "broken")
    yield "desk.agreed"
    yield from _under("unanswered", "labelled", "waits", "proposes", "agreed", "dropped", "waiting")
    yield from _under("guard", *GUARDS, "helplines")
    yield from _under("staff.join", "invalid", "already", "welcome", "wait", "waits", "slow")
    yield from _under("staff.admit", "ask", "yes", "no")
    yield from _under("staff.request", "asks", "says", "how", *(f"media.{kind}" for kind in MEDIA))
    yield from _under("staff.request", "theirs", "ours", "claimed", "taken", "own", "given_back", "to_all", "handed")
    yield from _under("staff.request", "closed", "hushed", "card_deleted", "unopened", "more", "not_now")
    yield from _under("staff.answer", "already", "closed", "sent", "over", "fetching", "unopened")
    yield from _under("staff.in_place", "nothing", "unclear", "done")
    yield from _under("staff", "province_set", "nights_on", "nights_off")
    yield from _under("requests", "line", "nameless", "minutes", "hours", "days")
    yield from _under("requests.state", *RequestState, "claimed")
    yield "act.faq"
    yield from _under("plan", "done.nobody", "done.draft", "past", "refused.author", "refused.meanwhile")
    yield from _under("manage", "done.cancelled", "done.draft", "done.morning", "done.night")
    yield from _under("manage", "meanwhile")
    yield from _under("manage", "people", "people.one", "people.nameless", "people.more")
    yield from _under("manage.state", *SessionState)
    yield from (f"act.{act}.{option}.now" for act, option in actions.IMMEDIATE)
    yield from _under("changes", "prepared", "message")
