"""The questions people ask, each with a short answer that says where it comes from and since when."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from amo.amounts import flat, lowest_by_tax
from conversations.context import TurnContext
from conversations.eligibility.result import whole_dirhams
from conversations.eligibility.why import texts
from conversations.forms.flow import TO_MENU, TO_PERSON, Case, Command, Flow, Option, Outcome, Step, When, always
from conversations.forms.kinds import Topic
from conversations.language.figures import Figures, decimal, figure_values, percent, whole_figure
from conversations.values import Lines, Money, Named, Placeholder, Reply, Say

# Answers that depend on the person: her own situation tells more.
ELIGIBILITY = (
    "how_much", "threshold", "ramed", "lost_tadamon", "insured_by_husband", "service_trade", "where_to_pay",
    "cpu_and_cnss", "cooperative_women", "achamil",
)  # fmt: skip
# In the order of the menu: what is asked most, first.
TOPICS = (
    "how_much", "when_covered", "rights_closed", "papers", "where", "no_bank", "debt", "no_work", "refund",
    "adult_children", "insured_by_husband", "parents", "two_activities", "service_trade", "what_is_rna",
    "threshold", "lost_tadamon", "ramed", "unused_ae", "never_asked", "pension", "complain", "when_session",
    "declare_family", "direct_aid", "where_to_pay", "late", "refund_how", "covered_care", "hospital", "my_number",
    "long_illness", "stop_or_change", "cpu_and_cnss", "card", "not_covered", "foreigner", "cooperative_women",
    "achamil", "hours", "merger_2027",
)  # fmt: skip
NONE = "none"

TOP: Figures = {"top": ("tadamon_top_score", decimal)}
MONTHS: Figures = {"months": ("waiting_months", whole_figure)}
TOPIC_FIGURES: Mapping[str, Figures] = {
    "rights_closed": MONTHS,
    "when_covered": MONTHS,
    "lost_tadamon": TOP,
    "threshold": {**TOP, "aid": ("direct_aid_top_score", decimal)},
    "ramed": TOP,
    "what_is_rna": {"years": ("years_artisan", whole_figure)},
    "refund": {
        "care": ("refund_share", percent),
        "hospital": ("refund_hospital", percent),
        "costly": ("refund_costly", percent),
    },
    "adult_children": {"child": ("child_age", whole_figure), "student": ("student_age", whole_figure)},
    "late": {
        "late": ("late_cnss_month", percent),
        "late_dgi": ("late_dgi", percent),
        "soon": ("late_dgi_soon", percent),
        "days": ("late_dgi_soon_days", whole_figure),
        "first": ("late_dgi_first_month", percent),
        "month": ("late_dgi_month", percent),
    },
    "covered_care": {"care": ("refund_share", percent)},
    "hospital": {"hospital": ("refund_hospital", percent)},
    "achamil": {"months": ("achamil_wait_months", whole_figure)},
}


def _artisan(context: TurnContext) -> dict[str, Placeholder]:
    facts = context.facts
    return {
        "artisan": Money(whole_dirhams(flat("artisan", context.today, facts))),
        **_lowest(context),
    }


def _lowest(context: TurnContext) -> dict[str, Placeholder]:
    return {"low": Money(whole_dirhams(lowest_by_tax(context.today, context.facts)))}


def _achamil(context: TurnContext) -> dict[str, Placeholder]:
    scale = context.facts.find("achamil_scale", context.today)
    dues = [band.due for band in scale.bands] if scale else []
    return {"least": Money(min(dues)), "most": Money(max(dues))}


def _after_ramed(context: TurnContext) -> dict[str, Placeholder]:
    began = context.facts.rows["tadamon_top_score"][0].since
    return {"least": _achamil(context)["least"], "year": Named.same(str(began.year))}


def _merger(context: TurnContext) -> dict[str, Placeholder]:
    row = context.facts.coming("cnops_at_cnss", context.today)
    return {} if row is None else {"day": row.since}


# What is told otherwise from the day its fact begins.
CHANGING: Mapping[str, str] = {"merger_2027": "cnops_at_cnss"}
AMOUNTS: Mapping[str, Callable[[TurnContext], dict[str, Placeholder]]] = {
    "how_much": _artisan,
    "unused_ae": _lowest,
    "threshold": _achamil,
    "ramed": _after_ramed,
    "merger_2027": _merger,
}


def topic_reply(case: Case) -> Reply:
    """The question's own name, so that who meant another sees it; the answer; its texts and their month."""
    topic = str(case.answers["topic"])
    return Reply(
        (
            Say("questions.you_ask", {"question": Say(f"questions.name.{topic}")}),
            Lines(
                (said(topic, case.context), *_later(topic, case.context), *_at_the_chamber(topic, case.context)),
                flat=True,
            ),
            topic_source(topic, case.context),
        )
    )


