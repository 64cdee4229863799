"""One of many, found by typing: the desk shows what fits, the person picks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from conversations.context import Naming, TurnContext
from conversations.forms.flow import LOOK_KEYS, Asked, Case, Got, Kind, Look, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.understand import choose, clean, fold, typed_digit
from conversations.values import Named, Say

MORE = "more"


@dataclass(frozen=True, slots=True)
class Search(Kind):
    """An id of a source. A digit means the list last shown; words start a new search.

    `shows`: the source is listed before anything is typed.
    """

    source: str
    shows: bool = False

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        own = [(id, option_spellings(asked, id)) for id in asked.shown]
        found = choose(words, own, asked.case.context.spellings)
        if found is not None:
            look = self.leads(found.id, asked.now, asked.case.context)
            if look is not None:
                return Look(look)
            if found.sure:
                return Got(found.id)
            if asked.step.option(found.id) is not None:
                return Maybe(found.id)
        if typed_digit(words) is not None or not (clean(words) or self.shows):
            return Unclear("nothing_found", own=not self.shows)
        ids, _ = asked.case.context.sources[self.source].find(words, asked.case.answers, 0)
        if self.shows and (named := self._named(words, ids, asked.case.context)) is not None:
            return Got(named)
        return Look({"search": words[:100], "page": 0}) if ids else Unclear("nothing_found", own=not self.shows)

    def _named(self, words: str, ids: list[str], context: TurnContext) -> str | None:
        """The one whose very name this is: nothing is left to choose."""
        said, source = fold(words), context.sources[self.source]
        named = [id for id in ids if said in (fold(each) for each in source.label(id).names.values())]
        if not named and isinstance(source, Naming):
            named = [id for id in source.named(words) if id in ids]
        return named[0] if len(named) == 1 else None

    @override
    def leads(self, value: str, now: Mapping[str, Any], context: TurnContext) -> dict[str, Any] | None:
        """What to look at next, of a choice that is no answer: the following page."""
        if value != MORE:
            return None
        kept = {key: now[key] for key in LOOK_KEYS if key in now}
        return {**kept, "page": int(now.get("page", 0)) + 1}

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and context.sources[self.source].known(value)

    @override
    def fits(self, value: Any, case: Case) -> bool:
        """Whether a stored id still goes with the answers before it."""
        return case.context.sources[self.source].fits(value, case.answers)

    @override
    def may_find(self, value: str, step: Step, context: TurnContext) -> bool:
        return self.holds(value, step, context)

    @override
    def found(self, asked: Asked) -> Say:
        return Say("desk.found") if self.shows else Kind.found(self, asked)

    @override
    def candidates(self, asked: Asked) -> tuple[str, ...]:
        words = asked.now.get("search") or ("" if self.shows else None)
        if words is None:
            return ()
        source = asked.case.context.sources[self.source]
        ids, more = source.find(words, asked.case.answers, int(asked.now.get("page", 0)))
        return (*ids, MORE) if more else tuple(ids)

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        if value == MORE:
            return Say("answer.more")
        return asked.case.context.sources[self.source].label(value)

    @override
    def reasons(self) -> tuple[str, ...]:
        return () if self.shows else ("nothing_found",)
