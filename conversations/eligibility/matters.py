"""When a question matters: whether some answer to it could still change the assessment.

Each predicate mirrors rows of the decision procedure (docs/amo.md); a test compares them with
`amo.assess` itself.
"""

from decimal import Decimal

from conversations.forms.flow import Case
from conversations.forms.kinds.birth import age
from conversations.values import Answers, Placeholder

WAGE = ("employee", "cooperative")
OWN = ("own_account", "member")


def age_told(case: Case) -> int | None:
    """The age, as told in years or by a day of birth."""
    told = case.answers.get("age")
    if isinstance(told, int):
        return told
    born = case.answers.get("birth")
    return age(born, case.context.today) if isinstance(born, str) else None


def minor(case: Case) -> bool:
    """Not grown up: only a cover as dependant leads further (row 1)."""
    age = case.answers.get("age")
    return isinstance(age, int) and age < case.context.facts.figure("adult_age", case.context.today)


def works_as(answers: Answers) -> str:
    """Return how somebody works: who has no work, but makes or repairs something she sells, works for herself."""
    work = str(answers["work"])
    return "own_account" if work == "none" and answers.get("makes") == "yes" else work


def says_no_work(case: Case) -> bool:
    """Who says she has no work is asked once more."""
    return case.answers.get("work") == "none"


def grown_up(case: Case) -> dict[str, Placeholder]:
    """The age from which one has a file of one's own."""
    return {"adult": int(case.context.facts.figure("adult_age", case.context.today))}


def wage(case: Case) -> bool:
    """Is paid a wage: the employer's declaration decides (rows 2 and 3)."""
    return works_as(case.answers) in WAGE


def own(case: Case) -> bool:
    """Works for herself."""
    return works_as(case.answers) in OWN


def cover(case: Case) -> bool:
    """The cover matters to all but a grown-up wage earner, whose wage decides."""
    return not wage(case) or minor(case)


def decided_by_age(case: Case) -> bool:
    """Row 1: a minor who is nobody's dependant."""
    return minor(case) and "cover" in case.answers and case.answers["cover"] != "dependant"


def declared(case: Case) -> bool:
    """Only a wage earner has an employer to declare her."""
    return wage(case) and not decided_by_age(case)


def decided_by_wage(case: Case) -> bool:
    """Row 2: a wage nobody declared."""
    return wage(case) and case.answers.get("declared") in ("no", "unsure")


def decided_by_cover(case: Case) -> bool:
    """Rows 3, 4, 4b and 6: nothing that could still be asked changes the assessment."""
    if wage(case):
        return False
    covered = case.answers.get("cover")
    if covered is None:
        return False
    if covered == "other" or (own(case) and covered in ("employee", "pensioner")):
        return True
    looked_at = covered in ("employee", "pensioner", "dependant")
    return works_as(case.answers) == "helper" and not looked_at


def tax_status(case: Case) -> bool:
    """A tax status is an activity on record; for one's own work it also sets the regime."""
    return not (decided_by_age(case) or decided_by_wage(case) or decided_by_cover(case))


def in_rna(case: Case) -> bool:
    """For one's own work always (`rna`); for others only as the one sign of an activity."""
    if not tax_status(case):
        return False
    if own(case):
        return True
    if case.answers["tax_status"] != "none":
        return False
    return not (works_as(case.answers) == "none" and case.answers.get("cover") == "tns")


def in_a_regime(case: Case) -> bool:
    """Rows 7 to 15: an activity of her own, not already covered through somebody else."""
    if not (tax_status(case) and own(case)):
        return False
    registered = case.answers["tax_status"] != "none" or case.answers.get("in_rna") == "yes"
    return case.answers.get("cover") != "dependant" or registered


def trade(case: Case) -> bool:
    """Whether it is a craft, or jewellery, once the tax status is one that leads somewhere."""
    return in_a_regime(case) and case.answers["tax_status"] not in ("several", "unsure")


def practice_years(case: Case) -> bool:
    """The register's conditions, unless she is in it."""
    return in_a_regime(case) and case.answers.get("in_rna") != "yes"


def has_diploma(case: Case) -> bool:
    """A diploma stands in for the years of practice that are missing."""
    years = case.answers.get("practice_years")
    enough = case.context.facts.figure("years_artisan", case.context.today)
    return practice_years(case) and not (isinstance(years, int) and years >= enough)


def activity(case: Case) -> bool:
    """Auto-entrepreneurs are asked goods or services, then turnover: they do not know their tax."""
    return in_a_regime(case) and case.answers["tax_status"] == "auto_entrepreneur"


def turnover_of(kind: str, case: Case) -> bool:
    """The turnover of goods, or of services."""
    return activity(case) and case.answers.get("activity") == kind


def under_cpu(case: Case) -> bool:
    """Row 11: a CPU payer whose trade leaves her on the scale."""
    if not (in_a_regime(case) and case.answers["tax_status"] == "cpu"):
        return False
    chosen = case.answers.get("trade")
    return chosen not in ("other", "unsure") and chosen not in case.context.facts.jewellery


def net_profit(case: Case) -> bool:
    """Real accounts of a craft: the profit chooses between two amounts."""
    accounts = in_a_regime(case) and case.answers["tax_status"] == "accounts_real"
    return accounts and case.answers.get("trade") != "other"


def tax_return(case: Case) -> bool:
    """Where nobody knows the profit, whether a first return is due, and filed."""
    return net_profit(case) and case.answers.get("net_profit") == "unsure"


def rsu_score(case: Case) -> bool:
    """With no activity it decides; beside an activity of her own a low one is a warning."""
    if not tax_status(case):
        return False
    if works_as(case.answers) == "none":
        on_record = case.answers["tax_status"] != "none" or case.answers.get("in_rna") == "yes"
        settled = case.answers.get("cover") in ("employee", "pensioner", "dependant", "tns")
        return not (on_record or settled)
    return own(case) and case.answers.get("cover") == "none" and contributes(case)


def contributes(case: Case) -> bool:
    """Rows 10 to 13 and 15."""
    status = case.answers["tax_status"]
    if not in_a_regime(case) or status in ("several", "unsure"):
        return False
    chosen = case.answers.get("trade")
    if status == "cpu":
        return chosen != "other" and chosen not in case.context.facts.jewellery
    return status != "none" or (chosen != "other" and _in_reach_of_the_register(case))


def _in_reach_of_the_register(case: Case) -> bool:
    years = case.answers.get("practice_years")
    enough = case.context.facts.figure("years_artisan", case.context.today)
    return (
        case.answers.get("in_rna") == "yes"
        or case.answers.get("has_diploma") == "yes"
        or (isinstance(years, int) and years >= enough)
    )


def score_thresholds(case: Case) -> tuple[Decimal, ...]:
    """The scores where the assessment changes, for the case at hand."""
    facts, today = case.context.facts, case.context.today
    lowest = facts.latest("tadamon_top_score")
    if works_as(case.answers) != "none":
        return (lowest,)
    scale = facts.find("achamil_scale", today)
    return (lowest, *(band.high for band in (scale.bands if scale else ()) if band.high is not None))
