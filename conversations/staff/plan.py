"""Plan a session; announce it, move it, change its place, call it off; say who came."""

from dataclasses import replace
from datetime import time

from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, When, always
from conversations.forms.kinds import Choice, Count, Day, Digits, Hour, Pin, Search, Words
from conversations.language.crafts import TRADE_CHOICES
from conversations.places import commune, province
from conversations.roles import Role
from conversations.sessions.flow import session_placeholders
from conversations.values import Placeholder, Reply, Say, State

EDITIONS = "editions"  # sessions as they stood when they were chosen
DOORS = "doors"  # sessions of yesterday, today and tomorrow
PLAN_AHEAD_DAYS = 370  # days
FIRST_START, LAST_START = time(7), time(21)
WARNINGS = ("friday", "ramadan", "holiday", "late")


def same(key: str) -> When:
    """Whether the text of the first language stands for both."""
    return lambda case: case.answers.get(key) not in (None, "standard", "nobody")


def place(when: When = always) -> tuple[Step, Step, Step]:
    """The hall's name in both languages, and its pin."""
    return (
        Step("place_ar", Words(120, "ar"), when=when),
        Step("place_fr", Words(120, "fr"), when=when),
        Step("pin", Pin(), (Option("none"),), when=when, media="place"),
    )


def moment(when: When = always) -> tuple[Step, Step]:
    """Which day, and at what hour."""
    return (Step("day", Day(PLAN_AHEAD_DAYS), when=when), Step("hour", Hour("day", FIRST_START, LAST_START), when=when))


def who_is_told(case: Case) -> Reply:
    """How many subscribers will hear of it, and what speaks against its hour."""
    return Reply((*case.context.lookups.warnings(case.answers), _to_be_told(case)))


def _to_be_told(case: Case) -> Say:
    number = case.context.lookups.told_of(case.answers)
    return Say("plan.ready.told", {"number": number}, count=number)


def _two(state: State) -> State:
    """Version 1 did not ask who speaks, in which language, nor for whom."""
    answers = dict(state.answers)
    if "capacity" in answers:
        answers["more"] = "no"
    return replace(state, version=2, answers=answers)


def more(case: Case) -> bool:
    """Whether there is more to tell: who speaks, in which language, for whom."""
    return case.answers.get("more") == "yes"


PLAN = Flow(
    id="plan",
    version=2,
    command=Command("plan", "plan", 10),
    role=Role.BROADCASTER,
    steps=(
        province(),
        commune(),
        *place(),
        *moment(),
        Step("text_ar", Words(500, "ar"), (Option("standard"),)),
        Step("text_fr", Words(500, "fr"), when=same("text_ar")),
        Step("more", Choice(), (Option("no"), Option("yes"))),
        Step("speakers_ar", Words(120, "ar"), (Option("nobody"),), when=more),
        Step("speakers_fr", Words(120, "fr"), when=lambda case: more(case) and same("speakers_ar")(case)),
        Step("spoken", Choice(), (Option("ar"), Option("fr"), Option("both")), when=more),
        Step("trade", Search(TRADE_CHOICES, shows=True), (Option("any"),), when=more),
        Step("capacity", Count(1, 10_000), (Option("open"),)),
    ),
    outcomes=(
        Outcome(
            "ready",
            when=always,
            options=(
                Option("announce", operation="plan"),
                Option("later", operation="put_aside"),
                Option("edit"),
                TO_MENU,
            ),
            yes=("announce",),
            says=who_is_told,
            sayings=(
                "plan.ready.ask",
                "plan.ready.told",
                *(f"plan.warning.{name}" for name in WARNINGS),
            ),
            summary=True,
        ),
    ),
    lifts={1: _two},
)


def coming(case: Case) -> bool:
    """Whether a session was chosen among those to come."""
    return "session" in case.answers


def any_to_manage(case: Case) -> bool:
    """Whether there is a session to choose."""
    return bool(case.context.sources[EDITIONS].find("", case.answers, 0)[0])


def wants(*what: str) -> When:
    """What the clerk wants to change."""
    return lambda case: case.answers.get("what") in what


def is_draft(case: Case) -> bool:
    """Whether the session chosen was not announced yet."""
    found = case.context.lookups.session(str(case.answers.get("session")))
    return found is not None and found.state == "draft"


