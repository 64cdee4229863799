"""Questions nobody had an answer for: a clerk says which of ours each is, or writes an answer an admin agrees to."""

from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Search, Topic, Words
from conversations.roles import Role

UNANSWERED = "unanswered"
NONE_OF_OURS, WRITE = "off_topic", "write"
LONGEST_ANSWER = 300


def none_waits(case: Case) -> bool:
    """Whether there is nothing to look at."""
    return "question" not in case.answers and not case.context.sources[UNANSWERED].find("", case.answers, 0)[0]


def writes(case: Case) -> bool:
    """Whether the clerk writes an answer of her own."""
    return case.answers.get("label") == WRITE


FLOW = Flow(
    id=UNANSWERED,
    version=1,
    command=Command(UNANSWERED, UNANSWERED, 95),
    role=Role.BROADCASTER,
    steps=(
        Step("question", Search(UNANSWERED, shows=True)),
        Step("label", Topic(), (Option(NONE_OF_OURS), Option(WRITE))),
        Step("text", Words(LONGEST_ANSWER), when=writes),
    ),
    stops=(Outcome("none", when=none_waits, options=(TO_MENU,)),),
    outcomes=(Outcome("labelled", when=always, options=(TO_MENU,), operation="label_question"),),
    keeps=(),
)
