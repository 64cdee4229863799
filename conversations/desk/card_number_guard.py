"""What must not stand in a chat: the number of an identity card, its picture. Pure."""

from dataclasses import replace

from conversations.context import TurnContext
from conversations.desk.chat import Chat
from conversations.desk.effects import DeleteInbound, PassOn, RunOperation
from conversations.desk.flows import Flows
from conversations.desk.open_forms import Decision, decision_of
from conversations.forms import engine
from conversations.forms.flow import Flow, Step, lift, locate
from conversations.language.card_number import GLUED_CARD, handed_on, hidden
from conversations.roles import may
from conversations.values import Heard, Operation, Reply, Say


def guard_card_number(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """A card's number, or its picture, in the chat: not kept, taken off it, and the way to give it told."""
    flow = flows[chat.open]
    if heard.step is not None or (flow.role is not None and may(context.roles, flow.role)):
        return None
    if chat.with_person:
        return _on_the_line(chat, heard)
    if heard.media in ("photo", "document") and flow.personal:
        return replace(
            decision_of(chat, engine.turn(flow, chat.form.state, heard, context)), effects=(DeleteInbound(),)
        )
    if hidden(heard.value) is None or _amount(chat, flow, heard.value, context):
        return None
    return Decision(chat, (), (RunOperation(Operation("card_typed", {}, chat.open)), DeleteInbound()))


def _on_the_line(chat: Chat, heard: Heard) -> Decision | None:
    """Words for a person of the chamber go on, with the number masked."""
    told = handed_on(heard.value)
    if told == heard.value:
        return None
    says = (Say("desk.person.noted"), Say("desk.card.typed"))
    return Decision(chat, (Reply(says),), (PassOn(replace(heard, value=told)), DeleteInbound()))


def _amount(chat: Chat, flow: Flow, words: str, context: TurnContext) -> bool:
    """Whether a number is what was asked for, and letters stand apart from it: CA 150000."""
    place = locate(flow, lift(flow, chat.form.state), context).at
    asked_for = isinstance(place, Step) and place.kind.numeric
    return asked_for and GLUED_CARD.search(words) is None
