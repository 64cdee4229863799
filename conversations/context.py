"""What a turn may know besides the form: the day, the law, the spellings, data, and the person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from amo.facts import Facts
from conversations.values import Answers, Media, Named, Reply, Say, Subject


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
class Naming(Source, Protocol):
    """A source whose ids have a name of their own, which its labels say more than."""

    def named(self, words: str) -> list[str]:
        """Ids that bear this very name."""
        ...


@runtime_checkable
class Grouped(Naming, Protocol):
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

    def guard(self, words: str) -> str | None:
        """Return what goes before any question: money asked, danger, a loss, an illness; None for none of them."""
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

    def guard(self, words: str) -> str | None:
        return None

    def stops(self, words: str) -> bool:
        return False


NO_TOPICS = NoTopics()


@dataclass(frozen=True, slots=True)
class Chamber:
    """What the chamber says of itself, when it has said it. `helplines`: whom to call in danger."""

    phone: str | None = None
    hours: Named | None = None
    address: Named | None = None
    helplines: Named | None = None


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
    """Whom a broadcast would reach: how many in all, by channel and language; the others by reason.

    `closed`: of those counted, who is out of her window with no template. `initiated`: who would be written to by
    template. `ends`: when the last would have it, on the wall; `days`: over how many days, where the provider's daily
    limit asks for several; `cost`: in DH, where the chamber told the price; `charged`: whether the provider asks for
    money. `approval`: whether a second person must agree; `trial`: how many are written to first.
    """

    count: int
    by: Mapping[tuple[str, str], int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    closed: int = 0
    initiated: int = 0
    ends: datetime | None = None
    days: int = 1
    cost: Decimal | None = None
    charged: bool = False
    approval: bool = False
    trial: int = 0


@dataclass(frozen=True, slots=True)
class BroadcastView:
    """A broadcast as its author sees it: how it stands in words, and what may be done with it."""

    told: Reply
    may: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MemberView:
    """A colleague as the mind sees her. `me`: it is who asks; `known`: nobody has to confirm her, or who asks has.
    `nights`: she is rung at night too.
    """

    name: Named
    roles: Named
    state: str
    since: date
    seen: date | None
    channel: Named
    me: bool = False
    known: bool = True
    province: Named | None = None
    nights: bool = False


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request for a person as a colleague sees it. `question`: the name of the one she stood at; `holder`: in words,
    how it stands and who has it in hand; `mine`, `own`: the colleague has it in hand, is who asked. `lines`: what was
    written, on both sides; `topic`: the question of ours it may be.
    """

    number: str
    who: Named
    reference: Named | None
    language: str
    commune: Named | None
    channel: Named
    question: Say | None
    since: datetime
    wait: Named
    state: str
    holder: Named
    claimed: bool = False
    mine: bool = False
    own: bool = False
    lines: tuple[Say, ...] = ()
    media: tuple[Media, ...] = ()
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedResults:
    """Results that the rules would say otherwise: the regime and DH before and after, of how many."""

    before: str
    was: Decimal | None
    after: str
    will: Decimal | None
    count: int


