"""How a place is put to the person: the question, the outcome, the list of answers to correct."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conversations.forms.flow import Asked, Flow, Outcome, Place, Step
from conversations.values import Lines, Named, Offer, Reply, Say

SURE_STEP = "sure"
EDIT_STEP = "edit"


def question(flow: Flow, place: Place, step: Step, now: Mapping[str, Any]) -> Reply:
    """The open question with its options: what a search found first, then the step's own."""
    asked = Asked(flow.id, step, place.case, now)
    found = step.kind.candidates(asked)
    placeholders = step.says(place.case) if step.says else {}
    text = Say(asked.address("ask"), placeholders)
    if found and (now.get("group") or now.get("groups") or now.get("near")):
        text = Say("desk.near" if now.get("near") else "desk.listed")
    elif found and step.kind.searching(asked):
        text = step.kind.found(asked)
    offers = [Offer(step.id, id, step.kind.label(id, asked)) for id in found]
    offers += [
        Offer(step.id, o.id, o.label(asked.address("option", o.id), place.case))
        for o in step.options
        if o.when(place.case)
    ]
    return Reply(
        (text,),
        tuple(offers),
        numbered=not step.kind.takes_zero,
        wants=step.media if isinstance(step.media, str) else None,
    )


def ending(flow: Flow, place: Place, outcome: Outcome) -> Reply:
    """An outcome's message with the options that lead on."""
    options = tuple(
        Offer(outcome.id, o.id, Say(f"{flow.id}.{outcome.id}.option.{o.id}"))
        for o in outcome.options
        if o.when(place.case)
    )
    said = outcome.says(place.case) if outcome.says else Reply(())
    if outcome.says is None or outcome.summary:
        first = Say(f"{flow.id}.{outcome.id}.ask")
        head = Lines((first, *lines(flow, place))) if outcome.summary else first
        said = replace(said, text=(head, *said.text))
    return replace(said, options=options)


def lines(flow: Flow, place: Place) -> list[Say]:
    """Every answer given, a line each."""
    found = []
    for id in place.trail:
        answer = label(flow, place, answered_step(flow, id), place.case.answers[id])
        found.append(Say("desk.edit.line", {"question": Say(name(flow, id)), "answer": answer}))
    return found


def editable(flow: Flow, place: Place) -> Reply:
    """Every answer given, as a list to choose the one to correct from."""
    offers = (Offer(EDIT_STEP, id, line) for id, line in zip(place.trail, lines(flow, place), strict=True))
    return Reply((Say("desk.edit.ask"),), tuple(offers))


def guess(flow: Flow, place: Place, step: Step, value: Any) -> Reply:
    """What was understood, said back for a yes: an answer, or the correction of an earlier one."""
    answer = label(flow, place, step, value)
    if step.id == place.at.id:
        text = Say("desk.guess.answer", {"answer": answer})
    else:
        question = Say(name(flow, step.id))
        text = Say("desk.guess.change", {"question": question, "answer": answer})
    return Reply((text,), tuple(Offer(SURE_STEP, id, Say(f"answer.{id}")) for id in ("yes", "no")))


def label(flow: Flow, place: Place, step: Step, value: Any) -> Say | Named:
    """An answer in words: the option's label, or what its kind says of the value."""
    asked = Asked(flow.id, step, place.case, {})
    if isinstance(value, str) and (option := step.option(value)) is not None:
        return option.label(asked.address("option", value), place.case)
    return step.kind.label(value, asked)


def name(flow: Flow, id: str) -> str:
    """The address of a question's short name."""
    return answered_step(flow, id).address(flow.id, "name")


def answered_step(flow: Flow, id: str) -> Step:
    """The step of an answered question."""
    step = flow.step(id)
    assert step is not None
    return step
