"""A place on the map, shared from a phone."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import read_option
from conversations.language.understand import clean
from conversations.values import Named, Say

COORDINATES = re.compile(r"(-?[0-9]{1,2}\.[0-9]{1,8})\s*[,;]\s*(-?[0-9]{1,3}\.[0-9]{1,8})\Z", re.ASCII)
LINK = re.compile(r"https?://\S*?(-?[0-9]{1,2}\.[0-9]{2,15})(?:,|%2C)(-?[0-9]{1,3}\.[0-9]{2,15})", re.ASCII)
# The region with a wide margin: a place outside it was shared by mistake.
SOUTH, NORTH, WEST, EAST = 26.0, 30.5, -13.5, -8.0


@dataclass(frozen=True, slots=True)
class Pin(Kind):
    """Latitude and longitude in degrees, as `28.98696,-10.05738`."""

    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        found = COORDINATES.match(clean(words)) or LINK.search(words[:500])
        if found is None:
            named = read_option(words, asked)
            if isinstance(named, (Got, Maybe)):
                return named
            return Unclear("no_place_in_link" if "://" in words else "not_a_place", own=False)
        if not (SOUTH <= float(found[1]) <= NORTH and WEST <= float(found[2]) <= EAST):
            return Unclear("elsewhere", own=False)
        return Got(f"{float(found[1]):.5f},{float(found[2]):.5f}")

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and COORDINATES.match(value) is not None

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(value)
