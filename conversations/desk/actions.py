"""What is done outside any form: buttons `<act>:<option>:<subject>`, invitations, answers to a person.

The person's place in her own form stays untouched.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conversations.context import TurnContext
from conversations.desk.chat import base36
from conversations.language.texts import tidy
from conversations.language.understand import clean, fold, said_as, typed_digit
from conversations.roles import Role, may
from conversations.values import Heard, Offer, Operation, Say, SubjectKind

ACTION_ADDRESS = "act"
LARGEST_SUBJECT = 2**31 - 1  # what a column of whole numbers holds
INVITATION_CODE = re.compile(r"(?:/start\s+)?([A-Za-z0-9_-]{8,66})\Z", re.ASCII)
INVITATION_PREFIX = "j-"
SHORTEST_CODE = 10
SUBJECT = re.compile(r"[0-9a-z]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Action:
    """The operation of each option, who may press it, and what its subject is called.

    `digits`: the options a bare digit stands for, right after the notice, by their place under it. `given`:
    the option goes along with the operation under this name. `told`: what a message that offers it is about, when
    that is not its subject; `yes`: the option a bare yes stands for, when it is not called so, or none. `whatever`: the
    operation of any option, where these come from data.
    """

    operations: Mapping[str, str]
    subject: str
    role: str | None = None
    digits: tuple[str, ...] = ()
    given: str | None = None
    told: str | None = None
    yes: str = "yes"
    whatever: str | None = None

    @property
    def head(self) -> str:
        """What a message that offers it is about."""
        return self.told or self.subject


STARS = ("1", "2", "3", "4", "5")
ACTIONS: Mapping[str, Action] = {
    "attend": Action(
        {"yes": "attend_yes", "no": "attend_no", "next": "attend_next", "wait": "attend_wait"},
        "session",
        digits=("yes", "no", "next"),
    ),
    "rate": Action(dict.fromkeys(STARS, "rate"), "rating", digits=STARS, given="stars"),
    "quit": Action({"sessions": "quit", "news": "quit"}, "bulk", given="which"),
    "undo": Action({"yes": "undo"}, "broadcast", Role.BROADCASTER, told="sending", yes=""),
    "run": Action(
        {"pause": "pause", "resume": "resume", "cancel": "undo"},
        "broadcast",
        Role.BROADCASTER,
        told="sending",
        yes="resume",
    ),
    "approve": Action({"yes": "approve_yes", "no": "approve_no"}, "approval", Role.APPROVER),
    "accept": Action({"yes": "accept_yes", "no": "accept_no"}, "unanswered", Role.ADMIN, digits=("yes", "no")),
    "claim": Action({"yes": "claim"}, "request", Role.AGENT, digits=("yes",)),
    "faq": Action({}, "request", Role.AGENT, given="topic", whatever="answer_ready"),
    "card": Action({"yes": "card_shown"}, "attachment", Role.AGENT),
    "admit": Action({"yes": "admit_yes", "no": "admit_no"}, "staff", Role.ADMIN, digits=("yes", "no")),
    "vouch": Action({"yes": "confirm_member"}, "staff", Role.ADMIN, told="joined"),
    "held": Action(
        {"reminders": "held_reminders", "yes": "held_yes", "no": "held_no"},
        "held",
        Role.ADMIN,
        yes="",
    ),
    "wake": Action({"yes": "confirm_member", "no": "remove_member"}, "staff", Role.ADMIN, told="silent"),
}
# What is shown at a door: of a person (`p`), or of the session (`d`), with the session and a code.
# A phone writes the first letter large, and people leave out the lines between.
CODE_GAP = r"[\s_.\u2010-\u2014-]"
DOOR_CODE = re.compile(rf"(?:/start\s+)?([pd]){CODE_GAP}*([0-9a-z]{{1,7}}){CODE_GAP}+([0-9]{{4,6}})\Z", re.IGNORECASE)
# Words too common to count at any other time than right after the message they answer.
IMMEDIATE = (("undo", "yes"), ("run", "resume"), ("approve", "yes"), ("approve", "no"))
RATING = re.compile(r"([1-5])\s+\D{2,30}\Z", re.ASCII)
# A press that opens a form about its subject: the form, who may, what the subject is called.
FORM_ACTIONS: Mapping[str, tuple[str, str, str]] = {"answer": ("answer", Role.AGENT, "request")}


def action_button(act: str, option: str, about: int) -> Offer:
    """The button of an act."""
    return Offer(act, option, Say(f"{ACTION_ADDRESS}.{act}.{option}"), base36(about))


def subject_number(subject: str) -> int | None:
    """The number a button carries; None when it is none."""
    found = int(subject, 36) if SUBJECT.match(subject) else LARGEST_SUBJECT + 1
    return found if found <= LARGEST_SUBJECT else None


def typed_actions() -> Iterator[tuple[str, str, str]]:
    """Every act, for it may be typed as well: its name, its option, what its subject is called."""
    for name, act in ACTIONS.items():
        for option in act.operations:
            yield name, option, act.subject
    for name, (_, _, subject) in FORM_ACTIONS.items():
        yield name, "open", subject


def operation_of(heard: Heard, context: TurnContext) -> Operation | None:
    """The operation of a button pressed, of an invitation, of an answer written under a request."""
    act = ACTIONS.get(heard.step or "")
    if act is not None:
        subject = subject_number(heard.draft or "")
        name = act.operations.get(heard.value, act.whatever)
        if name is not None and subject is not None and may(context.roles, act.role):
            more = {act.given: heard.value} if act.given else {}
            return Operation(name, {act.subject: subject, **more})
        return None
    if heard.step is not None:
        return None
    shown = DOOR_CODE.match(clean(heard.value)) if not heard.media else None
    if shown is not None and (session := subject_number(shown[2].lower())) is not None:
        whose = "seen" if shown[1].lower() == "p" else "here"
        return Operation(whose, {"session": session, "code": shown[3]})
    joins = INVITATION_CODE.match(clean(heard.value)) if not heard.media else None
    if joins is not None and (_looks_invited(joins[1]) or context.lookups.is_invitation(joins[1])):
        return Operation("join", {"code": joins[1]})
    about = heard.about
    if about is None or about.kind != SubjectKind.REQUEST or about.number is None:
        return None
    words = "" if heard.media else tidy(heard.value)
    said = "\n".join(filter(None, (heard.file, words)))
    if not said or not may(context.roles, Role.AGENT):
        return None
    return Operation("answer", {"request": about.number, "words": said})


def _looks_invited(code: str) -> bool:
    """Whether a word has the shape of an invitation; J-123456 is rather a card's number."""
    return code.lower().startswith(INVITATION_PREFIX) and len(code) >= len(INVITATION_PREFIX) + SHORTEST_CODE


