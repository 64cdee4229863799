"""What a turn may know besides the form: the day, the law, the spellings, data, and the person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from amo.facts import Facts
from conversations.values import Answers, Named, Reply, Say


class Source(Protocol):
    """Options that come from data. Ids once known stay known, so nobody's place moves."""

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        """Ids that fit, best first, a page at a time (from 0); and whether more follow."""
        ...

    def label(self, id: str) -> Named:
        """The names of an id. KeyError when it was never known."""
        ...

    def known(self, id: str) -> bool:
        """Whether the id is or once was known."""
        ...

    def fits(self, id: str, answers: Answers) -> bool:
        """Whether the id goes with earlier answers: a commune with its province."""
        ...

    def offers(self, id: str) -> bool:
        """Whether the id may be chosen today."""
        ...


@runtime_checkable
class Grouped(Source, Protocol):
    """A source whose ids stand in groups (trades in sectors, communes in provinces), some on the map."""

    def groups(self) -> list[str]:
        """Ids of the groups, told from the others' by their form `in.<name>`."""
        ...

    def group(self, id: str) -> Named:
        """The names of a group."""
        ...

    def members(self, group: str, page: int) -> tuple[list[str], bool]:
        """Ids of a group, a page at a time (from 0); and whether more follow."""
        ...

    def of(self, id: str) -> str:
        """What an id belongs to, without `in.`."""
        ...

    def named(self, words: str) -> list[str]:
        """Ids that bear this very name."""
        ...

    def near(self, latitude: float, longitude: float) -> list[str]:
        """Ids whose ground holds a point (degrees), the smallest first."""
        ...


class Topics(Protocol):
    """The questions people ask, and which of them some words mean."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Every topic, in the order of the menu."""
        ...

    def rank(self, words: str) -> tuple[tuple[str, ...], bool]:
        """The topics words may mean, best first, at most a few; whether the first is sure."""
        ...

    def stops(self, words: str) -> bool:
        """Whether they are a wish for no more messages, said in other words than `stop`."""
        ...


@dataclass(frozen=True, slots=True)
class NoTopics:
    """A desk that was told of no questions."""

    ids: tuple[str, ...] = ()

    def rank(self, words: str) -> tuple[tuple[str, ...], bool]:
        return (), False

    def stops(self, words: str) -> bool:
        return False


NO_TOPICS = NoTopics()


@dataclass(frozen=True, slots=True)
class Chamber:
    """What the chamber says of itself, when it has said it."""

    phone: str | None = None
    hours: Named | None = None
    address: Named | None = None


@dataclass(frozen=True, slots=True)
class SessionView:
    """An awareness session as the mind sees it; `starts` is the moment on the wall.

    `told`: how many people know its date from the desk. `comes`: how many said they come; `deaf`:
    how many of these want no more messages, or left; `waits`: how many wait for a place; `came`: how many
    were there. `speakers`, `language`: who speaks, in which language (`ar`, `fr`, `both`). `trades`: whom it
    concerns, when not everybody. `code`: this person's own, shown at the door. `day`: whether it is today.
    """

    id: str
    commune: Named
    place: Named
    starts: datetime
    about: Named | None = None
    pin: str | None = None
    capacity: int | None = None
    comes: int = 0
    told: int = 0
    deaf: int = 0
    mine: str | None = None
    open: bool = True
    waits: int = 0
    came: int = 0
    speakers: Named | None = None
    language: str | None = None
    trades: Named | None = None
    code: str | None = None
    state: str = "announced"

    @property
    def full(self) -> bool:
        """Whether every place is taken."""
        return self.capacity is not None and self.comes >= self.capacity


