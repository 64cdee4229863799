"""What goes before any question: money asked in our name, danger, a death or a divorce, an illness. Pure.

It is answered with fixed words at any step, and the open question stands again. Who was asked for money is told
that a person of the chamber hears of it, with her words.
"""

from dataclasses import replace

from conversations.context import TurnContext
from conversations.desk.chat import Chat
from conversations.desk.effects import AskPerson, Effect, PassOn
from conversations.desk.flows import Flows
from conversations.desk.open_forms import Decision, decision_of
from conversations.forms import engine
from conversations.forms.flow import Step, locate
from conversations.language.figures import Figures, figure_values, whole_figure
from conversations.values import Heard, Offer, Reply, Say

WORDS_OF_A_NAME = 3  # `Cheffar Mbarek` is somebody's name
DANGER = "danger"
GUARD_FIGURES: dict[str, Figures] = {
    "loss": {"survivor": ("survivor_months", whole_figure), "divorced": ("divorced_months", whole_figure)},
}


def in_danger(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """Return what is said to who is in danger, which goes before every word of the desk; None to any others."""
    if chat.with_person or context.topics.guard(heard.value) != DANGER:
        return None
    return guarded(chat, heard, context, flows)


def guarded(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """Return what is said to words that a guard is for; None for any others."""
    if heard.step is not None or heard.media or chat.language is None or flows[chat.open].role is not None:
        return None
    guard = context.topics.guard(heard.value)
    if guard is None or _answers_a_form(guard, chat, heard, context, flows):
        return None
    says = [Say(f"guard.{guard}", figure_values(GUARD_FIGURES.get(guard, {}), context))]
    if guard == DANGER and context.chamber.helplines is not None:
        says.append(Say("guard.helplines", {"numbers": context.chamber.helplines}))
    effects: tuple[Effect, ...] = (AskPerson(), PassOn(heard)) if guard == "money" else ()
    if guard == DANGER:  # nothing else is asked now: a person, or the menu when she wants it
        offers = tuple(Offer("word", word, Say(f"word.{word}")) for word in ("person", "menu"))
        return Decision(chat, (Reply(tuple(says), offers, numbered=False),))
    asked = engine.ask_open(flows[chat.open], chat.form.state, context, *says)
    return replace(decision_of(chat, asked), effects=effects)


def _answers_a_form(guard: str, chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> bool:
    """Whether so few words more likely answer the question that stands open: one, or a name where a name is asked."""
    place = locate(flows[chat.open], chat.form.state, context).at
    if not isinstance(place, Step) or flows[chat.open] in (flows.home, flows.questions):
        return False
    longest = WORDS_OF_A_NAME if place.kind.free and guard != DANGER else 1
    return len(heard.value.split()) <= longest
