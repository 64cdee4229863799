"""The next meetings near an artisan, and the wish to be told of them."""

from conversations.flow import Case, Flow, Option, Outcome, Step, always
from conversations.kinds import Choice, Search
from conversations.places import commune, province, somewhere
from conversations.values import Blank, Media, Reply, Say
from conversations.world import Meeting

SESSIONS = "sessions"
# The words people agree to, by the name they had on that day; new words, a new name.
TEXT_VERSION = "2026-11"


def some_coming(case: Case) -> bool:
    """Whether there is a meeting to choose from."""
    return bool(case.world.sources[SESSIONS].find("", case.answers, 0)[0])


def chosen(case: Case) -> bool:
    """Whether a meeting was chosen."""
    return "session" in case.answers


def blanks(meeting: Meeting) -> dict[str, Blank]:
    """What is said of a meeting."""
    return {"commune": meeting.commune, "place": meeting.place, "when": meeting.starts}


def meeting(case: Case) -> Reply:
    """The meeting: when, where, what about, and the pin."""
    found = case.world.meeting(str(case.answers["session"]))
    if found is None or not found.open:
        return Reply((Say("sessions.meeting.gone"),))
    text = [Say("sessions.meeting.ask", blanks(found))]
    if found.about is not None:
        text.append(Say("sessions.meeting.about", {"about": found.about}))
    if found.capacity is not None and found.comes >= found.capacity and found.mine != "yes":
        text.append(Say("sessions.meeting.full"))
    if found.mine is not None:
        text.append(Say(f"sessions.meeting.mine.{found.mine}"))
    pins = (Media("pin", found.pin),) if found.pin else ()
    return Reply(tuple(text), media=pins)


def told_already(case: Case) -> bool:
    """Whether she is told of this province's meetings already."""
    return case.world.subscribed(str(case.answers.get("province")))


def not_told(case: Case) -> bool:
    """Whether she may still wish to be told."""
    return not told_already(case)


TELL_ME = Option("subscribe", leads_to="subscribe", carries=("province",), when=not_told)
ELSEWHERE = Option("elsewhere", leads_to="restart")
MENU = Option("menu", leads_to="menu")

FLOW = Flow(
    id=SESSIONS,
    version=1,
    steps=(province(), Step("session", Search(SESSIONS, shows=True), when=some_coming)),
    outcomes=(
        Outcome(
            "meeting",
            when=chosen,
            options=(
                Option("come", deed="attend_yes"),
                Option("cannot", deed="attend_no"),
                Option("others", leads_to=SESSIONS),
                TELL_ME,
                MENU,
            ),
            says=meeting,
            sayings=tuple(
                f"sessions.meeting.{name}" for name in ("ask", "about", "full", "gone", "mine.yes", "mine.no")
            ),
        ),
        Outcome("subscribed", when=told_already, options=(ELSEWHERE, MENU)),
        Outcome("nothing", when=always, options=(TELL_ME, ELSEWHERE, MENU)),
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
        Outcome(
            "agreed", when=lambda case: case.answers["agree"] == "yes", options=(MENU,), deed="subscribe"
        ),
        Outcome("declined", when=always, options=(Option("sessions", leads_to=SESSIONS), MENU)),
    ),
    keeps=(),
)
