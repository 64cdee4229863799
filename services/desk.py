"""What every use case of the desk works with; built once, in bot.py, and passed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from amo.facts import Facts
from conversations.flow import Flow
from conversations.values import Chamber, Heard, Source, World
from locales.speech import Speech
from models.sealed import Sealer
from services.clock import Clock

Hear = Callable[[bytes], Heard | None]


@dataclass(frozen=True, slots=True)
class Desk:
    """Keys, clock, words, flows and data. `hear` turns a channel's raw body into what was heard."""

    sealer: Sealer
    clock: Clock
    speech: Speech
    flows: Mapping[str, Flow]
    facts: Facts
    spellings: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    chamber: Chamber
    hear: Mapping[str, Hear]

    def world(self) -> World:
        """What a turn may know, today."""
        return World(self.clock.today(), self.facts, self.spellings, self.sources, self.chamber)
