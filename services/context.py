"""What every use case of the desk works with; built once, in app/, and passed in."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from amo.facts import Facts
from conversations.context import NO_TOPICS, Chamber, Source, Topics, TurnContext
from conversations.desk.flows import Flows
from conversations.language.catalogue import Catalogue, Entry
from conversations.values import Heard, Named
from locales.speech import Speech
from models.sealed import Sealer
from services.clock import Clock

Hear = Callable[[bytes], Heard | None]


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What a channel asks of everybody who writes through it.

    `window`: how long after a person's last message free words may be sent to her; later only a template approved by
    the provider. `settles`: how long to wait, when a send is uncertain, for the provider to tell what became of it.
    `phones`: whether its addresses are phone numbers. `edits`: whether the words of a message that was sent can be
    changed. `charges`: whether a message costs the chamber money. `deep_link`: what opens the desk with a code, of
    its `link`.
    """

    window: timedelta | None = None
    settles: timedelta = timedelta(0)
    phones: bool = False
    edits: bool = False
    charges: bool = False
    deep_link: str = "{link}"


@dataclass(frozen=True, slots=True)
class Channel:
    """One way people reach the desk. `names`: what it is called, in each language. `hear` turns a raw body into what
    was heard. `opening`: the module that opens its door, imported only where it is configured.
    """

    name: str
    names: Mapping[str, str]
    hear: Hear
    traits: ChannelTraits = ChannelTraits()
    opening: str | None = None


def channel_source(channels: Iterable[Channel]) -> Catalogue:
    """Return the channels to choose among: those with a door of their own; the others keep their name."""
    every = list(channels)
    return Catalogue(
        tuple(Entry(each.name, each.names) for each in every if each.opening is not None),
        retired={each.name: each.names for each in every if each.opening is None},
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """What the chamber decides about messages nobody asked for.

    `quiet`: from which to which hour on the wall nothing leaves. `undo`: how long a broadcast may be
    taken back. `templates`: the provider's id by `<kind>.<language>`. `url`: where people reach the
    desk's own pages, without a slash at its end. `approve_above`: from how many people a second person must
    agree (0: never); `trial`: how many are written to before the rest waits (0: no trial). `rates`: messages
    a second by channel; `daily`: how many people a day a provider lets us write to first, by channel;
    `price`: DH a message, by channel. `check_after`: how long after a file was last shown its
    person is asked for a proof. `retention`: how many days each kind of thing is kept. `working`: from when to
    when somebody is at work, by weekday (Monday is 0); nothing when that was not told. `spend`: above how many DH of
    messages a day the admins are told.
    """

    quiet: tuple[time, time] | None = (time(21), time(8))
    undo: timedelta = timedelta(seconds=60)
    templates: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    approve_above: int = 200
    trial: int = 20
    rates: Mapping[str, float] = field(default_factory=dict)
    daily: Mapping[str, int] = field(default_factory=dict)
    price: Mapping[str, Decimal] = field(default_factory=dict)
    check_after: timedelta = timedelta(days=30)
    retention: Mapping[str, int] = field(default_factory=dict)
    working: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    spend: Decimal | None = None

    def template(self, kind: str, language: str | None) -> str | None:
        """Return the provider's id of the approved words of a template in a language; None when there is none."""
        return self.templates.get(f"{kind}.{language or 'ar'}")

    def is_quiet(self, on_the_wall: datetime) -> bool:
        """Return whether a moment on the wall is an hour to let people sleep."""
        if self.quiet is None:
            return False
        begins, ends = self.quiet
        at = on_the_wall.time()
        return begins <= at < ends if begins <= ends else at >= begins or at < ends


@dataclass(frozen=True, slots=True)
class Desk:
    """Keys, clock, words, flows, data, channels by name. `alive`: the file in which the desk notes, beside its
    database, that it is alive; `erasure_lists`: where it keeps, outside its database, who was erased.
    """

    sealer: Sealer
    clock: Clock
    speech: Speech
    flows: Flows
    facts: Facts
    spellings: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    chamber: Chamber
    channels: Mapping[str, Channel]
    policy: Policy = Policy()
    topics: Topics = NO_TOPICS
    alive: Path | None = None
    erasure_lists: tuple[Path, ...] = ()

    def traits(self, channel: str | None) -> ChannelTraits:
        """Return what a channel asks of us; of one nobody knows any more, nothing."""
        found = self.channels.get(channel or "")
        return ChannelTraits() if found is None else found.traits

    def channel_name(self, channel: str) -> Named:
        """Return what a channel is called; one nobody knows any more, by the name it is stored under."""
        found = self.channels.get(channel)
        return Named.same(channel) if found is None else Named(found.names)

    def deep_link(self, channel: str, code: str) -> str | None:
        """Return what opens the desk on a channel with a code; None while its door is shut."""
        link = self.policy.links.get(channel)
        return None if link is None else self.traits(channel).deep_link.format(link=link, code=code)

    def context(self) -> TurnContext:
        """Return what a turn may know today of a stranger."""
        return TurnContext(
            self.clock.today(),
            self.facts,
            self.spellings,
            self.sources,
            self.chamber,
            self.topics,
            self.clock.wall(),
        )
