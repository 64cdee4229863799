"""The team: who is in it, roles, invitations, names, where they work; the journal."""

from dataclasses import replace

from conversations.context import MemberView
from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, When, always
from conversations.forms.kinds import Choice, Search, Words
from conversations.places import PROVINCES
from conversations.roles import MEMBER, Role, may
from conversations.values import Lines, Placeholder, Reply, Say, State

TEAM = "team"
LONGEST_CALLED = 40


def _member(case: Case) -> MemberView | None:
    return case.context.lookups.member(str(case.answers.get("member", "")))


def _admin(case: Case) -> bool:
    return may(case.context.roles, Role.ADMIN)


def of_another(case: Case) -> bool:
    """Whether an admin looks at a colleague."""
    found = _member(case)
    return found is not None and not found.me and _admin(case)


def of_herself(case: Case) -> bool:
    """Whether somebody looks at her own line."""
    found = _member(case)
    return found is not None and found.me


def _admin_herself(case: Case) -> bool:
    return of_herself(case) and _admin(case)


def _either(first: When, second: When) -> When:
    return lambda case: first(case) or second(case)


def waits_for_me(case: Case) -> bool:
    """Whether an admin may confirm a colleague: after a silence, or because another let her in."""
    found = _member(case)
    return found is not None and of_another(case) and (found.state == "asleep" or not found.known)


def member_in_full(case: Case) -> Reply:
    """A colleague: name, roles, since when, last seen, where."""
    found = _member(case)
    if found is None:
        return Reply((Say("staff.one.gone"),))
    placeholders: dict[str, Placeholder] = {"name": found.name, "roles": found.roles, "channel": found.channel}
    says = [Say("staff.one.ask", placeholders), Say("staff.one.since", {"day": found.since})]
    if found.seen is not None:
        says.append(Say("staff.one.seen", {"day": found.seen}))
    if found.province is not None:
        says.append(Say("staff.one.province", {"province": found.province}))
    if found.nights:
        says.append(Say("staff.one.nights"))
    if found.state != "active":
        says.append(Say(f"staff.one.{found.state}"))
    elif not found.known and of_another(case):
        says.append(Say("staff.one.unknown"))
    return Reply((Lines(tuple(says), flat=True),))


STANDING = ("ask", "since", "seen", "province", "nights", "unknown", "asleep", "waiting", "gone")
STAFF = Flow(
    id="staff",
    version=1,
    command=Command("staff", "staff", 82),
    role=MEMBER,
    steps=(Step("member", Search(TEAM, shows=True)),),
    outcomes=(
        Outcome(
            "one",
            when=always,
            options=(
                Option("role", leads_to="member_role", carries=("member",), when=_either(of_another, _admin_herself)),
                Option("remove", operation="remove_member", when=of_another),
                Option("confirm", operation="confirm_member", when=waits_for_me),
                Option("name", leads_to="member_name", carries=("member",), when=_either(of_another, of_herself)),
                Option(
                    "province", leads_to="member_province", carries=("member",), when=_either(of_another, of_herself)
                ),
                Option("nights", operation="toggle_nights", when=of_herself),
                Option("leave", operation="leave_team", when=of_herself),
                Option("others", leads_to="staff"),
                TO_MENU,
            ),
            says=member_in_full,
            sayings=(*(f"staff.one.{name}" for name in STANDING),),
        ),
    ),
    keeps=(),
)


def called(case: Case) -> dict[str, Placeholder]:
    """What a colleague is called, and her roles."""
    found = _member(case)
    return {} if found is None else {"name": found.name, "roles": found.roles}


MEMBER_ROLE = Flow(
    id="member_role",
    version=1,
    role=Role.ADMIN,
    given=("member",),
    steps=(Step("role", Choice(), tuple(Option(role) for role in Role), says=called),),
    outcomes=(Outcome("changed", when=always, options=(TO_MENU,), operation="change_role"),),
    keeps=(),
)

MEMBER_NAME = Flow(
    id="member_name",
    version=1,
    role=MEMBER,
    given=("member",),
    steps=(Step("name", Words(LONGEST_CALLED), (Option("later"),)),),
    outcomes=(Outcome("named", when=always, options=(TO_MENU,), operation="name_member"),),
    keeps=(),
)


MEMBER_PROVINCE = Flow(
    id="member_province",
    version=1,
    role=MEMBER,
    given=("member",),
    steps=(Step("province", Search(PROVINCES, shows=True), (Option("everywhere"),)),),
    outcomes=(Outcome("set", when=always, options=(TO_MENU,), operation="set_province"),),
    keeps=(),
)


def last_acts(case: Case) -> Reply:
    """The last acts of the team."""
    lines = case.context.lookups.journal()
    head = Say("journal.shown.ask" if lines else "journal.shown.empty")
    return Reply((Lines((head, *lines), flat=True),))


JOURNAL = Flow(
    id="journal",
    version=1,
    command=Command("journal", "journal", 84),
    role=Role.ADMIN,
    steps=(),
    outcomes=(
        Outcome(
            "shown",
            when=always,
            options=(TO_MENU,),
            says=last_acts,
            sayings=("journal.shown.ask", "journal.shown.empty"),
        ),
    ),
    keeps=(),
)


def _renamed(state: State) -> State:
    """What version 1 called a clerk is a broadcaster."""
    answers = {key: "broadcaster" if value == "clerk" else value for key, value in state.answers.items()}
    return replace(state, version=2, answers=answers)


# Those of before first: a digit that somebody knows by heart means what it meant.
INVITED_ROLES = (Role.BROADCASTER, Role.APPROVER, Role.ADMIN, Role.AGENT)
INVITE = Flow(
    id="invite",
    version=2,
    command=Command("invite", "invite", 80),
    role=Role.ADMIN,
    steps=(Step("role", Choice(), tuple(Option(role) for role in INVITED_ROLES)),),
    outcomes=(Outcome("made", when=always, options=(TO_MENU,), operation="invite"),),
    keeps=(),
    lifts={1: _renamed},
)
