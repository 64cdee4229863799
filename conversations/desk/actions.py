"""What is done outside any form: buttons `<act>:<option>:<subject>`, invitations, answers to a person.

The person's place in her own form stays untouched.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conversations.context import World
from conversations.desk.chat import base36
from conversations.language.texts import tidy
from conversations.language.understand import clean, fold, said_as, typed_digit
from conversations.roles import ADMIN, APPROVER, BROADCASTER, may
from conversations.values import Deed, Heard, Offer, Say

ADDRESS = "act"
MOST = 2**31 - 1  # what a column of whole numbers holds
REQUEST = "request"
JOIN = re.compile(r"(?:/start\s+)?([A-Za-z0-9_-]{8,66})\Z", re.ASCII)
PREFIX = "j-"
SHORTEST_CODE = 10
SUBJECT = re.compile(r"[0-9a-z]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Act:
    """The deed of each option, who may press it, and what its subject is called.

    `digits`: the options a bare digit stands for, right after the notice, by their place under it. `given`:
    the option goes along with the deed under this name. `told`: what a message that offers it is about, when
    that is not its subject; `yes`: the option a bare yes stands for, when it is not called so, or none.
    """

    deeds: Mapping[str, str]
    subject: str
    role: str | None = None
    digits: tuple[str, ...] = ()
    given: str | None = None
    told: str | None = None
    yes: str = "yes"

    @property
    def head(self) -> str:
        """What a message that offers it is about."""
        return self.told or self.subject


STARS = ("1", "2", "3", "4", "5")
ACTS: Mapping[str, Act] = {
    "attend": Act(
        {"yes": "attend_yes", "no": "attend_no", "next": "attend_next", "wait": "attend_wait"},
        "session",
        digits=("yes", "no", "next"),
    ),
    "rate": Act(dict.fromkeys(STARS, "rate"), "rating", digits=STARS, given="stars"),
    "quit": Act({"sessions": "quit", "news": "quit"}, "bulk", given="which"),
    "undo": Act({"yes": "undo"}, "broadcast", BROADCASTER, told="sending", yes=""),
    "run": Act(
        {"pause": "pause", "resume": "resume", "cancel": "undo"},
        "broadcast",
        BROADCASTER,
        told="sending",
        yes="resume",
    ),
    "approve": Act({"yes": "approve_yes", "no": "approve_no"}, "approval", APPROVER),
    "admit": Act({"yes": "admit_yes", "no": "admit_no"}, "staff", ADMIN, digits=("yes", "no")),
}
# What is shown at a door: of a person (`p`), or of the meeting (`d`), with the meeting and a code.
# A phone writes the first letter large, and people leave out the lines between.
BETWEEN = r"[\s_.\u2010-\u2014-]"
DOOR = re.compile(rf"(?:/start\s+)?([pd]){BETWEEN}*([0-9a-z]{{1,7}}){BETWEEN}+([0-9]{{4,6}})\Z", re.IGNORECASE)
# Words too common to count at any other time than right after the message they answer.
AT_ONCE = (("undo", "yes"), ("run", "resume"), ("approve", "yes"), ("approve", "no"))
RATED = re.compile(r"([1-5])\s+\D{2,30}\Z", re.ASCII)
# A press that opens a form about its subject: the form, who may, what the subject is called.
OPENS: Mapping[str, tuple[str, str, str]] = {"answer": ("answer", ADMIN, REQUEST)}


def offer(act: str, option: str, about: int) -> Offer:
    """The button of an act."""
    return Offer(act, option, Say(f"{ADDRESS}.{act}.{option}"), base36(about))


def number(subject: str) -> int | None:
    """The number a button carries; None when it is none."""
    found = int(subject, 36) if SUBJECT.match(subject) else MOST + 1
    return found if found <= MOST else None


def spoken() -> Iterator[tuple[str, str, str]]:
    """Every act, for it may be typed as well: its name, its option, what its subject is called."""
    for name, act in ACTS.items():
        for option in act.deeds:
            yield name, option, act.subject
    for name, (_, _, subject) in OPENS.items():
        yield name, "open", subject


def deed(heard: Heard, world: World) -> Deed | None:
    """The deed of a button pressed, of an invitation, of an answer written under a request."""
    act = ACTS.get(heard.step or "")
    if act is not None:
        subject = number(heard.draft or "")
        if heard.value in act.deeds and subject is not None and may(world.role, act.role):
            more = {act.given: heard.value} if act.given else {}
            return Deed(act.deeds[heard.value], {act.subject: subject, **more})
        return None
    if heard.step is not None:
        return None
    shown = DOOR.match(clean(heard.value)) if not heard.media else None
    if shown is not None and (session := number(shown[2].lower())) is not None:
        whose = "seen" if shown[1].lower() == "p" else "here"
        return Deed(whose, {"session": session, "code": shown[3]})
    joins = JOIN.match(clean(heard.value)) if not heard.media else None
    if joins is not None and (_looks_invited(joins[1]) or world.invited(joins[1])):
        return Deed("join", {"code": joins[1]})
    head, _, about = (heard.about or "").partition(":")
    if head == REQUEST and heard.value and not heard.media and may(world.role, ADMIN):
        return Deed("answer", {"request": int(about), "words": tidy(heard.value)})
    return None


def _looks_invited(code: str) -> bool:
    """Whether a word has the shape of an invitation; J-123456 is rather a card's number."""
    return code.lower().startswith(PREFIX) and len(code) >= len(PREFIX) + SHORTEST_CODE