def _yes_or_no(words: str, context: TurnContext, at_rest: bool) -> Heard | None:
    """A bare digit, yes or no to a notice that was the last thing said; `at_rest`: her own form asks nothing, so a yes
    of the chamber's people is for it however lately she wrote.
    """
    about = context.lookups.asked_last()
    if about is None and at_rest and context.roles and typed_digit(words) is None:
        about = context.lookups.noticed_last()
    if about is None or about.number is None:
        return None
    digit = _place(words, about.kind, context)
    said = said_as(words, ("answer.yes", "answer.no"), context.spellings)
    for name, act in ACTIONS.items():
        if act.head != about.kind or not may(context.roles, act.role):
            continue
        if digit is not None and 1 <= digit <= len(act.digits):  # the lines under it, in their order
            return Heard(act.digits[digit - 1], step=name, draft=base36(about.number))
        meant = {"answer.yes": act.yes, "answer.no": "no"}.get(said or "")
        if meant is not None and meant in act.operations:
            return Heard(meant, step=name, draft=base36(about.number))
    return None


def _place(words: str, head: str, context: TurnContext) -> int | None:
    """A number alone, in digits or written out; of a rating also with words after it."""
    digit = typed_digit(words)
    if digit is not None:
        return digit
    said = fold(words)
    for place in range(1, len(STARS) + 1):
        if said in context.spellings.get(f"number.{place}", ()):
            return place
    rated = RATING.match(clean(words)) if head == ACTIONS["rate"].head else None
    return int(rated[1]) if rated else None


def immediate_operation(heard: Heard, context: TurnContext) -> Operation | None:
    """Words that mean it only right after the message they answer: `cancel` once a broadcast was
    confirmed is its undoing, not the menu; `go on` when it stands still.
    """
    if heard.step is not None or heard.media or not heard.value:
        return None
    about = context.lookups.said_last()
    if about is None or about.number is None:
        return None
    for name, option in IMMEDIATE:
        act = ACTIONS[name]
        if act.head != about.kind or not may(context.roles, act.role):
            continue
        if said_as(heard.value, (f"{ACTION_ADDRESS}.{name}.{option}.now",), context.spellings) is not None:
            return Operation(act.operations[option], {act.subject: about.number})
    return None


def typed_action(heard: Heard, context: TurnContext, at_rest: bool = False) -> Heard | None:
    """An act in words, about the last thing of its kind one was told of: the press it stands for. `at_rest`: nothing
    is asked of her by her own form.
    """
    if heard.step is not None or heard.media or not heard.value:
        return None
    answered = _yes_or_no(heard.value, context, at_rest)
    if answered is not None:
        return answered
    known = {f"{ACTION_ADDRESS}.{act}.{option}": (act, option, subject) for act, option, subject in typed_actions()}
    found = said_as(heard.value, known, context.spellings)
    if found is None:
        return None
    act, option, subject = known[found]
    head = ACTIONS[act].head if act in ACTIONS else subject
    noticed = context.lookups.last_subject(head)
    if noticed is None or noticed.number is None:
        return None
    return Heard(option, step=act, draft=base36(noticed.number))
