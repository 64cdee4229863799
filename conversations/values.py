"""The values that cross the rooms: plain, frozen, without words of any language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from typing_extensions import override

_PRESSED = re.compile(r"([a-z][a-z0-9_]{0,31}):([A-Za-z0-9_.-]{1,40}):([0-9a-z]{0,8})\Z")
HOME = "welcome"
"""The id of the form everything begins at; the menu stands at its end."""
Answers = Mapping[str, Any]
"""Answers by step id; each a JSON value: an option id, a whole number, a decimal as text."""
Spellings = Mapping[str, Sequence[str]]
"""Every way an address may be written, folded, by address."""


class SubjectKind(StrEnum):
    """What a message can be about, so that an answer to it finds its way."""

    SESSION = "session"
    RATING = "rating"  # a session that took place
    DOOR = "door"  # a session, at its door
    TEXT = "bulk"  # a clerk's own words, as people have them
    BROADCAST = "broadcast"  # a broadcast, as its author hears of it
    CONTROL = "sending"  # a broadcast, with what may be done with it
    APPROVAL = "approval"  # a broadcast that waits for a second person
    ATTACHMENT = "attachment"  # a picture somebody sent
    QUEUE = "queue"  # the list of who asks
    REQUEST = "request"  # a person asks for one of the chamber
    ANSWER = "answer"  # and has her answer
    STAFF = "staff"  # somebody joins
    JOINED = "joined"  # has joined: another admin may know her
    SILENT = "silent"  # was silent for long, and is to be confirmed
    FLAG = "flag"  # what the desk noticed of a file
    CARD_NUMBER = "cin"
    ERASED = "erased"
    NUDGE = "nudge"
    PLACE = "place"
    UNANSWERED = "unanswered"  # an answer a clerk proposes
    HELD = "held"  # what waits for an admin after a gap, a copy, a doubtful clock

    def of(self, id: str | int | None = None) -> "Subject":
        """Return the subject of this kind with that id."""
        return Subject(self, "" if id is None else id)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about: a kind, and the id of the thing of that kind. Stored as `<kind>:<id>`."""

    kind: str
    id: str | int = ""

    @classmethod
    def parse(cls, stored: str | None) -> "Subject | None":
        """Return the subject that was stored; None for a message about nothing."""
        kind, _, id = (stored or "").partition(":")
        return cls(kind, id) if kind else None

    @override
    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id != "" else str(self.kind)

    @property
    def number(self) -> int | None:
        """The id, when it is a whole number."""
        text = str(self.id)
        return int(text) if text.isascii() and text.isdigit() else None


@dataclass(frozen=True, slots=True)
class Heard:
    """What came from a person.

    Words in `value`; or an option pressed, its id in `value` with the question (`step`) and the
    form (`draft`) its button belonged to; or, in `media`, the kind of something else (sticker,
    voice, photo, contact, place, edited): of one's own contact card and of a place, `value` is the
    number, or the latitude and longitude. `replied_to`: the provider's id of the message this one
    answers; `about`: what that message was about. `file`: of a picture or a voice note, `<kind>.<the
    channel's name of it>`, for who may hand it on. `sent_at` is in UTC.
    """

    value: str = ""
    step: str | None = None
    draft: str | None = None
    media: str | None = None
    sent_at: datetime | None = None
    replied_to: str | None = None
    about: Subject | None = None
    file: str | None = None


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
    """A sentence by its address, with what fills its placeholders; `count` picks the plural."""

    msgid: str
    placeholders: Mapping[str, "Placeholder"] = field(default_factory=dict)
    count: int | None = None