class Lookups(Protocol):
    """What the memory knows of a contact: read only when the mind asks."""

    def session(self, id: str) -> SessionView | None:
        """Return an awareness session by its id; None when there is none."""
        ...

    def told_of(self, answers: Answers) -> int:
        """Return how many would be told of a session, as a form has it or put aside."""
        ...

    def audience(self, answers: Answers) -> Audience:
        """Return whom a broadcast would reach, as its form stands."""
        ...

    def broadcast(self, id: str) -> BroadcastView:
        """Return a broadcast by its number, as this person of the chamber sees it."""
        ...

    def going(self) -> int:
        """Return how many broadcasts are on their way."""
        ...

    def warnings(self, answers: Answers) -> tuple[Say, ...]:
        """Return what speaks against a day and an hour."""
        ...

    def last_subject(self, kind: str) -> Subject | None:
        """Return what the last message of some kind was about."""
        ...

    def said_last(self) -> Subject | None:
        """Return what the very last message was about."""
        ...

    def asked_last(self) -> Subject | None:
        """Return the same, when it came unasked and her own question had been quiet for a while: a bare yes or no
        then answers it.
        """
        ...

    def comes(self) -> bool:
        """Return whether she said she comes to a session still to come."""
        ...

    def is_invitation(self, code: str) -> bool:
        """Return whether a word is an invitation that waits to be used."""
        ...

    def subscribed(self, province: str) -> bool:
        """Return whether she is told of a province's sessions."""
        ...

    def changes(self) -> tuple[ChangedResults, ...] | None:
        """Return kept results that today's rules would say otherwise; None while they are looked at."""
        ...

    def file(self, id: str) -> FileView | None:
        """Return one of her files by its id."""
        ...

    def member(self, id: str) -> MemberView | None:
        """Return a colleague by her number; None when there is none."""
        ...

    def request(self, id: str) -> RequestView | None:
        """Return a request for a person by its number; None when there is none."""
        ...

    def tasks(self) -> Mapping[str, int]:
        """Return how much waits for this person of the chamber: requests, approvals, questions, new files."""
        ...

    def noticed_last(self) -> Subject | None:
        """Return what the very last message was about, when it came unasked."""
        ...

    def journal(self) -> tuple[Say, ...]:
        """Return the last acts of the chamber's people, a line each, the latest first."""
        ...

    def standing(self) -> Reply:
        """Return how the service is, for who looks after it."""
        ...

    def answer_of(self, words: str) -> str | None:
        """Return the answer the chamber agreed to for these very words; None when there is none."""
        ...

    def muted(self) -> frozenset[str]:
        """Return the kinds of message she does not want; `all` of them."""
        ...

    def leaving(self) -> datetime | None:
        """Return when everything of hers is erased, on the wall, once she asked."""
        ...


class NothingKnown:
    """A desk without a memory: nobody subscribed, nothing was sent, no file is there."""

    def session(self, id: str) -> SessionView | None:
        return None

    def told_of(self, answers: Answers) -> int:
        return 0

    def audience(self, answers: Answers) -> Audience:
        return Audience(0)

    def broadcast(self, id: str) -> BroadcastView:
        return BroadcastView(Reply((Say("sendings.one.ask"),)))

    def going(self) -> int:
        return 0

    def warnings(self, answers: Answers) -> tuple[Say, ...]:
        return ()

    def last_subject(self, kind: str) -> Subject | None:
        return None

    def said_last(self) -> Subject | None:
        return None

    def asked_last(self) -> Subject | None:
        return None

    def comes(self) -> bool:
        return False

    def is_invitation(self, code: str) -> bool:
        return False

    def subscribed(self, province: str) -> bool:
        return False

    def changes(self) -> tuple[ChangedResults, ...] | None:
        return ()

    def file(self, id: str) -> FileView | None:
        return None

    def member(self, id: str) -> MemberView | None:
        return None

    def request(self, id: str) -> RequestView | None:
        return None

    def tasks(self) -> Mapping[str, int]:
        return {}

    def noticed_last(self) -> Subject | None:
        return None

    def journal(self) -> tuple[Say, ...]:
        return ()

    def standing(self) -> Reply:
        return Reply((Say("status.line", {"line": Named.same("-")}),))

    def answer_of(self, words: str) -> str | None:
        return None

    def muted(self) -> frozenset[str]:
        return frozenset()

    def leaving(self) -> datetime | None:
        return None


NOTHING_KNOWN = NothingKnown()


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What a turn may know besides the form.

    `now` is the moment on the wall. `roles`: the person's at the desk, if she has some. `phone`: her number, where the
    channel tells it. `link`: what opens the desk on her channel. `silent`: before this message she was away for
    long; `check_after`: how many days that is. `opens`: when somebody of the chamber is at work next, when
    nobody is now; `hushed`: until when she may not ask for a person. `lookups`: what the memory is asked for.
    """

    today: date
    facts: Facts
    spellings: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    chamber: Chamber = Chamber()
    topics: Topics = NO_TOPICS
    now: datetime | None = None
    roles: frozenset[str] = frozenset()
    phone: str | None = None
    link: str | None = None
    silent: bool = False
    check_after: int = 30
    opens: datetime | None = None
    hushed: datetime | None = None
    lookups: Lookups = NOTHING_KNOWN
