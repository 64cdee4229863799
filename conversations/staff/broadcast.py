"""A message to many: both texts, whom it is for; then, once the audience is frozen, the count typed."""

from conversations.flow import Case, Flow, Option, Outcome, Step, When, always
from conversations.kinds import Choice, Count, Words
from conversations.places import commune, province
from conversations.roles import CLERK
from conversations.values import Answers, Lines, Named, Reply, Say

LONGEST = 1000
MENU = Option("menu", leads_to="menu")
CHANNELS = ("telegram", "whatsapp", "web")


# `changed` is never offered: it comes from the list of results that a rule has changed.
AREAS = (
    Option("commune"), Option("province"), Option("all"), Option("changed", when=lambda case: False),
)  # fmt: skip


def area(*areas: str) -> When:
    """Which part of the region was asked for."""
    return lambda case: case.answers.get("area") in areas


def filter_of(answers: Answers) -> dict[str, str]:
    """The audience's filter: a commune, a province, or `all` said in so many words."""
    chosen = answers.get("area")
    if chosen == "commune":
        return {"commune": str(answers["commune"]), "province": str(answers["province"])}
    if chosen == "province":
        return {"province": str(answers["province"])}
    return {str(chosen): "yes"} if chosen in ("all", "changed") else {}


def reach(case: Case) -> Reply:
    """Whom it would reach, by channel, and who is left out and why."""
    found = case.world.audience(filter_of(case.answers))
    if found.count == 0:
        return Reply((Say("broadcast.ready.nobody"),))
    says = [Say("broadcast.ready.count", {"number": found.count}, count=found.count)]
    for channel in CHANNELS:
        if found.by_channel.get(channel):
            number = Named.same(str(found.by_channel[channel]))
            says.append(Say(f"broadcast.ready.{channel}", {"number": number}))
    for reason in ("stopped", "unreachable", "closed"):
        if getattr(found, reason):
            says.append(Say(f"broadcast.ready.{reason}", {"number": Named.same(str(getattr(found, reason)))}))
    return Reply((Lines(tuple(says)),))


def somebody(case: Case) -> bool:
    """Whether it would reach anybody."""
    return case.world.audience(filter_of(case.answers)).count > 0


BROADCAST = Flow(
    id="broadcast",
    version=1,
    role=CLERK,
    steps=(
        Step("text_ar", Words(LONGEST, "ar")),
        Step("text_fr", Words(LONGEST, "fr")),
        Step("area", Choice(), AREAS),
        province(area("province", "commune")),
        commune(area("commune")),
    ),
    outcomes=(
        Outcome(
            "ready",
            when=always,
            options=(Option("preview", deed="freeze", when=somebody), Option("edit"), MENU),
            says=reach,
            sayings=tuple(
                f"broadcast.ready.{name}"
                for name in ("ask", "count", "nobody", *CHANNELS, "stopped", "unreachable", "closed")
            ),
            summary=True,
        ),
    ),
)


def expected(case: Case) -> dict[str, Named]:
    """The number to type."""
    return {"number": Named.same(str(case.answers.get("expected")))}


CONFIRM = Flow(
    id="confirm",
    version=1,
    role=CLERK,
    given=("broadcast", "expected"),
    steps=(Step("count", Count(0, 10_000_000, exactly="expected"), (Option("drop"),), says=expected),),
    outcomes=(
        Outcome("dropped", when=lambda case: case.answers["count"] == "drop", options=(MENU,), deed="drop"),
        Outcome("sent", when=always, options=(MENU,), deed="send"),
    ),
    keeps=(),
)
