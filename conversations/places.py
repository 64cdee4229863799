"""Where: a province, then a commune of it. Shared by every form that asks."""

from conversations.context import TurnContext
from conversations.forms.flow import Case, Step, When, always
from conversations.forms.kinds import Search
from conversations.values import Answers, Named, Placeholder, Say

PROVINCES, COMMUNES = "provinces", "communes"


def province(when: When = always) -> Step:
    """One of the four."""
    return Step("province", Search(PROVINCES, shows=True), when=when)


def commune(when: When = always) -> Step:
    """A commune of the province, from the list or by typing."""
    return Step("commune", Search(COMMUNES, shows=True), when=when)


def where(answers: Answers, context: TurnContext) -> Named | Say:
    """The place a form speaks of: the commune, or the whole province, which bears a commune's name."""
    if answers.get("commune") and answers.get("reach") != "province":
        return context.sources[COMMUNES].label(str(answers["commune"]))
    name = context.sources[PROVINCES].label(str(answers["province"]))
    return Say("places.province", {"name": name})


def somewhere(case: Case) -> dict[str, Placeholder]:
    """The placeholder `where`."""
    return {"where": where(case.answers, case.context)}
