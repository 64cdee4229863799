"""What must not stand in a chat: the number of an identity card, its picture. Pure."""

from dataclasses import replace

from conversations import engine
from conversations.card_number import hidden
from conversations.chat import Chat
from conversations.counter import REGISTER, Decision, Flows, asked
from conversations.files.flow import ERASE, FILE, FILES, PROVE
from conversations.flow import Step, lift, locate
from conversations.kinds import Digits
from conversations.roles import may
from conversations.values import Deed, Heard, Reply, Say
from conversations.world import World

PERSONAL = (REGISTER, FILES, FILE, PROVE, ERASE)


def unsaid(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision | None:
    """A card's number, or its picture, in the chat: not kept, taken off it, and the way to give it told."""
    flow = flows[chat.open]
    if heard.step is not None or (flow.role is not None and may(world.role, flow.role)):
        return None
    if heard.media in ("photo", "document") and chat.open in PERSONAL and not chat.with_person:
        asked_again = engine.turn(flow, chat.form.state, heard, world)
        return replace(asked(chat, asked_again), unsays=True)
    place = locate(flow, lift(flow, chat.form.state), world).at
    if isinstance(place, Step) and place.kind == Digits():
        return None  # a number of the register looks as it likes
    masked = hidden(heard.value)
    if masked is None:
        return None
    if chat.with_person:
        told = replace(heard, value=masked)
        return Decision(
            chat, (Reply((Say("desk.person.noted"), Say("desk.card.typed"))),), told=told, unsays=True
        )
    return Decision(chat, (), deed=Deed("card_typed", {}, chat.open), unsays=True)
