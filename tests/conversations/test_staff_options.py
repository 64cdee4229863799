"""Every option of a question of the chamber's people: said by its digit, its label, its plain words, at every try."""

import pytest

from conversations.flows import FLOWS
from conversations.forms.flow import Asked, Case, Flow, Got, Maybe, Outcome, Step
from conversations.language.understand import choose, fold
from tests.desks import words, world

ONE_OF = {"publish", "move", "cancel"}  # of these, only the one that was chosen before stands there
TEAM = [flow for flow in FLOWS.values() if flow.role is not None]


def said_for(address: str) -> set[str]:
    """Its label in each language, and every plain word."""
    spelled = words().spellings()
    return {each for each in spelled.get(address, ()) if each.strip() and "{" not in each}


def places(flow: Flow) -> list[tuple[Step | Outcome, str]]:
    found: list[tuple[Step | Outcome, str]] = [(step, step.address(flow.id, "option")) for step in flow.steps]
    return found + [(each, f"{flow.id}.{each.id}.option") for each in (*flow.stops, *flow.outcomes)]


@pytest.mark.parametrize("flow", TEAM, ids=[flow.id for flow in TEAM])
def test_said_by_digit_label_and_plain_word(flow: Flow) -> None:
    context, missed = world(), []
    case = Case({"work": "none"}, context)
    for place, address in places(flow):
        for option in place.options:
            shown = [each.id for each in place.options if each.id == option.id or not {each.id, option.id} <= ONE_OF]
            number = shown.index(option.id) + 1
            wanted = said_for(f"{address}.{option.id}")
            digits = {str(number)} if isinstance(place, Outcome) or not place.kind.takes_zero else set()
            for said in wanted | digits:
                for failed in (0, 2):  # at the first try, and after two that failed
                    if isinstance(place, Step):
                        asked = Asked(flow.id, place, case, {"shown": shown, "failed": failed})
                        read = place.kind.read(said, asked)
                        found = read.value if isinstance(read, (Got, Maybe)) else None
                    else:
                        named = [(id, context.spellings.get(f"{address}.{id}", ())) for id in shown]
                        chosen = choose(said, named, context.spellings)
                        found = chosen.id if chosen is not None else None
                    if found != option.id:
                        missed.append((flow.id, place.id, option.id, said, found))
    assert missed == []


def test_the_plain_words_people_say_first_are_known() -> None:
    spelled = world().spellings
    for address, said in (
        ("plan.capacity.option.open", "بدون"),
        ("plan.pin.option.none", "sans"),
        ("broadcast.beside.option.none", "بدون"),
        ("approvals.one.option.yes", "أوافق"),
        ("act.approve.yes", "أوافق"),
        ("confirm.count.option.drop", "annuler"),
    ):
        assert fold(said) in spelled[address], (address, said)