def _yes_or_no(words: str, world: World) -> Heard | None:
    """A bare digit, yes or no to a notice that was the last thing said."""
    head, _, about = (world.asked_last() or "").partition(":")
    if not about.isdigit():
        return None
    digit = _place(words, head, world)
    said = said_as(words, ("answer.yes", "answer.no"), world.spellings)
    for name, act in ACTS.items():
        if act.head != head or not may(world.role, act.role):
            continue
        if digit is not None and 1 <= digit <= len(act.digits):  # the lines under it, in their order
            return Heard(act.digits[digit - 1], step=name, draft=base36(int(about)))
        meant = {"answer.yes": act.yes, "answer.no": "no"}.get(said or "")
        if meant is not None and meant in act.deeds:
            return Heard(meant, step=name, draft=base36(int(about)))
    return None


def _place(words: str, head: str, world: World) -> int | None:
    """A number alone, in digits or written out; of a rating also with words after it."""
    digit = typed_digit(words)
    if digit is not None:
        return digit
    said = fold(words)
    for place in range(1, len(STARS) + 1):
        if said in world.spellings.get(f"number.{place}", ()):
            return place
    rated = RATED.match(clean(words)) if head == ACTS["rate"].head else None
    return int(rated[1]) if rated else None


def at_once(heard: Heard, world: World) -> Deed | None:
    """Words that mean it only right after the message they answer: `cancel` once a message to many was
    confirmed is its undoing, not the menu; `go on` when it stands still."""
    if heard.step is not None or heard.media or not heard.value:
        return None
    head, _, about = (world.said_last() or "").partition(":")
    for name, option in AT_ONCE:
        act = ACTS[name]
        if act.head != head or not about.isdigit() or not may(world.role, act.role):
            continue
        if said_as(heard.value, (f"{ADDRESS}.{name}.{option}.now",), world.spellings) is not None:
            return Deed(act.deeds[option], {act.subject: int(about)})
    return None


def typed(heard: Heard, world: World) -> Heard | None:
    """An act in words, about the last thing of its kind one was told of: the press it stands for."""
    if heard.step is not None or heard.media or not heard.value:
        return None
    answered = _yes_or_no(heard.value, world)
    if answered is not None:
        return answered
    known = {f"{ADDRESS}.{act}.{option}": (act, option, subject) for act, option, subject in spoken()}
    found = said_as(heard.value, known, world.spellings)
    if found is None:
        return None
    act, option, subject = known[found]
    head = ACTS[act].head if act in ACTS else subject
    noticed = world.noticed(f"{head}:")
    if noticed is None:
        return None
    return Heard(option, step=act, draft=base36(int(noticed.partition(":")[2])))
