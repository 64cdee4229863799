"""The desk itself: global words, which form is on the counter, when a person answers. Pure."""

from dataclasses import replace

from conversations.context import World
from conversations.desk import actions
from conversations.desk.after_operation import in_language
from conversations.desk.card_number_guard import unsaid
from conversations.desk.chat import WELCOME, Chat
from conversations.desk.open_forms import (
    REGISTER,
    Decision,
    Flows,
    a_person,
    asked,
    doze,
    known,
    known_again,
    menu,
    open_form,
    refresh,
    set_aside,
    take_up,
)
from conversations.files.flow import DRAFT, ERASE, GIVE_PROOF, TAKE_UP
from conversations.forms import engine
from conversations.forms.flow import Outcome, Step, begin, lift, locate
from conversations.language.understand import asks, nearly_whole_message, said_as, typed_digit, whole_message
from conversations.roles import ADMIN, BROADCASTER, may
from conversations.values import Answers, Heard, Reply, Say, Turn

WORD = "word"
WORDS = (
    "start", "back", "menu", "language", "arabic", "french", "stop", "person", "again", "restart",
    "help", "hello", "thanks", "meetings", "questions", "file", "finish", "erase", "stops",
)  # fmt: skip
# Words that open a form; of the chamber's people, for whoever has the role, unknown to others.
OPENS = {"meetings": "sessions", "questions": "questions", "file": "files", "erase": "erase", "stops": "stops"}
COMMANDS = {
    "plan": ("plan", BROADCASTER),
    "manage": ("manage", BROADCASTER),
    "broadcast": ("broadcast", BROADCASTER),
    "door": ("door", BROADCASTER),
    "sendings": ("sendings", BROADCASTER),
    "halt": ("halt", BROADCASTER),
    "changes": ("changes", BROADCASTER),
    "invite": ("invite", ADMIN),
}
# Words that may be guessed from a typo: they change no answer. Stop is not one of them.
HARMLESS = ("back", "menu", "language", "person", "again", "help", "hello", "thanks")
QUESTIONS, SHORTEST_QUESTION = "questions", 6
LEAVES_PERSON = ("start", "back", "menu", "restart")
TONGUES = {"arabic": "ar", "french": "fr"}


