"""Who may do what, drawn from the commands and the operations, and tried whole: typed, forged, replayed, on both channels.

Whatever somebody without the role types or presses, no operation of the chamber's people runs, and no form of theirs
opens.
"""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk.actions import ACTIONS, FORM_ACTIONS
from conversations.flows import FLOWS
from conversations.forms.flow import Flow, lift, locate
from conversations.roles import MEMBER, Role, may
from conversations.values import Operation
from models.contact import Contact
from models.journal import JournalEntry
from models.staff import Staff, StaffState
from services.turns import operations
from services.turns.lookups import turn_context
from tests.counters import Counter, Person, counter
from tests.desks import words

ROLES: tuple[tuple[str, ...], ...] = ((), *((role,) for role in Role), (Role.AGENT, Role.APPROVER))
CHANNELS = ("telegram", "whatsapp")
COMMANDS = {flow.id: flow for flow in FLOWS.by_word.values() if flow.role is not None}
# The right of every operation of the chamber's people. A new one brings its line: who may do it is read here.
RIGHTS: dict[str, str] = {
    **dict.fromkeys(("plan", "put_aside", "announce", "move", "cancel", "who_comes"), Role.BROADCASTER),
    **dict.fromkeys(("door_code", "hall_code", "prepare", "freeze", "test", "send", "amend"), Role.BROADCASTER),
    **dict.fromkeys(("pause", "resume", "halt", "retry", "report", "drop", "undo"), Role.BROADCASTER),
    "label_question": Role.BROADCASTER,
    **dict.fromkeys(("approve_yes", "approve_no"), Role.APPROVER),
    **dict.fromkeys(("claim", "answer", "answer_ready", "answer_in_place", "ask_paper"), Role.AGENT),
    **dict.fromkeys(("hand_over", "close_request", "mute_asker", "card_shown"), Role.AGENT),
    **dict.fromkeys(("invite", "admit_yes", "admit_no", "change_role", "remove_member"), Role.ADMIN),
    **dict.fromkeys(("confirm_member", "accept_yes", "accept_no"), Role.ADMIN),
    **dict.fromkeys(("held_yes", "held_reminders", "held_no"), Role.ADMIN),
    **dict.fromkeys(("name_member", "set_province", "toggle_nights", "leave_team"), MEMBER),
}


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


class Acts:
    """What the journal says was done since it was looked at last."""

    def __init__(self, desk: Counter) -> None:
        self.desk, self.seen = desk, 0

    def fresh(self) -> list[str]:
        with Session(self.desk.engine) as db:
            found = sa.select(JournalEntry).where(JournalEntry.number > self.seen).order_by(JournalEntry.number)
            rows = db.scalars(found).all()
            self.seen = rows[-1].number if rows else self.seen
            return [row.act for row in rows if row.act in RIGHTS]


def somebody(
    desk: Counter, channel: str, number: int, roles: tuple[str, ...], state: str = StaffState.ACTIVE
) -> Person:
    person = desk.person(channel, number)
    person.says("/start")
    person.says("2")
    gives(desk, person, roles, state)
    return person


def gives(desk: Counter, person: Person, roles: tuple[str, ...], state: str = StaffState.ACTIVE) -> None:
    """Other roles, from now on."""
    with Session(desk.engine) as db:
        db.execute(sa.delete(Staff).where(Staff.contact_id == person.contact_id))
        if roles:
            db.add(Staff(contact_id=person.contact_id, roles=" ".join(roles), state=state, since=desk.hands.at))
        db.commit()


def spellings_of(flow: Flow) -> list[str]:
    assert flow.command is not None
    every = words().spellings()[f"word.{flow.command.word}"]
    return [each for each in every if each.startswith("/")] or list(every[:1])


def test_every_operation_has_its_right_here() -> None:
    ours = {name: role for name, (role, _) in operations.OPERATIONS.items() if role is not None}
    assert ours == RIGHTS


def test_rights_of_roles_add_up_and_no_further() -> None:
    for name, needed in RIGHTS.items():
        for roles in ROLES:
            allowed = Role.ADMIN in roles or needed in roles or (needed == MEMBER and bool(roles))
            assert may(roles, needed) is allowed, (name, roles)


@pytest.mark.parametrize("channel", CHANNELS)
def test_commands_typed(desk: Counter, channel: str) -> None:
    """Every command, however it is spelled, by every role: it opens to who may, and to nobody else."""
    beyond, tried = [], 0
    for place, roles in enumerate(ROLES):
        person = somebody(desk, channel, 100 + place, roles)
        for flow in COMMANDS.values():
            for said in spellings_of(flow):
                person.says("menu")
                person.says(said)
                tried += 1
                if (person.chat.open == flow.id) is not may(roles, flow.role):
                    beyond.append((roles, said, person.chat.open))
    assert beyond == []
    assert tried > 200, tried


