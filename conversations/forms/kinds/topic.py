"""A question in the person's own words, or chosen among those people ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from conversations.context import Topics, TurnContext
from conversations.forms.flow import Asked, Got, Kind, Look, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.forms.kinds.search import MORE
from conversations.language.understand import choose, typed_digit
from conversations.values import Named, Say

TOPICS_A_PAGE = 7
TOPICS_FOUND = 3
LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Topic(Kind):
    """The id of an answer. Sure of one, it is taken; else what may be meant is listed to choose from."""

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        named = choose(words, [(id, _known(asked, id)) for id in asked.shown], asked.case.context.spellings)
        if named is not None and named.id == MORE:
            return Look({"page": int(asked.now.get("page", 0)) + 1})
        if named is not None and named.sure:
            return Got(named.id)
        if typed_digit(words) is not None:
            return Unclear("option", own=False)
        topics = asked.case.context.topics
        found, sure = topics.rank(words)
        if found and found[0] not in topics.ids:
            return Unclear("nothing_fits")  # a word of the desk, which knows what it does
        ids = _answered(topics, found)
        if not ids:
            return Maybe(named.id) if named is not None else Unclear("nothing_fits")
        if sure:  # with the words, so that who meant something else need not type them again
            return Got(ids[0], {"words": words[:LONGEST_WORDS], "rejected": ids[0]})
        return Look({"search": words[:LONGEST_WORDS]})

    @override
    def leads(self, value: str, now: Mapping[str, Any], context: TurnContext) -> dict[str, Any] | None:
        """The following page."""
        return {"page": int(now.get("page", 0)) + 1} if value == MORE else None

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and value in context.topics.ids

    @override
    def candidates(self, asked: Asked) -> tuple[str, ...]:
        topics = asked.case.context.topics
        if words := _searched(asked):
            found = _answered(topics, topics.rank(words)[0])
            return tuple(id for id in found if id != asked.case.answers.get("rejected"))[:TOPICS_FOUND]
        start = int(asked.now.get("page", 0)) * TOPICS_A_PAGE
        ids = topics.ids[start : start + TOPICS_A_PAGE]
        return (*ids, MORE) if len(topics.ids) > start + TOPICS_A_PAGE else ids

    @override
    def searching(self, asked: Asked) -> bool:
        return bool(_searched(asked))

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say("questions.more") if value == MORE else Say(f"questions.name.{value}")

    @override
    def reasons(self) -> tuple[str, ...]:
        return ("nothing_fits",)


def _answered(topics: Topics, found: tuple[str, ...]) -> tuple[str, ...]:
    """What has an answer of its own: no guard, no word of the desk."""
    return tuple(id for id in found if id in topics.ids)


def _searched(asked: Asked) -> str:
    """The words that were not sure, or those whose answer was not the one meant."""
    return str(asked.now.get("search") or asked.case.answers.get("words") or "")


def _known(asked: Asked, id: str) -> tuple[str, ...]:
    if id == MORE:
        return (*asked.case.context.spellings.get("questions.more", ()), *option_spellings(asked, id))
    return (*asked.case.context.spellings.get(f"questions.name.{id}", ()), *option_spellings(asked, id))
