"""What stands on the counter: the form in hand, the menu, one that is opened or taken up again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conversations import engine
from conversations.chat import WELCOME, Chat
from conversations.flow import Flow, begin, lift, locate
from conversations.roles import may
from conversations.values import Answers, Deed, Heard, Lines, Named, Reply, Say, State, Turn
from conversations.world import World

RESUME = "resume"
Flows = Mapping[str, Flow]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message makes of a conversation, and the few things a service must then do.

    `finished`: (flow, outcome) just reached. `deed`: what a service must do before anything is said
    (see `after`). `about`: what the message is about. `asks_person`: she asks for a person. `told`: words
    for the people of the chamber. `stops`: she wants no message she did not ask for. `taken`: the
    button pressed is spent.
    """

    chat: Chat
    replies: tuple[Reply, ...]
    finished: tuple[str, str] | None = None
    deed: Deed | None = None
    about: str | None = None
    asks_person: bool = False
    told: Heard | None = None
    stops: bool = False
    taken: bool = False


def refresh(chat: Chat, world: World, flows: Flows) -> Decision:
    """The open question once more, in today's words."""
    if not chat.forms:
        chat = chat.start(begin(flows[WELCOME]))
    chat = known(chat, world, flows)
    if chat.with_person:
        return Decision(chat, (a_person(world),))
    return asked(chat, engine.ask(flows[chat.open], chat.form.state, world))


def known(chat: Chat, world: World, flows: Flows) -> Chat:
    """The same chat, at the menu when its flow is gone, or no more for this person."""
    if chat.open in flows and chat.open in chat.forms and may(world.role, flows[chat.open].role):
        return chat
    return replace(chat, open=WELCOME) if WELCOME in chat.forms else chat.start(begin(flows[WELCOME]))


def menu(chat: Chat, world: World, flows: Flows) -> Decision:
    """The menu, whatever was open."""
    chat = replace(chat, open=WELCOME)
    fresh = replace(chat.form.state, now={})  # earlier tries at it are forgotten
    return asked(chat, engine.ask(flows[WELCOME], fresh, world))


def open_form(
    chat: Chat, flow: str, world: World, flows: Flows, fresh: bool = False, given: Answers | None = None
) -> Decision:
    """Put a form on the counter: a new one, or (when answers are there) ask which."""
    if flow in (WELCOME, RESUME) and not fresh:
        return menu(chat, world, flows)
    if flow == RESUME:
        flow = str(chat.form.state.answers["flow"])
    if flow == WELCOME or not may(world.role, flows[flow].role):
        return menu(chat, world, flows)
    form, keeps = chat.forms.get(flow), flows[flow].keeps
    if keeps is not None:
        known = form.state.answers if form is not None and not fresh else {}
        kept = {key: known[key] for key in keeps if key in known}
        chat = chat.start(begin(flows[flow], {**kept, **(given or {})}))
    elif form is not None and not fresh and unfinished(flows[flow], form.state, world):
        chat = chat.start(begin(flows[RESUME], {"flow": flow}))
    else:
        chat = chat.start(begin(flows[flow], given))
    return asked(chat, engine.ask(flows[chat.open], chat.form.state, world))


def unfinished(flow: Flow, state: State, world: World) -> bool:
    """Whether there is something in a form to continue; of one that came to an early end, nothing."""
    return bool(state.answers) and locate(flow, lift(flow, state), world).at not in flow.stops


def asked(chat: Chat, turned: Turn) -> Decision:
    """The open form in its new state, with what it says."""
    return Decision(chat.put(turned.state), turned.replies)


def a_person(world: World) -> Reply:
    """A person was asked for: how and when she answers, as far as the chamber told us."""
    says: list[Say | Lines] = [Say("desk.person.asked")]
    if world.chamber.phone:
        says.append(Say("desk.person.phone", {"phone": Named.same(world.chamber.phone)}))
    if world.chamber.hours:
        says.append(Say("desk.person.hours", {"hours": world.chamber.hours}))
    return Reply(tuple(says))
