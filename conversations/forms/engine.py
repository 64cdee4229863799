"""One turn of a form: a function from what was heard to the next state and the replies."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conversations.context import TurnContext
from conversations.forms import prompts
from conversations.forms.flow import (
    LOOK_KEYS,
    Asked,
    Flow,
    Got,
    Look,
    Maybe,
    Outcome,
    Place,
    Step,
    Unclear,
    Understood,
    lift,
    locate,
)
from conversations.forms.prompts import EDIT_STEP, SURE_STEP
from conversations.language.understand import choose, typed_digit
from conversations.values import Heard, Lines, Operation, Reply, Say, State, Turn

OFFER_PERSON_AFTER = 3


def turn(flow: Flow, state: State, heard: Heard, context: TurnContext) -> Turn:
    """What a message makes of a form. Pure: same arguments, same Turn; nothing else changes."""
    state = lift(flow, state)
    place = locate(flow, state, context)
    if state.now.get("step") != place.at.id:
        state = replace(state, now={})  # the place moved: what was shown there is void
    wanted = place.at.media
    if isinstance(wanted, tuple) and heard.file is not None and heard.file.partition(".")[0] in wanted:
        return _typed(flow, state, place, "\n".join(filter(None, (heard.file, heard.value))))
    if heard.media and (not heard.value or heard.media != wanted):
        return _again(flow, state, place, Say(f"desk.media.{heard.media}"), failed=True)
    if heard.step is not None:
        return _pressed(flow, state, place, heard.step, heard.value)
    return _typed(flow, state, place, heard.value)


def ask_open(flow: Flow, state: State, context: TurnContext, *before: Say | Lines) -> Turn:
    """Ask the open question (or give the outcome), after some words."""
    state = lift(flow, state)
    place = locate(flow, state, context)
    now = state.now if state.now.get("step") == place.at.id else {}
    return _ask(flow, replace(state, now=now), place, before)


def back(flow: Flow, state: State, context: TurnContext) -> Turn | None:
    """Forget one answer, the last of the walk; None when there is none to forget.

    In a list or a guess, back leaves it; during an edit, back restores the answer edited.
    """
    state = lift(flow, state)
    place = locate(flow, state, context)
    now = state.now
    if any(now.get(key) for key in ("guess", "editing", "near", *LOOK_KEYS)):
        return _ask(flow, replace(state, now=_kept(now)), place, ())
    answers = dict(state.answers)
    if "was" in now and now.get("step") == place.at.id:
        answers[place.at.id] = now["was"]
    elif place.trail:
        del answers[place.trail[-1]]
    else:
        return None
    return ask_open(flow, replace(state, answers=answers, now={}), context)


def settled(flow: Flow, state: State, context: TurnContext) -> bool:
    """Whether the form stands at an outcome."""
    return isinstance(locate(flow, lift(flow, state), context).at, Outcome)


def _kept(now: Mapping[str, Any]) -> dict[str, Any]:
    return {"was": now["was"], "step": now["step"]} if "was" in now else {}


# -- what was heard -------------------------------------------------------------------------


def _pressed(flow: Flow, state: State, place: Place, step: str, value: str) -> Turn:
    if step == SURE_STEP and state.now.get("guess"):
        return _confirm(flow, state, place, value == "yes")
    if step == EDIT_STEP and isinstance(place.at, Outcome) and any(o.id == EDIT_STEP for o in place.at.options):
        return _edit(flow, state, place, value)
    if step == place.at.id and (isinstance(place.at, Outcome) or _offered(place.at, value, state, place)):
        return _here(flow, state, place, value)
    if step not in place.trail:
        return _again(flow, state, place, Say("desk.stale"))
    earlier = prompts.answered_step(flow, step)
    if not _offered(earlier, value, state, place):
        return _again(flow, state, place, Say("desk.stale"))
    if state.answers[step] == value:
        answer = prompts.label(flow, place, earlier, value)
        return _again(flow, state, place, Say("desk.already", {"answer": answer}))
    return _guess(flow, state, place, {"step": step, "value": value})


def _offered(step: Step, value: str, state: State, place: Place) -> bool:
    """Whether a button could carry this: an option of the step, or an id its search may find."""
    option = step.option(value)
    if option is not None:
        return option.when(place.case)
    context = place.case.context
    return step.kind.leads(value, {}, context) is not None or step.kind.may_find(value, step, context)


def _here(flow: Flow, state: State, place: Place, value: str) -> Turn:
    """An option of the open place itself, pressed or understood from words."""
    if isinstance(place.at, Outcome):
        return _chosen(flow, state, place, place.at, value)
    option = place.at.option(value)
    if option is not None and option.explains:
        return _again(flow, state, place, Say(place.at.address(flow.id, "explain", value)))
    look = place.at.kind.leads(value, state.now, place.case.context)
    if look is not None:
        return _look(flow, state, place, look)
    if not _acceptable(place.at, value, place.case.context):
        return _again(flow, state, place, Say("desk.stale"))
    return _take(flow, state, place, place.at.id, value)


def _typed(flow: Flow, state: State, place: Place, words: str) -> Turn:
    if state.now.get("guess"):
        sure = _yes_or_no(words, place.case.context)
        if sure is not None:
            return _confirm(flow, state, place, sure)
        state = _no_guess(state)
    shown = tuple(state.now.get("shown", ()))
    spellings = place.case.context.spellings
    if state.now.get("editing"):
        names = [(id, spellings.get(prompts.name(flow, id), ())) for id in shown]
        found = choose(words, names, spellings)
        if found is not None:
            return _edit(flow, state, place, found.id)
        return _again(flow, state, place, Say("desk.unclear.option"), failed=True)
    if isinstance(place.at, Outcome):
        address = f"{flow.id}.{place.at.id}.option"
        found = choose(words, [(id, spellings.get(f"{address}.{id}", ())) for id in shown], spellings)
        if found is not None and found.sure:
            return _chosen(flow, state, place, place.at, found.id)
        agreed = next((id for id in place.at.yes if id in shown), None)
        if agreed is not None and typed_digit(words) is None and _yes_or_no(words, place.case.context):
            return _chosen(flow, state, place, place.at, agreed)
        line = _line(flow, place, words)
        if line is not None:
            return _edit(flow, state, place, line)
        return _again(flow, state, place, Say("desk.unclear.option"), failed=True)
    asked = Asked(flow.id, place.at, place.case, state.now)
    return _read(flow, state, place, place.at, place.at.kind.read(words, asked))


def _line(flow: Flow, place: Place, words: str) -> str | None:
    """The answer named at a summary that may be corrected."""
    if not isinstance(place.at, Outcome) or all(option.id != EDIT_STEP for option in place.at.options):
        return None
    spellings = place.case.context.spellings
    named = choose(words, [(id, spellings.get(prompts.name(flow, id), ())) for id in place.trail], spellings)
    return named.id if named is not None and named.sure and typed_digit(words) is None else None


def _read(flow: Flow, state: State, place: Place, step: Step, understood: Understood) -> Turn:
    if isinstance(understood, Got) and understood.beside:
        state = replace(state, answers={**state.answers, **understood.beside})
    match understood:
        case Got(str(value)):
            return _here(flow, state, place, value)
        case Got(value):
            return _take(flow, state, place, step.id, value)
        case Maybe(str(value)) if (option := step.option(value)) and option.explains:
            return _here(flow, state, place, value)
        case Maybe(value):
            return _guess(flow, state, place, {"step": step.id, "value": value})
        case Look(now):
            return _look(flow, state, place, now)
        case Unclear(reason, own, placeholders):
            address = step.address(flow.id, "unclear", reason) if own else f"desk.unclear.{reason}"
            return _again(flow, state, place, Say(address, placeholders), failed=True)


def _acceptable(step: Step, value: Any, context: TurnContext) -> bool:
    option = step.option(value) if isinstance(value, str) else None
    chosen = option is not None and not (option.explains or option.lists)
    return chosen or step.kind.holds(value, step, context)


def _yes_or_no(words: str, context: TurnContext) -> bool | None:
    options = [(id, context.spellings.get(f"answer.{id}", ())) for id in ("yes", "no")]
    found = choose(words, options, context.spellings)
    return None if found is None or not found.sure else found.id == "yes"


# -- what it changes ------------------------------------------------------------------------


def _take(flow: Flow, state: State, place: Place, step: str, value: Any) -> Turn:
    answers = {**state.answers, step: value}
    after = locate(flow, replace(state, answers=answers), place.case.context)
    taken = _ask(flow, replace(state, answers=answers, now={}), after, ())
    if not isinstance(after.at, Outcome):
        return replace(taken, taken=True)
    operation = Operation(after.at.operation, dict(after.case.answers), flow.id) if after.at.operation else None
    return replace(taken, taken=True, finished=after.at.id, operation=operation, leads_to=after.at.leads_to)


def _guess(flow: Flow, state: State, place: Place, guess: dict[str, Any]) -> Turn:
    """Say back what was understood and wait for a yes; earlier answers stay as they are."""
    step = prompts.answered_step(flow, guess["step"])
    now = {**state.now, "step": place.at.id, "guess": guess}
    return Turn(replace(state, now=now), (prompts.guess(flow, place, step, guess["value"]),))


def _confirm(flow: Flow, state: State, place: Place, sure: bool) -> Turn:
    guess = state.now["guess"]
    step = flow.step(guess["step"])
    if sure and step is not None and _acceptable(step, guess["value"], place.case.context):
        return _take(flow, state, place, step.id, guess["value"])
    return replace(_ask(flow, _no_guess(state), place, ()), taken=True)


def _no_guess(state: State) -> State:
    return replace(state, now={key: value for key, value in state.now.items() if key != "guess"})


def _look(flow: Flow, state: State, place: Place, now: Mapping[str, Any]) -> Turn:
    return _ask(flow, replace(state, now={**_kept(state.now), **now}), place, ())


def _again(flow: Flow, state: State, place: Place, *before: Say, failed: bool = False) -> Turn:
    """Say something and ask the same question again: the step and all answers kept."""
    tries = int(state.now.get("failed", 0)) + 1 if failed else 0
    says = (*before, Say("desk.offer_person")) if tries >= OFFER_PERSON_AFTER else before
    return _ask(flow, replace(state, now={**state.now, "failed": tries}), place, says)


def _chosen(flow: Flow, state: State, place: Place, outcome: Outcome, value: str) -> Turn:
    option = next((option for option in outcome.options if option.id == value), None)
    if option is None or not option.when(place.case):
        return _again(flow, state, place, Say("desk.stale"))
    if option.id == EDIT_STEP:
        return replace(_ask(flow, replace(state, now={"editing": True}), place, ()), taken=True)
    if option.says is not None:
        said = option.says(place.case)
        again = _ask(flow, replace(state, now={}), place, said.text)
        last = replace(again.replies[-1], media=said.media)
        return replace(again, replies=(*again.replies[:-1], last))
    if option.operation is not None:
        operation = Operation(option.operation, dict(place.case.answers), flow.id)
        return Turn(replace(state, now={}), (), operation=operation, taken=True)
    carried = {key: place.case.answers[key] for key in option.carries if key in place.case.answers}
    return Turn(replace(state, now={}), (), leads_to=option.leads_to, carried=carried, taken=True)


def _edit(flow: Flow, state: State, place: Place, step: str) -> Turn:
    """Re-ask one answered question; later answers are kept, and asked again only if affected."""
    if step not in place.trail:
        return _again(flow, state, place, Say("desk.stale"))
    answers = {key: value for key, value in state.answers.items() if key != step}
    now = {"step": step, "was": state.answers[step]}
    asked = ask_open(flow, replace(state, answers=answers, now=now), place.case.context)
    return replace(asked, taken=True)


def _ask(flow: Flow, state: State, place: Place, before: tuple[Say | Lines, ...]) -> Turn:
    first = (Reply(before),) if before else ()
    if state.now.get("guess"):
        again = _guess(flow, state, place, state.now["guess"])
        return replace(again, replies=first + again.replies)
    if state.now.get("editing"):
        reply = prompts.editable(flow, place)
    elif isinstance(place.at, Outcome):
        reply = prompts.ending(flow, place, place.at)
        if before:  # it was given already: only what may be done next stands under the words
            reply = replace(reply, text=())
    else:
        reply = prompts.question(flow, place, place.at, state.now)
    now = {**state.now, "step": place.at.id, "shown": [offer.id for offer in reply.options]}
    return Turn(replace(state, now=now), (*first, reply))