def decide(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision:
    """One message at the desk."""
    if not chat.forms:
        chat = chat.start(begin(flows[WELCOME]))
        if not _stops(heard, world) and actions.deed(heard, world) is None:
            return asked(chat, engine.ask(flows[WELCOME], chat.form.state, world))
    chat = known(chat, world, flows)
    woken, chat = chat, doze(chat, world, flows)
    if woken.open == REGISTER and chat.open != REGISTER and not _stops(heard, world) and heard.step not in actions.ACTS:
        return refresh(chat, world, flows)  # the question first, and nobody's answers
    aside = _outside(chat, heard, world, flows) or unsaid(chat, heard, world, flows)
    if aside is not None:
        return aside
    word = _word(chat, heard, world, flows)
    if chat.with_person and word not in (*LEAVES_PERSON, "stop", *TONGUES, "language"):
        if heard.step is not None:
            return Decision(chat, (Reply((Say("desk.person.button"),)),))
        return Decision(chat, (Reply((Say("desk.person.noted"),)),), told=heard)
    if word is not None:
        return _global(chat, word, world, flows)
    typed = actions.typed(heard, world)
    if typed is not None:
        return decide(chat, typed, world, flows)
    if heard.step is not None and heard.draft != chat.form.draft:
        return _elsewhere(chat, heard, world, flows)
    return _answer(chat, heard, world, flows)


def _answer(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision:
    """What the open form makes of it; a word of the desk with a typo, when it makes nothing of it."""
    if heard.step is None and typed_digit(heard.value) is not None and _nothing_shown(chat, world, flows):
        return refresh(chat, world, flows)
    turned = engine.turn(flows[chat.open], chat.form.state, heard, world)
    if turned.state.now.get("failed") and heard.step is None and heard.value:
        nearly = nearly_whole_message(heard.value, HARMLESS, world.spellings)
        if nearly is not None:
            return _global(chat, nearly, world, flows)
        answered = _question(chat, heard, turned, world, flows)
        if answered is not None:
            return answered
    return _turned(chat, turned, world, flows)


def _question(chat: Chat, heard: Heard, turned: Turn, world: World, flows: Flows) -> Decision | None:
    """Words no form understood, when they are a question people ask, or a wish to be left in peace.

    Where nothing is left to fill in, the questions open. In a form of the chamber's people, or where
    free words are the answer, never. In any other form only what is asked as a question, and has a
    sure answer, is answered; and the form goes on.
    """
    flow, here = flows[QUESTIONS], flows[chat.open]
    if chat.language is None or here.role is not None or len(heard.value) < SHORTEST_QUESTION:
        return None
    if heard.value.lstrip().startswith("/"):
        return None  # a command nobody knows is no question
    place = locate(here, chat.form.state, world).at
    if not isinstance(place, Outcome) and getattr(place.kind, "free", False):
        return None
    if world.topics.stops(heard.value):
        return asked(chat, engine.ask(here, chat.form.state, world, Say("desk.how_to_stop")))
    if chat.open == QUESTIONS and not isinstance(place, Outcome):
        return None
    fresh = engine.turn(flow, begin(flow), heard, world)
    if fresh.state.now.get("failed"):
        return None
    if isinstance(place, Outcome) and all(option.deed is None for option in place.options):
        return _turned(chat.start(begin(flow)), fresh, world, flows)
    if fresh.finished is None or not asks(heard.value, world.spellings):
        return None
    tried = int(turned.state.now.get("failed", 0)) >= engine.TRIES
    told = Reply((*fresh.replies[-1].text, *((Say("desk.offer_person"),) if tried else ())))
    return Decision(chat.put(turned.state), (told, *turned.replies[1:]))


def exits(chat: Chat, world: World, flows: Flows) -> tuple[str, ...]:
    """The global words worth offering under the message that leaves now."""
    if chat.with_person:
        return ("menu",)
    if chat.open not in flows or chat.open == WELCOME:
        return ()
    if engine.settled(flows[chat.open], chat.form.state, world):
        return ("back",)
    return ("back", "menu", "person")


def zero_is_back(chat: Chat, world: World, flows: Flows) -> bool:
    """Whether a typed 0 means back at the open question (at a number it is a number)."""
    if chat.with_person or chat.open not in flows:
        return True
    if chat.form.state.now.get("guess"):
        return True
    at = locate(flows[chat.open], lift(flows[chat.open], chat.form.state), world).at
    return not (isinstance(at, Step) and at.kind.takes_zero)


def _stops(heard: Heard, world: World) -> bool:
    return heard.step is None and whole_message(heard.value, ("stop",), world.spellings) is not None


def _word(chat: Chat, heard: Heard, world: World, flows: Flows) -> str | None:
    if heard.step == WORD:
        return heard.value if heard.value in WORDS else "again"
    if heard.step is not None or (heard.media and not heard.value):
        return None
    if typed_digit(heard.value) == 0 and zero_is_back(chat, world, flows):
        return "back"
    if heard.value.startswith("/start "):
        return "start"  # what a link carried was no invitation
    if not heard.value.startswith("/") and _names_a_line(chat, heard.value, world, flows):
        return None  # `annuler` under "Annuler la rencontre" is that line
    commands = [word for word, (_, role) in COMMANDS.items() if may(world.role, role)]
    known = (word for word in WORDS if word not in OPENS or not heard.value.lstrip().startswith("/"))
    return whole_message(heard.value, (*commands, *known), world.spellings)


def _names_a_line(chat: Chat, words: str, world: World, flows: Flows) -> bool:
    """Whether words spell one of the lines a clerk has before her, which then go before words of the desk."""
    flow = flows[chat.open]
    if flow.role is None or chat.with_person:
        return False
    at = locate(flow, lift(flow, chat.form.state), world).at
    lines = [f"{flow.id}.{at.id}.option.{option.id}" for option in at.options]
    return said_as(words, lines, world.spellings) is not None


def _outside(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision | None:
    """What is no answer to the open question: an act, an invitation, an answer to a person."""
    deed = actions.deed(heard, world) or actions.at_once(heard, world)
    if deed is not None:
        return Decision(chat, (), deed=deed, taken=True)
    if heard.step in actions.ACTS or heard.step in actions.OPENS:
        return _opens_about(chat, heard, world, flows)
    return None


def _opens_about(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision:
    """A button that opens a form about its subject; one that is not this person's is explained."""
    flow, role, subject = actions.OPENS.get(heard.step or "", ("", ADMIN, ""))
    number = actions.number(heard.draft or "")
    if not flow or number is None or not may(world.role, role):
        return asked(chat, engine.ask(flows[chat.open], chat.form.state, world, Say("desk.stale")))
    chat = chat.start(begin(flows[flow], {subject: number}))
    return replace(asked(chat, engine.ask(flows[flow], chat.form.state, world)), taken=True)


def _global(chat: Chat, word: str, world: World, flows: Flows) -> Decision:
    if word == "stop":
        # nothing is asked any more: a digit typed next must not answer what was shown before
        quiet = replace(chat.form.state, now={**chat.form.state.now, "shown": []})
        says = (Say("desk.stopped"), *((Say("desk.stopped_coming"),) if world.comes() else ()))
        return Decision(chat.put(quiet), (Reply(says),), stops=True)
    if chat.language is None and word not in (*TONGUES, "person"):
        return refresh(replace(chat, with_person=False), world, flows)  # the language goes first
    if word == "language" or word in TONGUES:
        return _speak(chat, TONGUES.get(word) or _other(chat), world, flows)
    if word == "person":
        return Decision(replace(chat, with_person=True), (a_person(world),), asks_person=True)
    was_with_person, chat = chat.with_person, replace(chat, with_person=False)
    if word == "menu":
        return menu(chat, world, flows)
    if word in OPENS or word in COMMANDS:
        return open_form(chat, OPENS.get(word) or COMMANDS[word][0], world, flows)
    if word == "back" and not was_with_person:
        return _back(chat, world, flows)
    if word == "finish":
        waits = chat.forms.get(REGISTER)
        return take_up(chat, waits.draft, world, flows) if waits else open_form(chat, REGISTER, world, flows)
    if word == "restart":
        return open_form(chat, chat.open, world, flows, fresh=True)
    if word == "start":
        return open_form(chat, chat.open, world, flows)
    before = (Say(f"desk.{word}"),) if word in ("help", "hello", "thanks") else ()
    return asked(chat, engine.ask(flows[chat.open], chat.form.state, world, *before))


def _other(chat: Chat) -> str:
    return "fr" if chat.language == "ar" else "ar"


def _speak(chat: Chat, language: str, world: World, flows: Flows) -> Decision:
    """Another language, at any step; answers and place are kept."""
    return refresh(in_language(chat, language), world, flows)


def _back(chat: Chat, world: World, flows: Flows) -> Decision:
    if chat.open == WELCOME:
        return menu(chat, world, flows)
    turned = engine.back(flows[chat.open], chat.form.state, world)
    return menu(chat, world, flows) if turned is None else asked(chat, turned)


def _elsewhere(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision:
    """A button of another form: the menu's still lead on, any other is explained, never taken."""
    welcome = chat.forms.get(WELCOME)
    if welcome is not None and heard.draft == welcome.draft and not chat.with_person:
        if heard.step == "language" and heard.value in ("ar", "fr"):
            return _speak(chat, heard.value, world, flows)
        if heard.step == "menu" and chat.language is not None:
            menu = replace(chat, open=WELCOME)
            return _turned(menu, engine.turn(flows[WELCOME], menu.form.state, heard, world), world, flows)
    return asked(chat, engine.ask(flows[chat.open], chat.form.state, world, Say("desk.stale")))


def _nothing_shown(chat: Chat, world: World, flows: Flows) -> bool:
    """Whether the list a digit would mean is one that nobody sees any more."""
    return not chat.form.state.now.get("shown") and engine.settled(flows[chat.open], chat.form.state, world)


def _turned(chat: Chat, turned: Turn, world: World, flows: Flows) -> Decision:
    chat = chat.put(turned.state)
    spoken = turned.state.answers.get("language")
    if chat.open == WELCOME and spoken is not None and spoken != chat.language:
        chat = replace(chat, language=str(spoken))
    finished = (chat.open, turned.finished) if turned.finished else None
    if finished == (REGISTER, "refused"):
        return replace(_refused(chat, turned, world, flows), taken=turned.taken)
    if turned.deed is not None and turned.deed.name in (TAKE_UP, GIVE_PROOF):
        given = turned.deed.answers
        draft = str(given.get("whose", given.get("file")))
        if draft.startswith(DRAFT):
            draft = draft.removeprefix(DRAFT)
            if turned.deed.name == TAKE_UP:
                return replace(take_up(chat, draft, world, flows), taken=True)
            return replace(known_again(chat, draft, str(given["proof"]), world, flows), taken=True)
    if turned.leads_to is None:
        return Decision(chat, turned.replies, finished, turned.deed, taken=turned.taken)
    return replace(_lead(chat, turned.leads_to, turned.carried, world, flows), taken=turned.taken)


def _refused(chat: Chat, turned: Turn, world: World, flows: Flows) -> Decision:
    """No consent: what was said in the form goes; of a file that is there, erasing is proposed."""
    file = turned.state.answers.get("file")
    if file is not None:
        return open_form(chat.drop(REGISTER), ERASE, world, flows, given={"file": file})
    chat = chat.put(replace(turned.state, answers={"consent": "no"}))
    return Decision(chat, turned.replies, (REGISTER, "refused"))


def _lead(chat: Chat, to: str, carried: Answers, world: World, flows: Flows) -> Decision:
    if to in WORDS and to not in flows:
        return _global(chat, to, world, flows)
    if to == "another":
        return set_aside(chat, world, flows)
    if to == "continue":
        flow = str(chat.form.state.answers["flow"])
        if flow == REGISTER and REGISTER in chat.forms:
            return take_up(chat, chat.forms[REGISTER].draft, world, flows)
        return refresh(replace(chat, open=flow), world, flows)
    return open_form(chat, to, world, flows, given=carried)