@dataclass(frozen=True, slots=True)
class FileView:
    """A person's file as the mind sees it. `reference`: grouped, to be read aloud. `cin`: masked, once it was
    given; `page`: whether it may be given on the desk's own page. `fresh`: its person was known to be there
    not long ago. `erase_on`: the moment on the wall when it is erased, once that was asked.
    """

    id: str
    name: Named
    reference: str
    state: str
    since: date
    cin: str | None = None
    page: bool = False
    fresh: bool = True
    erase_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a message to many would reach: how many in all, by channel and language; the others by reason.

    `closed`: of those counted, who is out of her window with no template. `initiated`: who would be written
    to by template. `ends`: when the last would have it, on the wall; `days`: over how many days, where the
    provider's daily limit asks for several; `cost`: in DH, where the chamber told the price. `approval`:
    whether a second person must agree; `trial`: how many are written to first.
    """

    count: int
    by: Mapping[tuple[str, str], int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    closed: int = 0
    initiated: int = 0
    ends: datetime | None = None
    days: int = 1
    cost: Decimal | None = None
    approval: bool = False
    trial: int = 0


@dataclass(frozen=True, slots=True)
class BroadcastView:
    """A message to many as its author sees it: how it stands in words, and what may be done with it."""

    told: Reply
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangedResults:
    """Results that the rules would say otherwise: the regime and DH before and after, of how many."""

    before: str
    was: Decimal | None
    after: str
    will: Decimal | None
    count: int


def no_changes() -> tuple[ChangedResults, ...] | None:
    """A desk that keeps no results."""
    return ()


def no_meeting(id: str) -> SessionView | None:
    """A desk without meetings."""
    return None


def nobody(where: Answers) -> Audience:
    """A desk without subscribers; a filter that says nothing means nobody too."""
    return Audience(0)


def no_sending(id: str) -> BroadcastView:
    """A desk that sent nothing."""
    return BroadcastView(Reply((Say("sendings.one.ask"),)))


def nothing_goes() -> int:
    """Nothing is on its way."""
    return 0


def no_warning(answers: Answers) -> tuple[Say, ...]:
    """A day and an hour like any other."""
    return ()


def no_file(id: str) -> FileView | None:
    """A desk without files."""
    return None


def nothing_muted() -> frozenset[str]:
    """Every message is welcome."""
    return frozenset()


def not_leaving() -> datetime | None:
    """Nobody asked that everything be erased."""
    return None


def nobody_told(answers: Answers) -> int:
    """Nobody wished to be told of meetings."""
    return 0


def no_wish() -> bool:
    """Nobody comes."""
    return False


def no_subscription(province: str) -> bool:
    """Nobody wished to be told."""
    return False


def nothing_asked() -> str | None:
    """The last thing said was no notice."""
    return None


def no_notice(head: str) -> str | None:
    """A contact that was told of nothing."""
    return None


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What a turn may know besides the form.

    `now` is the moment on the wall. `role`: the person's at the desk, if she has one. `phone`: her
    number, where the channel tells it. `meeting`: a session by its id. `announced`: how many would
    be told of a meeting, as a form has it or put aside. `noticed`: what the last
    message she was sent of some kind was about; `asked_last`: what the very last one was about, when it
    came unasked and her own question had been quiet for a while: then a bare yes or no answers it.
    `said_last`: the same, whatever it was. `comes`: whether she said so of a meeting to come;
    `subscribed`: whether she is told of a province's; `invited`: whether a word is an invitation.
    `reaches`: whom a message to many would reach, as its form stands; `sending`: a message to many by its
    number; `going`: how many are on their way; `warnings`: what speaks against a day and an hour.
    `link`: what opens the desk on her channel. `changes`: kept results that today's rules would say
    otherwise, or nothing yet while they are looked at. `file`: one of hers by its id. `muted`: kinds of
    message she does not want. `leaving`: when all of hers is erased, once she asked. `silent`:
    before this message she was away for long; `check_after`: how many days that is.
    """

    today: date
    facts: Facts
    spellings: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    chamber: Chamber = Chamber()
    topics: Topics = NO_TOPICS
    now: datetime | None = None
    role: str | None = None
    phone: str | None = None
    meeting: Callable[[str], SessionView | None] = no_meeting
    announced: Callable[[Answers], int] = nobody_told
    reaches: Callable[[Answers], Audience] = nobody
    sending: Callable[[str], BroadcastView] = no_sending
    going: Callable[[], int] = nothing_goes
    warnings: Callable[[Answers], tuple[Say, ...]] = no_warning
    noticed: Callable[[str], str | None] = no_notice
    asked_last: Callable[[], str | None] = nothing_asked
    said_last: Callable[[], str | None] = nothing_asked
    comes: Callable[[], bool] = no_wish
    invited: Callable[[str], bool] = no_subscription
    subscribed: Callable[[str], bool] = no_subscription
    link: str | None = None
    changes: Callable[[], tuple[ChangedResults, ...] | None] = no_changes
    file: Callable[[str], FileView | None] = no_file
    muted: Callable[[], frozenset[str]] = nothing_muted
    leaving: Callable[[], datetime | None] = not_leaving
    silent: bool = False
    check_after: int = 30