def not_draft(case: Case) -> bool:
    """Whether people may know of it."""
    return not is_draft(case)


def state_of(case: Case) -> dict[str, Placeholder]:
    """The session as it stands: when and where, who comes, who waits, who was told."""
    found = case.context.lookups.session(str(case.answers["session"]))
    if found is None:
        raise LookupError(case.answers["session"])
    figures = {"comes": found.comes, "waits": found.waits, "told": found.told}
    return {**session_placeholders(found), **figures, "state": Say(f"manage.state.{found.state}")}


def affected(case: Case) -> Reply:
    """How many will be told of the change, and what speaks against the new hour."""
    found = case.context.lookups.session(str(case.answers["session"]))
    if found is None:
        return Reply((Say("sessions.meeting.gone"),))
    if case.answers.get("what") == "announce":  # nobody was told yet: whom it concerns today
        at = {"day": found.starts.date().isoformat(), "hour": found.starts.time().isoformat("minutes")}
        return Reply((*case.context.lookups.warnings(at), _to_be_told(case)))
    says = [Say("manage.ready.told", {"number": found.told}, count=found.told)]
    if found.deaf:
        says.append(Say("manage.ready.deaf", {"number": found.deaf}, count=found.deaf))
    if "day" in case.answers:
        says = [*case.context.lookups.warnings(case.answers), *says]
    return Reply(tuple(says))


def _manage_two(state: State) -> State:
    return replace(state, version=2)


MANAGE = Flow(
    id="manage",
    version=2,
    command=Command("manage", "manage", 20),
    role=Role.BROADCASTER,
    steps=(
        Step("session", Search(EDITIONS, shows=True), when=any_to_manage),
        Step(
            "what",
            Choice(),
            (
                Option("announce", when=is_draft),
                Option("moment"),
                Option("place"),
                Option("cancel"),
                Option("people", when=not_draft),
                Option("nothing"),
            ),
            when=coming,
            says=state_of,
        ),
        *moment(wants("moment")),
        *place(wants("place")),
    ),
    outcomes=(
        Outcome("none", when=lambda case: not coming(case), options=(Option("plan", leads_to="plan"), TO_MENU)),
        Outcome("left", when=wants("nothing"), options=(Option("others", leads_to="manage"), TO_MENU)),
        Outcome(
            "listed",
            when=wants("people"),
            options=(Option("others", leads_to="manage"), TO_MENU),
            operation="who_comes",
        ),
        Outcome(
            "ready",
            when=always,
            options=(
                Option("publish", operation="announce", when=wants("announce")),
                Option("move", operation="move", when=wants("moment", "place")),
                Option("cancel", operation="cancel", when=wants("cancel")),
                Option("edit"),
                TO_MENU,
            ),
            yes=("publish", "move", "cancel"),
            says=affected,
            sayings=("manage.ready.ask", "manage.ready.told", "manage.ready.deaf"),
            summary=True,
        ),
    ),
    keeps=(),
    lifts={1: _manage_two},
)


def at_the_door(case: Case) -> dict[str, Placeholder]:
    """Which session, how many are there, how many are expected; the code to show."""
    found = case.context.lookups.session(str(case.answers["session"]))
    if found is None:
        raise LookupError(case.answers["session"])
    return {**session_placeholders(found), "came": found.came, "comes": found.comes}


def any_door(case: Case) -> bool:
    """Whether there is a session these days."""
    return bool(case.context.sources[DOORS].find("", case.answers, 0)[0])


DOOR = Flow(
    id="door",
    version=1,
    command=Command("door", "door", 40),
    role=Role.BROADCASTER,
    steps=(
        Step("session", Search(DOORS, shows=True), when=any_door),
        Step("code", Digits(6), (Option("hall"), Option("end")), when=coming, says=at_the_door),
    ),
    outcomes=(
        Outcome("none", when=lambda case: not coming(case), options=(TO_MENU,)),
        Outcome("over", when=lambda case: case.answers.get("code") == "end", options=(TO_MENU,)),
        Outcome(
            "hall", when=lambda case: case.answers.get("code") == "hall", options=(TO_MENU,), operation="hall_code"
        ),
        Outcome("seen", when=always, options=(TO_MENU,), operation="door_code"),
    ),
    keeps=(),
)
