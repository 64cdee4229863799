"""The next sessions near an artisan, and the wish to be told of them."""

from conversations.context import SessionView
from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Choice, Search
from conversations.places import commune, province, somewhere
from conversations.values import Lines, Media, Placeholder, Reply, Say

SESSIONS_SOURCE = "sessions"
# The words people agree to, by the name they had on that day; new words, a new name.
TEXT_VERSION = "2026-11"


def some_coming(case: Case) -> bool:
    """Whether there is a session to choose from."""
    return bool(case.context.sources[SESSIONS_SOURCE].find("", case.answers, 0)[0])


def session_chosen(case: Case) -> bool:
    """Whether a session was chosen."""
    return "session" in case.answers


def session_placeholders(meeting: SessionView) -> dict[str, Placeholder]:
    """What is said of a session."""
    return {"commune": meeting.commune, "place": meeting.place, "when": meeting.starts}


def particulars(meeting: SessionView) -> tuple[Say | Lines, ...]:
    """What else is told of a session, where the chamber told it: about what, who speaks, for whom."""
    says: list[Say] = []
    if meeting.about is not None:
        says.append(Say("sessions.meeting.about", {"about": meeting.about}))
    if meeting.speakers is not None:
        says.append(Say("sessions.meeting.speakers", {"speakers": meeting.speakers}))
    if meeting.language is not None:
        says.append(Say(f"sessions.meeting.spoken.{meeting.language}"))
    if meeting.trades is not None:
        says.append(Say("sessions.meeting.trades", {"trades": meeting.trades}))
    return (Lines(tuple(says), flat=True),) if says else ()


def meeting(case: Case) -> Reply:
    """The session: when, where, what about, and the pin."""
    found = case.context.lookups.session(str(case.answers["session"]))
    if found is None or not found.open:
        return Reply((Say("sessions.meeting.gone"),))
    text: list[Say | Lines] = [Say("sessions.meeting.ask", session_placeholders(found)), *particulars(found)]
    if found.full and found.mine != "yes":
        text.append(Say("sessions.meeting.full"))
    if found.mine is not None:
        text.append(Say(f"sessions.meeting.mine.{found.mine}"))
    pins = (Media("pin", found.pin),) if found.pin else ()
    return Reply(tuple(text), media=pins)


def _found(case: Case) -> SessionView | None:
    return case.context.lookups.session(str(case.answers.get("session")))


def open_to_her(case: Case) -> bool:
    """Whether there is a place for her, or she has one."""
    found = _found(case)
    return found is not None and found.open and (not found.full or found.mine == "yes")


def may_wait(case: Case) -> bool:
    """Whether every place is taken and she may wait for one."""
    found = _found(case)
    return found is not None and found.open and found.full and found.mine not in ("yes", "wait")


def told_already(case: Case) -> bool:
    """Whether she is told of this province's sessions already."""
    return case.context.lookups.subscribed(str(case.answers.get("province")))


def not_told(case: Case) -> bool:
    """Whether she may still wish to be told."""
    return not told_already(case)


TELL_ME = Option("subscribe", leads_to="subscribe", carries=("province",), when=not_told)
OTHER_PROVINCE = Option("elsewhere", leads_to="restart")
SAYINGS = (
    "ask",
    "about",
    "speakers",
    "spoken.ar",
    "spoken.fr",
    "spoken.both",
    "trades",
    "full",
    "gone",
    "mine.yes",
    "mine.no",
    "mine.wait",
)

FLOW = Flow(
    id=SESSIONS_SOURCE,
    version=1,
    command=Command("meetings", "sessions", 130),
    topic="when_session",
    steps=(province(), Step("session", Search(SESSIONS_SOURCE, shows=True), when=some_coming)),
    outcomes=(
        Outcome(
            "meeting",
            when=session_chosen,
            options=(
                Option("come", operation="attend_yes", when=open_to_her),
                Option("wait", operation="attend_wait", when=may_wait),
                Option("cannot", operation="attend_no"),
                Option("others", leads_to=SESSIONS_SOURCE),
                TELL_ME,
                TO_MENU,
            ),
            says=meeting,
            sayings=tuple(f"sessions.meeting.{name}" for name in SAYINGS),
        ),
        Outcome("subscribed", when=told_already, options=(OTHER_PROVINCE, TO_MENU)),
        Outcome("nothing", when=always, options=(TELL_ME, OTHER_PROVINCE, TO_MENU)),
    ),
    keeps=("province",),
)

SUBSCRIBE = Flow(
    id="subscribe",
    version=1,
    steps=(
        province(),
        commune(),
        Step("reach", Choice(), (Option("commune"), Option("province"))),
        Step("agree", Choice(), (Option("yes"), Option("no")), says=somewhere),
    ),
    outcomes=(
        Outcome("agreed", when=lambda case: case.answers["agree"] == "yes", options=(TO_MENU,), operation="subscribe"),
        Outcome("declined", when=always, options=(Option("sessions", leads_to=SESSIONS_SOURCE), TO_MENU)),
    ),
    keeps=(),
)
