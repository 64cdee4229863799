"""A broadcast: its words, whom it is for, when; then, once the audience is frozen, the count typed."""

from dataclasses import replace
from datetime import time

from conversations.context import Audience
from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, When, always
from conversations.forms.kinds import Choice, Count, Day, Hour, Medium, Message, Search
from conversations.forms.kinds.medium import MEDIUM_KINDS
from conversations.language.crafts import TRADE_CHOICES
from conversations.places import commune, province
from conversations.roles import Role
from conversations.values import Answers, Lines, Money, Named, Reply, Say, State

LONGEST_TEXT = 900  # with the words around it, what a template of WhatsApp holds
SEND_AHEAD_DAYS = 60  # days
FIRST_SEND, LAST_SEND = time(8), time(20, 30)
CHANNELS = "channels"  # those a broadcast can leave by
LANGUAGES = ("ar", "fr")
FILE_STATES, NO_FILE = ("received",), "none"
ATTENDANCE = ("comes", "came", "missed")
LEFT_OUT = ("stopped", "unreachable", "no_wish", "blank", "repeated")
HELD_SESSIONS = "known_sessions"  # sessions of the last weeks and to come
ANY = Option("any")


# `changed` is never offered: it comes from the list of results that a rule has changed.
AREAS = (Option("commune"), Option("province"), Option("all"), Option("changed", when=lambda case: False))


def has_answer(key: str, *values: str) -> When:
    """Whether an answer is one of these."""
    return lambda case: case.answers.get(key) in values


def filter_of(answers: Answers) -> dict[str, str]:
    """The audience's filter: a commune, a province, or `all` said in so many words; and what narrows it."""
    chosen = answers.get("area")
    found: dict[str, str] = {}
    if chosen == "commune":
        found = {"commune": str(answers["commune"]), "province": str(answers["province"])}
    elif chosen == "province":
        found = {"province": str(answers["province"])}
    elif chosen in ("all", "changed"):
        found = {str(chosen): "yes"}
    if answers.get("whom") == "some" and found:
        for key in ("trade", "file", "attendance", "session", "language", "channel"):
            if answers.get(key) not in (None, "any"):
                found[key] = str(answers[key])
    return found


def when_of(answers: Answers) -> tuple[str, str] | None:
    """The day and hour it is to leave at; None: now."""
    if answers.get("when") != "later":
        return None
    return str(answers["day"]), str(answers["hour"])


def reach(case: Case) -> Reply:
    """Whom it would reach, by channel and language; who is left out and why; until when, at what cost."""
    found = case.context.lookups.audience(case.answers)
    says = [Say("broadcast.ready.left_all" if found.left else "broadcast.ready.nobody")]
    if found.count:
        says = [Say("broadcast.ready.count", {"number": found.count}, count=found.count)]
        says += [
            Say(
                "broadcast.ready.channel",
                {
                    "channel": case.context.sources[CHANNELS].label(channel),
                    "number": _same(number),
                    "language": Say(f"broadcast.in.{language}"),
                },
            )
            for (channel, language), number in sorted(found.by.items())
        ]
    for reason in LEFT_OUT:
        if found.left.get(reason):
            says.append(Say(f"broadcast.left.{reason}", {"number": _same(found.left[reason])}))
    if found.closed:
        says.append(Say("broadcast.left.closed", {"number": _same(found.closed)}))
    parts: list[Say | Lines] = [Lines(tuple(says))]
    if found.count:
        parts.append(Lines(tuple(_forecast(found)), flat=True))
    return Reply(tuple(parts))


def _same(number: int) -> Named:
    return Named.same(str(number))


def _forecast(found: Audience) -> list[Say]:
    """When the last would have it, and what it costs, as far as that is known."""
    says = []
    if found.ends is not None:
        says.append(Say("broadcast.ready.ends", {"when": found.ends}))
    if found.days > 1:
        says.append(Say("broadcast.ready.days", {"number": found.days}, count=found.days))
    if found.cost is not None:
        says.append(Say("broadcast.ready.cost", {"amount": Money(found.cost)}))
    elif found.charged:
        says.append(Say("broadcast.ready.cost_unknown"))
    if found.approval:
        says.append(Say("broadcast.ready.approval"))
    if found.trial:
        says.append(Say("broadcast.ready.trial", {"number": found.trial}, count=found.trial))
    return says