# A datetime is a moment on the wall: its day and hour.
Placeholder = str | int | Money | Named | date | datetime | time | Say


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences of one paragraph, a line each: under the first, the others are points; numbered, they are
    steps in order; flat, they are lines.
    """

    says: tuple[Say, ...]
    numbered: bool = False
    flat: bool = False


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
class Card:
    """A sheet to keep and hand on: a title, perhaps one figure, paragraphs, and who says so at its foot.

    Doors draw it as a picture and as a document. `link`: what its QR code opens, when there is such.
    """

    title: Say
    parts: tuple[Say | Lines, ...]
    foot: tuple[Say, ...]
    figure: Say | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Data:
    """What the desk keeps of a person, to take along: JSON, and the same on a sheet."""

    json: str
    paper: Card


@dataclass(frozen=True, slots=True)
class Media:
    """What goes beside the words. `photo`, `voice`: one the desk was sent, by the number it is kept under.
    `sheet`: the list of everybody a message was for, by the message's number. `pass`: a square code, its id
    what it holds. `pin`: a place on the map, its id `latitude,longitude`. `card`: a
    sheet in a language, its words as JSON in `words`, its id what its QR code holds (or nothing). `paper`:
    such a sheet sent as a document alone. `data`: a file of JSON, in `words`.
    """

    kind: str
    id: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the mind answers: paragraphs, options in the order numbered, media.

    `numbered` is False where a digit is an answer of its own: options are then named, not counted.
    `wants`: what a phone may hand over with one tap instead of words (its own `contact`).
    """

    text: tuple[Say | Lines, ...]
    options: tuple[Offer, ...] = ()
    media: tuple[Media | Card | Data, ...] = ()
    numbered: bool = True
    wants: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button carries on every channel, `<step>:<option>:<draft>` on the wire (64 bytes at most)."""

    step: str
    option: str
    draft: str

    @classmethod
    def parse(cls, data: object) -> "Pressed | None":
        """Return what a button carried; None for anything that ours could not."""
        found = _PRESSED.match(data) if isinstance(data, str) else None
        return None if found is None else cls(*found.groups())

    @override
    def __str__(self) -> str:
        return f"{self.step}:{self.option}:{self.draft}"

    def heard(self) -> Heard:
        """Return the press, as the desk hears it."""
        return Heard(self.option, step=self.step, draft=self.draft)


@dataclass(frozen=True, slots=True)
class Button:
    """An option in a language. `data` is a `Pressed` in print; `typed` what may be typed."""

    data: str
    label: str
    typed: str | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A Reply in a language; every door draws from this same value.

    `options` are numbered 1, 2, 3 in this order, when `numbered`; `exits` (back, menu, a person)
    bear no number. `shares`: the face of the button with which a phone hands over its own number, where a
    channel has one; `shared`: said when that button is to go again.
    """

    text: str
    options: tuple[Button, ...] = ()
    exits: tuple[Button, ...] = ()
    media: tuple[Media, ...] = ()
    language: str = "ar"
    numbered: bool = True
    shares: str = ""
    shared: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something a service must do: its name, the answers of the form it ends, or what it is about.

    A operation of a form names its `flow`: done, the form leaves the counter; refused, it stays.
    """

    name: str
    answers: Answers = field(default_factory=dict)
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class OperationResult:
    """What a operation came to: what is said of it, and what may be pressed under it.

    `refused`: nothing was done, the form stays. `stays`: it was done, and the form stays. `opens`: the
    form that follows, with what it is given; the form it came from is kept until a later operation `drops`
    it. `about`: what the message is
    about, for an answer to find its way. `speaks`: the language that is hers from now on. `on`: what was
    made or changed, for the journal, when no answer tells it; `done`: it was, as it was asked.
    """

    says: tuple[Say | Lines, ...]
    options: tuple[Offer, ...] = ()
    media: tuple[Media | Card | Data, ...] = ()
    refused: bool = False
    stays: bool = False
    opens: tuple[str, Answers] | None = None
    about: Subject | None = None
    drops: tuple[str, ...] = ()
    speaks: str | None = None
    on: Subject | None = None
    done: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """What one message made of a form.

    `finished`: the outcome reached by this turn. `leads_to`: the flow, or the word of the desk, the
    person chose next, with the answers `carried` along. `operation`: what a service must now do.
    `taken`: the answer was accepted, so a pressed button is spent.
    """

    state: State
    replies: tuple[Reply, ...]
    finished: str | None = None
    leads_to: str | None = None
    carried: Answers = field(default_factory=dict)
    operation: Operation | None = None
    taken: bool = False
