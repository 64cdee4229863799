"""Pre-registration: consent, who, the trade, the place, the family; a summary; then a reference.

What eligibility asked already comes along and is not asked twice; its questions keep their words.
"""

from dataclasses import replace

from conversations.eligibility import matters
from conversations.eligibility.flow import FLOW as ELIGIBILITY
from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Persons, Step, When, always
from conversations.forms.kinds import Birth, Browse, Choice, Digits, Name, People, Phone
from conversations.values import Named, Placeholder, Reply, Say, State

# The words people agree to, by the name they had on that day. New words: a new name, a new version of the
# flow, and a lift that forgets the consent.
CONSENT_VERSION = "2026-11.3"
# Covers that come with a number at CNSS.
KNOWN_AT_CNSS = ("tns", "employee", "pensioner", "tadamon", "achamil")
# Who may have a child of 21.
PARENT_OF_GROWN = 36
MOST_CHILDREN = 20


def refused(case: Case) -> bool:
    """Without consent nothing personal is asked."""
    return case.answers.get("consent") == "no"


def number_known(case: Case) -> bool:
    """Whether the channel tells the person's own number."""
    return case.context.phone is not None


def version(case: Case) -> dict[str, Placeholder]:
    """The name of the words people agree to."""
    return {"version": Named.same(CONSENT_VERSION)}


def diploma_counts(case: Case) -> bool:
    """A diploma stands in for the years of practice that are missing."""
    years = case.answers.get("practice_years")
    enough = case.context.facts.figure("years_artisan", case.context.today)
    return not (isinstance(years, int) and years >= enough)


def in_the_register(case: Case) -> bool:
    """Who is in the register has a number there."""
    return case.answers.get("in_rna") == "yes"


def known_at_cnss(case: Case) -> bool:
    """Who has, or had, such a cover has a number at CNSS."""
    return case.answers.get("cover") in KNOWN_AT_CNSS


def may_have_others(case: Case) -> bool:
    """Who has children, or is old enough for grown ones."""
    years = matters.age_told(case)
    return bool(case.answers.get("children")) or years is None or years >= PARENT_OF_GROWN


def others(*which: str) -> When:
    """Which other children there are."""
    return lambda case: case.answers.get("other_children") in which


def ages(case: Case) -> dict[str, Placeholder]:
    """Until which age a child is covered, and one who studies."""
    facts, today = case.context.facts, case.context.today
    return {
        "child": int(facts.figure("child_age", today)),
        "student": int(facts.figure("student_age", today)),
    }


def before_sending(case: Case) -> Reply:
    """What must be known before one registers: not paying afterwards suspends another aid."""
    return Reply((Say("register.check.direct_aid"),))


def shared(id: str, when: When = always) -> Step:
    """A question of eligibility, in its words."""
    step = ELIGIBILITY.step(id)
    assert step is not None
    return replace(step, when=when, words=ELIGIBILITY.id)


def forgetting_consent(state: State) -> State:
    """The first, short form: its answers count, but for the consent, whose words have changed."""
    answers = {key: value for key, value in state.answers.items() if key not in ("consent", "province")}
    return replace(state, version=2, answers=answers, now={})


FLOW = Flow(
    id="register",
    version=2,
    command=Command(line="register", place=110),
    lifts={1: forgetting_consent},
    given=("work", "makes", "file"),
    steps=(
        Step(
            "consent",
            Choice(strict=True),
            (Option("yes"), Option("no"), Option("more", explains=True)),
            says=version,
        ),
        Step("whom", Choice(), tuple(map(Option, ("me", "spouse", "parent", "child", "other")))),
        Step("name", Name()),
        Step("sex", Choice(), (Option("female"), Option("male"))),
        Step("birth", Birth()),
        Step("phone", Phone(), (Option("mine", when=number_known), Option("none")), media="contact"),
        Step("trade", Browse("trades"), (Option("list", lists=True), Option("other"))),
        shared("practice_years"),
        shared("has_diploma", when=diploma_counts),
        Step("commune", Browse("communes", shows=True, exact=True), media="place"),
        Step(
            "workplace",
            Choice(),
            tuple(map(Option, ("home", "workshop", "customers", "market", "cooperative"))),
        ),
        shared("tax_status"),
        shared("cover"),
        Step("cnss_number", Digits(9), (Option("unsure"),), when=known_at_cnss),
        shared("in_rna"),
        Step("nia", Digits(), (Option("unsure"),), when=in_the_register),
        Step("spouse", Choice(), (Option("yes"), Option("no"))),
        Step("children", People(0, MOST_CHILDREN), says=ages),
        Step(
            "other_children",
            Choice(),
            tuple(map(Option, ("none", "students", "disabled", "both"))),
            when=may_have_others,
            says=ages,
        ),
        Step("students", People(0, MOST_CHILDREN), when=others("students", "both")),
        Step("disabled", People(0, MOST_CHILDREN), when=others("disabled", "both")),
    ),
    stops=(
        Outcome(
            "refused",
            when=refused,
            options=(
                Option("eligibility", leads_to="eligibility"),
                Option("sessions", leads_to="sessions"),
                Option("questions", leads_to="questions"),
                Option("again", leads_to="restart"),
                TO_MENU,
            ),
        ),
    ),
    outcomes=(
        Outcome(
            "check",
            when=always,
            options=(Option("confirm", operation="register"), Option("edit"), TO_MENU),
            says=before_sending,
            sayings=("register.check.direct_aid",),
            summary=True,
        ),
    ),
    persons=Persons(
        most=10,
        name="name",
        proof="birth",
        asks_proof="prove",
        corrects="file",
        refused="refused",
        erases="erase",
        consent="consent",
    ),
    personal=True,
)