@pytest.mark.parametrize("channel", CHANNELS)
def test_buttons_forged(desk: Counter, channel: str) -> None:
    """Every action and every form a button opens, with subjects that are there and that are not."""
    beyond, tried, acts = [], 0, Acts(desk)
    for place, roles in enumerate(ROLES):
        person = somebody(desk, channel, 200 + place, roles)
        for step, action in ACTIONS.items():
            for option in (*action.operations, *(("cost",) if action.whatever else ())):
                for subject in ("1", "zz"):
                    acts.fresh()
                    person.presses_exactly(f"{step}:{option}:{subject}")
                    tried += 1
                    gone = [name for name in acts.fresh() if not may(roles, RIGHTS[name])]
                    beyond += [(roles, step, option)] if gone or _in_a_form_beyond(person, roles) else []
                    gives(desk, person, roles)  # who left by it is back
        for step, (flow, role, _) in FORM_ACTIONS.items():
            person.says("menu")
            person.presses_exactly(f"{step}:open:1")
            tried += 1
            beyond += [] if (person.chat.open == flow) is may(roles, role) else [(roles, step, "open")]
    assert beyond == []
    assert tried > 200, tried


def _in_a_form_beyond(person: Person, roles: tuple[str, ...]) -> bool:
    return not may(roles, FLOWS[person.chat.open].role)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("after", ["none", "removed", "asleep", "waiting", "another"])
def test_buttons_replayed(desk: Counter, channel: str, after: str) -> None:
    """A form open on the screen of who may, pressed and typed at once she may no more: it is closed, nothing is done."""
    beyond, tried, acts = [], 0, Acts(desk)
    person = somebody(desk, channel, 300, (Role.ADMIN,))
    for flow in FLOWS.values():
        if flow.role is None:
            continue
        lost: tuple[str, ...] = (Role.ADMIN,) if after in ("removed", "asleep", "waiting") else ()
        if after == "another":
            lost = tuple(role for role in Role if role != Role.ADMIN and not may((role,), flow.role))[:1]
        for how in ("press", "digit", "words"):
            gives(desk, person, (Role.ADMIN,))
            _puts_on_the_counter(desk, person, flow)
            person.says("/question")  # the question once more, with its buttons
            buttons = [button.data for button in person.spoken.options]
            gives(desk, person, lost, after if after in ("removed", "asleep", "waiting") else StaffState.ACTIVE)
            acts.fresh()
            said = {"press": buttons[0] if buttons else "one:remove:2", "digit": "1", "words": "نعم"}[how]
            if how == "press":
                person.presses_exactly(said)
            else:
                person.says(said)
            tried += 1
            done = acts.fresh()
            outside = not may(_roles(desk, person), FLOWS[person.chat.open].role)
            beyond += [(flow.id, how, done)] if done or outside else []
    assert beyond == []
    assert tried > 50, tried


def _roles(desk: Counter, person: Person) -> frozenset[str]:
    with Session(desk.engine) as db:
        row = db.scalars(sa.select(Staff).where(Staff.contact_id == person.contact_id)).one_or_none()
        return row.role_set if row is not None and row.state == StaffState.ACTIVE else frozenset()


def _puts_on_the_counter(desk: Counter, person: Person, flow: Flow) -> None:
    """The form of a flow open, at its first question or its outcome."""
    from conversations.forms.flow import begin
    from services.chats import read_chat, write_chat

    with Session(desk.engine) as db:
        contact = db.get_one(Contact, person.contact_id)
        chat = read_chat(desk.desk, contact).start(begin(flow, dict.fromkeys(flow.given, 1)))
        context = turn_context(db, desk.desk, contact, chat)
        locate(flow, lift(flow, chat.form.state), context)
        write_chat(desk.desk, contact, chat)
        db.commit()


@pytest.mark.parametrize("roles", ROLES)
def test_operations_called(desk: Counter, roles: tuple[str, ...]) -> None:
    """Every operation asked for without its right is a button nobody knows, and leaves nothing in the journal."""
    person = somebody(desk, "telegram", 400, roles)
    for name, needed in RIGHTS.items():
        if may(roles, needed):
            continue
        with Session(desk.engine) as db:
            contact = db.get_one(Contact, person.contact_id)
            done = operations.run_operation(db, desk.desk, contact, Operation(name, {"broadcast": 1, "member": "1"}))
            assert done.refused
            assert [each.msgid for each in done.says if hasattr(each, "msgid")] == ["desk.stale"]
    assert Acts(desk).fresh() == []
