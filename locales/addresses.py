"""Every address that must have words, read off the flows; beside them, those no flow names."""

from collections.abc import Iterable, Iterator

from conversations.flow import Flow, Outcome, Step
from conversations.kinds import Search


def of_flows(flows: Iterable[Flow]) -> Iterator[str]:
    """The addresses of every question, option, explanation, refusal and outcome."""
    for flow in flows:
        for step in flow.steps:
            yield from _of_step(flow.id, step)
        for outcome in (*flow.stops, *flow.outcomes):
            yield from _of_outcome(flow.id, outcome)


def _of_step(flow: str, step: Step) -> Iterator[str]:
    here = f"{flow}.{step.id}"
    yield from (f"{here}.ask", f"{here}.name")
    if isinstance(step.kind, Search):
        yield f"{here}.found"
    for reason in step.kind.reasons():
        yield f"{here}.unclear.{reason}"
    for option in step.options:
        yield f"{here}.option.{option.id}"
        if option.explains:
            yield f"{here}.explain.{option.id}"


def _of_outcome(flow: str, outcome: Outcome) -> Iterator[str]:
    here = f"{flow}.{outcome.id}"
    yield from outcome.sayings or (f"{here}.ask",)
    for option in outcome.options:
        yield f"{here}.option.{option.id}"


def _under(head: str, *ids: str) -> Iterator[str]:
    return (f"{head}.{id}" for id in ids)


MEDIA = ("sticker", "voice", "photo", "document", "contact", "place", "edited", "other")


def of_the_desk(words: Iterable[str]) -> tuple[str, ...]:
    """The addresses no flow names: shared answers, global words, the desk's own sayings, the site."""
    return (
        *_under("answer", "yes", "no", "unsure", "more"),
        *_under("word", *words),
        *_under("desk.media", *MEDIA),
        *_under("desk.guess", "answer", "change"),
        *_under("desk.edit", "ask", "line"),
        *_under("desk.person", "asked", "phone", "hours", "noted", "button"),
        *_under("desk", "offer_person", "stale", "already", "unclear.option", "amount", "years", "stopped"),
        *_under("desk", "help", "hello", "thanks", "apology"),
        *_under("web", "title", "welcome", "channel.telegram", "no_channel", "phone", "type_here", "send"),
        *_under("web", "forget", "demonstration", "offline"),
    )