def somebody(case: Case) -> bool:
    """Whether it would reach anybody."""
    return case.context.lookups.audience(case.answers).count > 0


some = has_answer("whom", "some")


def _attendance(case: Case) -> bool:
    return some(case) and case.answers.get("attendance") in ATTENDANCE


def _two(state: State) -> State:
    """Version 1 asked neither for a picture, nor whom among them, nor when: none, everybody, now."""
    answers = dict(state.answers)
    if "text_fr" in answers:
        answers["beside"] = "none"
    if "area" in answers:
        answers |= {"whom": "everybody", "when": "now"}
    return replace(state, version=2, answers=answers)


READY = ("ask", "count", "nobody", "left_all", "channel", "ends", "days", "cost", "cost_unknown", "approval", "trial")
BROADCAST = Flow(
    id="broadcast",
    version=2,
    command=Command("broadcast", "broadcast", 30),
    role=Role.BROADCASTER,
    steps=(
        Step("text_ar", Message(LONGEST_TEXT, "ar")),
        Step("text_fr", Message(LONGEST_TEXT, "fr")),
        Step("beside", Medium(), (Option("none"),), media=MEDIUM_KINDS),
        Step("area", Choice(), AREAS),
        province(has_answer("area", "province", "commune")),
        commune(has_answer("area", "commune")),
        Step("whom", Choice(), (Option("everybody"), Option("some"))),
        Step("trade", Search(TRADE_CHOICES, shows=True), (ANY,), when=some),
        Step("file", Choice(), (ANY, *(Option(each) for each in (*FILE_STATES, NO_FILE))), when=some),
        Step("attendance", Choice(), (ANY, *(Option(each) for each in ATTENDANCE)), when=some),
        Step("session", Search(HELD_SESSIONS, shows=True), when=_attendance),
        Step("language", Choice(), (ANY, *(Option(each) for each in LANGUAGES)), when=some),
        Step("channel", Search(CHANNELS, shows=True), (ANY,), when=some),
        Step("when", Choice(), (Option("now"), Option("later"))),
        Step("day", Day(SEND_AHEAD_DAYS), when=has_answer("when", "later")),
        Step("hour", Hour("day", FIRST_SEND, LAST_SEND), when=has_answer("when", "later")),
    ),
    outcomes=(
        Outcome(
            "ready",
            when=always,
            options=(
                Option("preview", operation="freeze", when=somebody),
                Option("test", operation="test"),
                Option("edit"),
                TO_MENU,
            ),
            yes=("preview",),
            says=reach,
            sayings=(
                *(f"broadcast.ready.{name}" for name in READY),
                *(f"broadcast.left.{name}" for name in (*LEFT_OUT, "closed")),
            ),
            summary=True,
        ),
    ),
    lifts={1: _two},
)


def expected(case: Case) -> dict[str, Named]:
    """The number to type."""
    return {"number": Named.same(str(case.answers.get("expected")))}


CONFIRM = Flow(
    id="confirm",
    version=1,
    role=Role.BROADCASTER,
    given=("broadcast", "expected"),
    steps=(Step("count", Count(0, 10_000_000, exactly="expected"), (Option("drop"),), says=expected),),
    outcomes=(
        Outcome("dropped", when=lambda case: case.answers["count"] == "drop", options=(TO_MENU,), operation="drop"),
        Outcome("sent", when=always, options=(TO_MENU,), operation="send"),
    ),
    keeps=(),
)

CORRECT = Flow(
    id="correct",
    version=1,
    role=Role.BROADCASTER,
    given=("broadcast",),
    steps=(Step("text_ar", Message(LONGEST_TEXT, "ar")), Step("text_fr", Message(LONGEST_TEXT, "fr"))),
    outcomes=(
        Outcome(
            "ready",
            when=always,
            options=(Option("send", operation="amend"), Option("edit"), TO_MENU),
            summary=True,
            yes=("send",),
        ),
    ),
    keeps=(),
)