def said(topic: str, context: TurnContext) -> Say:
    """The words of an answer, with today's figures; of what changes on a day, those of before or after it."""
    changes = CHANGING.get(topic)
    if changes is not None and context.facts.find(changes, context.today) is not None:
        return Say(f"questions.says.{topic}.now")
    counted = AMOUNTS[topic](context) if topic in AMOUNTS else {}
    return Say(f"questions.says.{topic}", {**figure_values(TOPIC_FIGURES.get(topic, {}), context), **counted})


def topic_source(topic: str, context: TurnContext) -> Say:
    """Where an answer comes from, how sure that is, since when."""
    found = context.facts.rules.answers[topic]
    return Say(
        "questions.source",
        {
            "texts": texts(found.texts, context),
            "mark": Say(f"law.mark.{found.mark}"),
            "month": Named.same(f"{found.read_on:%m/%Y}"),
        },
    )


# Figures whose next value is known: the sentence that says from when, and how it is said.
COMING: Mapping[str, tuple[str, Callable[[Decimal], Placeholder]]] = {"adult_children": ("student_age", whole_figure)}


def _later(topic: str, context: TurnContext) -> list[Say]:
    """What is known to change, and when; that day, it is the answer itself."""
    if topic not in COMING:
        return []
    fact, form = COMING[topic]
    row = context.facts.coming(fact, context.today)
    if row is None or row.value is None:
        return []
    return [Say(f"questions.later.{topic}", {"day": row.since, "figure": form(row.value)})]


def _at_the_chamber(topic: str, context: TurnContext) -> list[Say]:
    """Where the chamber is, as far as it told us."""
    if topic not in ("where", "complain", "hours"):
        return []
    says = []
    if context.chamber.hours and topic == "hours":
        says.append(Say("desk.person.hours", {"hours": context.chamber.hours}))
    if context.chamber.address and topic == "where":
        says.append(Say("questions.chamber.address", {"address": context.chamber.address}))
    if context.chamber.phone:
        says.append(Say("questions.chamber.phone", {"phone": Named.same(context.chamber.phone)}))
    return says


def about_topics(*topics: str) -> When:
    """Whether the answer is one of these."""
    return lambda case: case.answers.get("topic") in topics


def nothing(case: Case) -> bool:
    """None of the answers was meant."""
    return case.answers.get("topic") == NONE


def found_by_words(case: Case) -> bool:
    """Whether the answer was found by what was written, which may have meant another."""
    return "words" in case.answers


ANOTHER = Option("another", leads_to="questions")
# The next two that the words may mean, and a person.
NOT_MINE = Option("not_mine", leads_to="questions", carries=("words", "rejected"), when=found_by_words)

FLOW = Flow(
    id="questions",
    version=1,
    command=Command("questions", "questions", 140),
    keeps=(),
    given=("words", "rejected"),
    steps=(Step("topic", Topic(), (Option(NONE),)),),
    outcomes=(
        Outcome("nothing", when=nothing, options=(TO_PERSON, ANOTHER, TO_MENU), in_vain=True),
        Outcome(
            "told",
            when=always,
            options=(
                Option(
                    "eligibility",
                    leads_to="eligibility",
                    when=about_topics(*ELIGIBILITY),
                ),
                Option("register", leads_to="register", when=about_topics("papers", "what_is_rna", "where")),
                Option("sessions", leads_to="sessions", when=about_topics("when_session", "where")),
                NOT_MINE,
                ANOTHER,
                TO_PERSON,
                TO_MENU,
            ),
            says=topic_reply,
            sayings=(
                *(f"questions.says.{topic}" for topic in TOPICS),
                *(f"questions.says.{topic}.now" for topic in CHANGING),
                "questions.you_ask",
                *(f"questions.name.{topic}" for topic in TOPICS),
                *(f"questions.later.{topic}" for topic in COMING),
                *(f"questions.chamber.{each}" for each in ("address", "phone")),
                "questions.source",
                "questions.more",
            ),
        ),
    ),
)
