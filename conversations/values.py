"""The values that cross the rooms: plain, frozen, without words of any language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Protocol

from amo.facts import Facts

Answers = Mapping[str, Any]
"""Answers by step id; each a JSON value: an option id, a whole number, a decimal as text."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came from a person.

    Words in `value`; or an option pressed, its id in `value` with the question (`step`) and the
    form (`draft`) its button belonged to; or, in `media`, the kind of something else (sticker,
    voice, photo, contact, place, edited): of one's own contact card and of a place, `value` is the
    number, or the latitude and longitude. `replied_to`: the provider's id of the message this one
    answers; `about`: what that message was about. `sent_at` is in UTC.
    """

    value: str = ""
    step: str | None = None
    draft: str | None = None
    media: str | None = None
    sent_at: datetime | None = None
    replied_to: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message at a door. `address` is opaque; `external_id` is the channel's own id of it."""

    channel: str
    address: str
    external_id: str
    heard: Heard


@dataclass(frozen=True, slots=True)
class State:
    """A form's answers so far. No position: the place is recomputed by walking the flow.

    `now` is the open question's memory only: `step`, `shown` (option ids in the order numbered),
    `failed` tries, search words, a guess waiting for yes or no.
    """

    flow: str
    version: int
    answers: Answers = field(default_factory=dict)
    now: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """A name that comes from data, in each language the data has: {"ar": ..., "fr": ...}."""

    names: Mapping[str, str]

    @classmethod
    def same(cls, name: str) -> "Named":
        """A name written alike in every language: a phone, a code."""
        return cls({"ar": name, "fr": name})


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in dirhams."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence by its address, with what fills its blanks; `count` picks the plural."""

    msgid: str
    blanks: Mapping[str, "Blank"] = field(default_factory=dict)
    count: int | None = None


# A datetime is a moment on the wall: its day and hour.
Blank = str | int | Money | Named | date | datetime | time | Say


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences of one paragraph, a line each; numbered when they are steps in order."""

    says: tuple[Say, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An option offered under a message: what a press or a digit would mean.

    `about`: of an act, its subject; without it the option belongs to the open form.
    """

    step: str
    id: str
    label: Say | Named
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """What goes beside the words. `pin`: a place on the map, its id `latitude,longitude`."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the mind answers: paragraphs, options in the order numbered, media.

    `numbered` is False where a digit is an answer of its own: options are then named, not counted.
    """

    text: tuple[Say | Lines, ...]
    options: tuple[Offer, ...] = ()
    media: tuple[Media, ...] = ()
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class Button:
    """An option in a language. `data` is `<step>:<option>:<draft>`; `typed` what may be typed."""

    data: str
    label: str
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A Reply in a language; every door draws from this same value.

    `options` are numbered 1, 2, 3 in this order, when `numbered`; `exits` (back, menu, a person)
    bear no number.
    """

    text: str
    options: tuple[Button, ...] = ()
    exits: tuple[Button, ...] = ()
    media: tuple[Media, ...] = ()
    language: str = "ar"
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a service must do: its name, the answers of the form it ends, or what it is about.

    A deed of a form names its `flow`: done, the form leaves the counter; refused, it stays.
    """

    name: str
    answers: Answers = field(default_factory=dict)
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed came to: what is said of it, and what may be pressed under it.

    `refused`: nothing was done, the form stays. `opens`: the form that follows, with what it is
    given; the form it came from is kept until a later deed `drops` it. `about`: what the message is
    about, for an answer to find its way.
    """

    says: tuple[Say | Lines, ...]
    options: tuple[Offer, ...] = ()
    media: tuple[Media, ...] = ()
    refused: bool = False
    opens: tuple[str, Answers] | None = None
    about: str | None = None
    drops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message made of a form.

    `finished`: the outcome reached by this turn. `leads_to`: the flow, or the word of the desk, the
    person chose next, with the answers `carried` along. `deed`: what a service must now do.
    `taken`: the answer was accepted, so a pressed button is spent.
    """

    state: State
    replies: tuple[Reply, ...]
    finished: str | None = None
    leads_to: str | None = None
    carried: Answers = field(default_factory=dict)
    deed: Deed | None = None
    taken: bool = False


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


@dataclass(frozen=True, slots=True)
class Chamber:
    """What the chamber says of itself, when it has said it."""

    phone: str | None = None
    hours: Named | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """An awareness session as the mind sees it; `starts` is the moment on the wall.

    `told`: how many people know its date from the desk. `comes`: how many said they come; `deaf`:
    how many of these want no more messages, or left.
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


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a message to many would reach: how many in all, and those nobody may write to."""

    count: int
    by_channel: Mapping[str, int] = field(default_factory=dict)
    stopped: int = 0
    unreachable: int = 0
    closed: int = 0


def no_meeting(id: str) -> Meeting | None:
    """A desk without meetings."""
    return None


def nobody(where: Answers) -> Audience:
    """A desk without subscribers; a filter that says nothing means nobody too."""
    return Audience(0)


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
class World:
    """What a turn may know besides the form.

    `now` is the moment on the wall. `role`: the person's at the desk, if she has one. `phone`: her
    number, where the channel tells it. `meeting`: a session by its id. `audience`: whom a message to
    a province or a commune would reach. `noticed`: what the last
    message she was sent of some kind was about; `asked_last`: what the very last one was about, when it
    came unasked and her own question had been quiet for a while: then a bare yes or no answers it.
    `said_last`: the same, whatever it was. `comes`: whether she said so of a meeting to come;
    `subscribed`: whether she is told of a province's; `invited`: whether a word is an invitation.
    """

    today: date
    facts: Facts
    spellings: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    chamber: Chamber = Chamber()
    now: datetime | None = None
    role: str | None = None
    phone: str | None = None
    meeting: Callable[[str], Meeting | None] = no_meeting
    audience: Callable[[Answers], Audience] = nobody
    noticed: Callable[[str], str | None] = no_notice
    asked_last: Callable[[], str | None] = nothing_asked
    said_last: Callable[[], str | None] = nothing_asked
    comes: Callable[[], bool] = no_wish
    invited: Callable[[str], bool] = no_subscription
    subscribed: Callable[[str], bool] = no_subscription
