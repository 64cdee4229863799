"""Plan a meeting; move one, change its place, call it off."""

from datetime import time

from conversations.flow import Case, Flow, Option, Outcome, Step, When, always
from conversations.kinds import Choice, Count, Day, Hour, Pin, Search, Words
from conversations.places import commune, province
from conversations.roles import CLERK
from conversations.sessions.flow import blanks, some_coming
from conversations.values import Blank, Reply, Say

EDITIONS = "editions"  # meetings as they stood when they were chosen
AHEAD = 370  # days
FIRST, LAST = time(7), time(21)
MENU = Option("menu", leads_to="menu")


def same(key: str) -> When:
    """Whether the text of the first language stands for both."""
    return lambda case: case.answers.get(key) not in (None, "standard")


def place(when: When = always) -> tuple[Step, Step, Step]:
    """The hall's name in both languages, and its pin."""
    return (
        Step("place_ar", Words(120, "ar"), when=when),
        Step("place_fr", Words(120, "fr"), when=when),
        Step("pin", Pin(), (Option("none"),), when=when, media="place"),
    )


def moment(when: When = always) -> tuple[Step, Step]:
    """Which day, and at what hour."""
    return (Step("day", Day(AHEAD), when=when), Step("hour", Hour("day", FIRST, LAST), when=when))


def told(case: Case) -> Reply:
    """How many subscribers will hear of it."""
    found = case.world.audience({"commune": case.answers["commune"], "province": case.answers["province"]})
    return Reply((Say("plan.ready.told", {"number": found.count}, count=found.count),))


PLAN = Flow(
    id="plan",
    version=1,
    role=CLERK,
    steps=(
        province(),
        commune(),
        *place(),
        *moment(),
        Step("text_ar", Words(500, "ar"), (Option("standard"),)),
        Step("text_fr", Words(500, "fr"), when=same("text_ar")),
        Step("capacity", Count(1, 10_000), (Option("open"),)),
    ),
    outcomes=(
        Outcome(
            "ready",
            when=always,
            options=(Option("announce", deed="plan"), Option("edit"), MENU),
            says=told,
            sayings=("plan.ready.ask", "plan.ready.told"),
            summary=True,
        ),
    ),
)


def coming(case: Case) -> bool:
    """Whether a meeting was chosen among those to come."""
    return "session" in case.answers


def wants(*what: str) -> When:
    """What the clerk wants to change."""
    return lambda case: case.answers.get("what") in what


def state_of(case: Case) -> dict[str, Blank]:
    """The meeting as it stands: when and where, who comes, who was told."""
    found = case.world.meeting(str(case.answers["session"]))
    if found is None:
        raise LookupError(case.answers["session"])
    return {**blanks(found), "comes": found.comes, "told": found.told}


def affected(case: Case) -> Reply:
    """How many will be told of the change."""
    found = case.world.meeting(str(case.answers["session"]))
    if found is None:
        return Reply((Say("sessions.meeting.gone"),))
    says = [Say("manage.ready.told", {"number": found.told}, count=found.told)]
    if found.deaf:
        says.append(Say("manage.ready.deaf", {"number": found.deaf}, count=found.deaf))
    return Reply(tuple(says))


MANAGE = Flow(
    id="manage",
    version=1,
    role=CLERK,
    steps=(
        Step("session", Search(EDITIONS, shows=True), when=some_coming),
        Step(
            "what",
            Choice(),
            (Option("moment"), Option("place"), Option("cancel"), Option("nothing")),
            when=coming,
            says=state_of,
        ),
        *moment(wants("moment")),
        *place(wants("place")),
    ),
    outcomes=(
        Outcome("none", when=lambda case: not coming(case), options=(Option("plan", leads_to="plan"), MENU)),
        Outcome("left", when=wants("nothing"), options=(Option("others", leads_to="manage"), MENU)),
        Outcome(
            "ready",
            when=always,
            options=(
                Option("move", deed="move", when=wants("moment", "place")),
                Option("cancel", deed="cancel", when=wants("cancel")),
                Option("edit"),
                MENU,
            ),
            says=affected,
            sayings=("manage.ready.ask", "manage.ready.told", "manage.ready.deaf"),
            summary=True,
        ),
    ),
    keeps=(),
)
