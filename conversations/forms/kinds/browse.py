"""One of many, by typing, by its group, or by a place shared from a phone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from conversations.context import Grouped, TurnContext
from conversations.forms.flow import Asked, Got, Look, Maybe, Unclear, Understood
from conversations.forms.kinds.pin import COORDINATES
from conversations.forms.kinds.search import MORE, Search
from conversations.language.understand import clean
from conversations.values import Named, Say

GROUP_A_PAGE = 8
SHOW_LIST = "list"  # an own option that shows the groups


@dataclass(frozen=True, slots=True)
class Browse(Search):
    """An id of a source that has groups. `shows`: the groups are listed before anything is typed; else
    behind the step's own option `list`. `exact`: a name written as the source has it needs no choosing.
    """

    exact: bool = False

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        source = grouped_source(asked.case.context, self.source)
        place = COORDINATES.match(clean(words))
        if place is not None:
            near = source.near(float(place[1]), float(place[2]))
            if not near:
                return Unclear("elsewhere", own=False)
            return Maybe(near[0]) if len(near) == 1 else Look({"near": near})
        named = source.named(words) if self.exact else []
        if len(named) == 1:
            return Got(named[0])
        return Search.read(self, words, asked)

    @override
    def leads(self, value: str, now: Mapping[str, Any], context: TurnContext) -> dict[str, Any] | None:
        if value == SHOW_LIST:
            return {"groups": True, "page": 0}
        if value in grouped_source(context, self.source).groups():
            return {"group": value, "page": 0}
        return Search.leads(self, value, now, context)

    @override
    def candidates(self, asked: Asked) -> tuple[str, ...]:
        source, now = grouped_source(asked.case.context, self.source), asked.now
        page = int(now.get("page", 0))
        if now.get("near"):
            return tuple(now["near"])
        if now.get("group"):
            ids, more = source.members(str(now["group"]), page)
            return (*ids, MORE) if more else tuple(ids)
        if now.get("groups") or (self.shows and not now.get("search")):
            groups = source.groups()[page * GROUP_A_PAGE : (page + 1) * GROUP_A_PAGE]
            return (*groups, MORE) if len(source.groups()) > (page + 1) * GROUP_A_PAGE else tuple(groups)
        return Search.candidates(self, asked)

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        source = grouped_source(asked.case.context, self.source)
        if value in source.groups():
            return source.group(value)
        return Search.label(self, value, asked)


def grouped_source(context: TurnContext, name: str) -> Grouped:
    """A source that has groups."""
    source = context.sources[name]
    assert isinstance(source, Grouped), name
    return source
