"""What a service must do once a message was understood: each a value; services/turns/converse.py performs them."""

from dataclasses import dataclass

from conversations.values import Heard, Operation


@dataclass(frozen=True, slots=True)
class RunOperation:
    """Do an operation before anything is said; what is said then follows from its result."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class AskPerson:
    """She asks for a person of the chamber."""


@dataclass(frozen=True, slots=True)
class PassOn:
    """What she said goes on to the people of the chamber."""

    heard: Heard


@dataclass(frozen=True, slots=True)
class Stop:
    """She wants no message she did not ask for."""


@dataclass(frozen=True, slots=True)
class DeleteInbound:
    """What she sent is taken off the channel, where that is allowed."""


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """The question of consent of a form was answered: `yes` or `no`. It is recorded before any operation, which asks
    whether there is one.
    """

    draft: str
    answer: str


@dataclass(frozen=True, slots=True)
class KeepOutcome:
    """A form has just reached an outcome: a result is kept, where that outcome is one."""

    flow: str
    outcome: str


@dataclass(frozen=True, slots=True)
class KeepQuestion:
    """A question nobody has an answer for: kept without who asked it, for a clerk to say what it is."""

    words: str


Effect = RunOperation | AskPerson | PassOn | Stop | DeleteInbound | RecordConsent | KeepOutcome | KeepQuestion
