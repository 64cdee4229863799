"""A question in the person's own words, or chosen among those people ask."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Look, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.forms.kinds.search import MORE
from conversations.language.understand import choose, typed_digit
from conversations.values import Named, Say

TOPICS_A_PAGE = 7


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
        ids, sure = asked.case.context.topics.rank(words)
        if not ids:
            return Maybe(named.id) if named is not None else Unclear("nothing_fits")
        return Got(ids[0]) if sure else Look({"search": words[:200]})

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
        if asked.now.get("search"):
            return topics.rank(str(asked.now["search"]))[0]
        start = int(asked.now.get("page", 0)) * TOPICS_A_PAGE
        ids = topics.ids[start : start + TOPICS_A_PAGE]
        return (*ids, MORE) if len(topics.ids) > start + TOPICS_A_PAGE else ids

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say("questions.more") if value == MORE else Say(f"questions.name.{value}")

    @override
    def reasons(self) -> tuple[str, ...]:
        return ("nothing_fits",)


def _known(asked: Asked, id: str) -> tuple[str, ...]:
    if id == MORE:
        return (*asked.case.context.spellings.get("questions.more", ()), *option_spellings(asked, id))
    return (*asked.case.context.spellings.get(f"questions.name.{id}", ()), *option_spellings(asked, id))
