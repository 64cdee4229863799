"""The decision procedure: the first row that fits a situation gives its assessment.

Row numbers are those of docs/amo.md. Orientation only: the chamber and CNSS decide.
"""

from collections.abc import Callable
from datetime import date

from amo import elsewhere, no_work, own_activity
from amo.assessment import Assessment
from amo.facts import Facts
from amo.situation import Situation

Row = Callable[[Situation, date, Facts], Assessment | None]


def assess(situation: Situation, on: date, facts: Facts) -> Assessment:
    """The assessment of a situation on a day.

    Errors: ValueError for a day before the first the facts cover.
    """
    if on < facts.first_day:
        raise ValueError(f"nothing is known before {facts.first_day}: {on}")
    for row in ROWS:
        found = row(situation, on, facts)
        if found is not None:
            return found
    raise AssertionError("the rows cover every situation")


ROWS: tuple[Row, ...] = (
    elsewhere.minor,  # 1
    elsewhere.wage,  # 2, 3
    elsewhere.pensioner,  # 4
    elsewhere.other_cover,  # 4b
    elsewhere.dependant,  # 5
    elsewhere.helper,  # 6
    own_activity.unclear_tax,  # 7
    own_activity.outside_crafts,  # 8
    own_activity.jeweller,  # 9
    own_activity.auto_entrepreneur,  # 10
    own_activity.cpu,  # 11
    own_activity.accounts,  # 12, 13
    own_activity.artisan,  # 14, 15
    no_work.open_registration,  # 16
    no_work.no_activity,  # 17 to 20
)
