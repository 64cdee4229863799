"""The questions people ask, each with a short answer that says where it comes from and since when."""

from collections.abc import Callable, Mapping

from amo.amounts import flat, lowest_by_tax
from conversations.context import World
from conversations.eligibility.figures import Figures, decimal, figures, percent, plain
from conversations.eligibility.result import whole_dirhams
from conversations.eligibility.why import texts
from conversations.forms.flow import Case, Flow, Option, Outcome, Step, When, always
from conversations.forms.kinds import Topic
from conversations.values import Blank, Lines, Money, Named, Reply, Say

# Answers that depend on the person: her own situation tells more.
ELIGIBILITY = ("how_much", "threshold", "ramed", "lost_tadamon", "insured_by_husband", "service_trade")
# In the order of the menu: what is asked most, first.
TOPICS = (
    "how_much", "when_covered", "rights_closed", "papers", "where", "no_bank", "debt", "no_work", "refund",
    "adult_children", "insured_by_husband", "parents", "two_activities", "service_trade", "what_is_rna",
    "threshold", "lost_tadamon", "ramed", "unused_ae", "never_asked", "pension", "complain", "when_session",
)  # fmt: skip
NONE = "none"

TOP: Figures = {"top": ("tadamon_top_score", decimal)}
MONTHS: Figures = {"months": ("waiting_months", plain)}
FIGURES: Mapping[str, Figures] = {
    "rights_closed": MONTHS,
    "when_covered": MONTHS,
    "lost_tadamon": TOP,
    "threshold": TOP,
    "ramed": TOP,
    "what_is_rna": {"years": ("years_artisan", plain)},
    "refund": {"care": ("refund_share", percent), "hospital": ("refund_hospital", percent)},
    "adult_children": {"child": ("child_age", plain), "student": ("student_age", plain)},
}


def _artisan(world: World) -> dict[str, Blank]:
    facts = world.facts
    return {
        "artisan": Money(whole_dirhams(flat("artisan", world.today, facts))),
        "then": Money(whole_dirhams(flat("artisan", facts.first_day, facts))),
        **_lowest(world),
    }


def _lowest(world: World) -> dict[str, Blank]:
    return {"low": Money(whole_dirhams(lowest_by_tax(world.today, world.facts)))}


def _achamil(world: World) -> dict[str, Blank]:
    scale = world.facts.find("achamil_scale", world.today)
    dues = [band.due for band in scale.bands] if scale else []
    return {"least": Money(min(dues)), "most": Money(max(dues))}


def _least(world: World) -> dict[str, Blank]:
    return {"least": _achamil(world)["least"]}


AMOUNTS: Mapping[str, Callable[[World], dict[str, Blank]]] = {
    "how_much": _artisan,
    "unused_ae": _lowest,
    "threshold": _achamil,
    "ramed": _least,
}


def answer(case: Case) -> Reply:
    """The answer, then its texts and the month it was read in."""
    topic = str(case.answers["topic"])
    return Reply(
        (Lines((said(topic, case.world), *_at_the_chamber(topic, case.world)), flat=True), source(topic, case.world))
    )


def said(topic: str, world: World) -> Say:
    """The words of an answer, with today's figures."""
    counted = AMOUNTS[topic](world) if topic in AMOUNTS else {}
    return Say(f"questions.says.{topic}", {**figures(FIGURES.get(topic, {}), world), **counted})


def source(topic: str, world: World) -> Say:
    """Where an answer comes from, how sure that is, since when."""
    found = world.facts.rules.answers[topic]
    return Say(
        "questions.source",
        {
            "texts": texts(found.texts, world),
            "mark": Say(f"law.mark.{found.mark}"),
            "month": Named.same(f"{found.read_on:%m/%Y}"),
        },
    )


def _at_the_chamber(topic: str, world: World) -> list[Say]:
    """Where the chamber is, as far as it told us."""
    if topic not in ("where", "complain"):
        return []
    says = []
    if world.chamber.address and topic == "where":
        says.append(Say("questions.chamber.address", {"address": world.chamber.address}))
    if world.chamber.phone:
        says.append(Say("questions.chamber.phone", {"phone": Named.same(world.chamber.phone)}))
    return says


def about(*topics: str) -> When:
    """Whether the answer is one of these."""
    return lambda case: case.answers.get("topic") in topics


def nothing(case: Case) -> bool:
    """None of the answers was meant."""
    return case.answers.get("topic") == NONE


ANOTHER = Option("another", leads_to="questions")
PERSON = Option("person", leads_to="person")
MENU = Option("menu", leads_to="menu")

FLOW = Flow(
    id="questions",
    version=1,
    keeps=(),
    steps=(Step("topic", Topic(), (Option(NONE),)),),
    outcomes=(
        Outcome("nothing", when=nothing, options=(PERSON, ANOTHER, MENU)),
        Outcome(
            "told",
            when=always,
            options=(
                Option(
                    "eligibility",
                    leads_to="eligibility",
                    when=about(*ELIGIBILITY),
                ),
                Option("register", leads_to="register", when=about("papers", "what_is_rna", "where")),
                Option("sessions", leads_to="sessions", when=about("when_session", "where")),
                ANOTHER,
                PERSON,
                MENU,
            ),
            says=answer,
            sayings=(
                *(f"questions.says.{topic}" for topic in TOPICS),
                *(f"questions.name.{topic}" for topic in TOPICS),
                *(f"questions.chamber.{each}" for each in ("address", "phone")),
                "questions.source",
                "questions.more",
            ),
        ),
    ),
)
