"""The desk itself: global words, which form is on the counter, when a person answers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from conversations import engine
from conversations.chat import WELCOME, Chat
from conversations.flow import Flow, Step, begin, lift, locate
from conversations.understand import nearly_whole_message, typed_digit, whole_message
from conversations.values import Heard, Lines, Named, Reply, Say, Turn, World

WORD = "word"
RESUME = "resume"
WORDS = (
    "start", "back", "menu", "language", "arabic", "french", "stop", "person", "again", "restart",
    "help", "hello", "thanks",
)  # fmt: skip
# Words that may be guessed from a typo: they change no answer. Stop is not one of them.
HARMLESS = ("back", "menu", "language", "person", "again", "help", "hello", "thanks")
LEAVES_PERSON = ("start", "back", "menu", "restart")
TONGUES = {"arabic": "ar", "french": "fr"}
Flows = Mapping[str, Flow]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message makes of a conversation, and the few things a service must then do.

    `finished`: (flow, outcome) just reached. `asks_person`: she asks for a person. `told`: words
    for the people of the chamber. `stops`: she wants no message she did not ask for. `taken`: the
    button pressed is spent.
    """

    chat: Chat
    replies: tuple[Reply, ...]
    finished: tuple[str, str] | None = None
    asks_person: bool = False
    told: Heard | None = None
    stops: bool = False
    taken: bool = False


def decide(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision:
    """One message at the desk."""
    if not chat.forms:
        chat = chat.start(begin(flows[WELCOME]))
        if not _stops(heard, world):
            return _asked(chat, engine.ask(flows[WELCOME], chat.form.state, world))
    chat = _known(chat, flows)
    word = _word(chat, heard, world, flows)
    if chat.with_person and word not in (*LEAVES_PERSON, "stop", *TONGUES, "language"):
        if heard.step is not None:
            return Decision(chat, (Reply((Say("desk.person.button"),)),))
        return Decision(chat, (Reply((Say("desk.person.noted"),)),), told=heard)
    if word is not None:
        return _global(chat, word, world, flows)
    if heard.step is not None and heard.draft != chat.form.draft:
        return _elsewhere(chat, heard, world, flows)
    turned = engine.turn(flows[chat.open], chat.form.state, heard, world)
    if turned.state.now.get("failed") and heard.step is None and heard.value:
        nearly = nearly_whole_message(heard.value, HARMLESS, world.spellings)
        if nearly is not None:
            return _global(chat, nearly, world, flows)
    return _turned(chat, turned, world, flows)


def refresh(chat: Chat, world: World, flows: Flows) -> Decision:
    """The open question once more, in today's words."""
    if not chat.forms:
        chat = chat.start(begin(flows[WELCOME]))
    chat = _known(chat, flows)
    if chat.with_person:
        return Decision(chat, (_person(world),))
    return _asked(chat, engine.ask(flows[chat.open], chat.form.state, world))


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


def _known(chat: Chat, flows: Flows) -> Chat:
    """The same chat, at the menu when the open flow is one this release no longer has."""
    if chat.open in flows and chat.open in chat.forms:
        return chat
    return replace(chat, open=WELCOME) if WELCOME in chat.forms else chat.start(begin(flows[WELCOME]))


def _stops(heard: Heard, world: World) -> bool:
    return heard.step is None and whole_message(heard.value, ("stop",), world.spellings) is not None


def _word(chat: Chat, heard: Heard, world: World, flows: Flows) -> str | None:
    if heard.step == WORD:
        return heard.value if heard.value in WORDS else "again"
    if heard.step is not None or (heard.media and not heard.value):
        return None
    if typed_digit(heard.value) == 0 and zero_is_back(chat, world, flows):
        return "back"
    return whole_message(heard.value, WORDS, world.spellings)


def _global(chat: Chat, word: str, world: World, flows: Flows) -> Decision:
    if word == "stop":
        # nothing is asked any more: a digit typed next must not answer what was shown before
        quiet = replace(chat.form.state, now={**chat.form.state.now, "shown": []})
        return Decision(chat.put(quiet), (Reply((Say("desk.stopped"),)),), stops=True)
    if chat.language is None and word not in (*TONGUES, "person"):
        return refresh(replace(chat, with_person=False), world, flows)  # the language goes first
    if word == "language" or word in TONGUES:
        return _speak(chat, TONGUES.get(word) or _other(chat), world, flows)
    if word == "person":
        return Decision(replace(chat, with_person=True), (_person(world),), asks_person=True)
    was_with_person, chat = chat.with_person, replace(chat, with_person=False)
    if word == "menu":
        return _menu(chat, world, flows)
    if word == "back" and not was_with_person:
        return _back(chat, world, flows)
    if word == "restart":
        return _open(chat, chat.open, world, flows, fresh=True)
    if word == "start":
        return _open(chat, chat.open, world, flows)
    before = (Say(f"desk.{word}"),) if word in ("help", "hello", "thanks") else ()
    return _asked(chat, engine.ask(flows[chat.open], chat.form.state, world, *before))


def _other(chat: Chat) -> str:
    return "fr" if chat.language == "ar" else "ar"


def _speak(chat: Chat, language: str, world: World, flows: Flows) -> Decision:
    """Another language, at any step; answers and place are kept."""
    chat = replace(chat, language=language)
    welcome = chat.forms[WELCOME]
    answers = {**welcome.state.answers, "language": language}
    state = replace(welcome.state, answers=answers)
    forms = {**chat.forms, WELCOME: replace(welcome, state=state)}
    return refresh(replace(chat, forms=forms), world, flows)


def _menu(chat: Chat, world: World, flows: Flows) -> Decision:
    chat = replace(chat, open=WELCOME)
    return _asked(chat, engine.ask(flows[WELCOME], chat.form.state, world))


def _back(chat: Chat, world: World, flows: Flows) -> Decision:
    if chat.open == WELCOME:
        return _menu(chat, world, flows)
    turned = engine.back(flows[chat.open], chat.form.state, world)
    return _menu(chat, world, flows) if turned is None else _asked(chat, turned)


def _open(chat: Chat, flow: str, world: World, flows: Flows, fresh: bool = False) -> Decision:
    """Put a form on the counter: a new one, or (when answers are there) ask which."""
    if flow in (WELCOME, RESUME) and not fresh:
        return _menu(chat, world, flows)
    if flow == RESUME:
        flow = str(chat.form.state.answers["flow"])
    if flow == WELCOME:
        return _menu(chat, world, flows)
    form = chat.forms.get(flow)
    if form is not None and form.state.answers and not fresh:
        chat = chat.start(begin(flows[RESUME], {"flow": flow}))
    else:
        chat = chat.start(begin(flows[flow]))
    return _asked(chat, engine.ask(flows[chat.open], chat.form.state, world))


def _elsewhere(chat: Chat, heard: Heard, world: World, flows: Flows) -> Decision:
    """A button of another form: the menu's still lead on, any other is explained, never taken."""
    welcome = chat.forms.get(WELCOME)
    if welcome is not None and heard.draft == welcome.draft and not chat.with_person:
        if heard.step == "language" and heard.value in ("ar", "fr"):
            return _speak(chat, heard.value, world, flows)
        if heard.step == "menu" and chat.language is not None:
            menu = replace(chat, open=WELCOME)
            return _turned(menu, engine.turn(flows[WELCOME], menu.form.state, heard, world), world, flows)
    return _asked(chat, engine.ask(flows[chat.open], chat.form.state, world, Say("desk.stale")))


def _turned(chat: Chat, turned: Turn, world: World, flows: Flows) -> Decision:
    chat = chat.put(turned.state)
    spoken = turned.state.answers.get("language")
    if chat.open == WELCOME and spoken is not None and spoken != chat.language:
        chat = replace(chat, language=str(spoken))
    finished = (chat.open, turned.finished) if turned.finished else None
    if turned.leads_to is None:
        return Decision(chat, turned.replies, finished, taken=turned.taken)
    return replace(_lead(chat, turned.leads_to, world, flows), taken=turned.taken)


def _lead(chat: Chat, to: str, world: World, flows: Flows) -> Decision:
    if to in WORDS:
        return _global(chat, to, world, flows)
    if to == "continue":
        chat = replace(chat, open=str(chat.form.state.answers["flow"]))
        return refresh(chat, world, flows)
    return _open(chat, to, world, flows)


def _asked(chat: Chat, turned: Turn) -> Decision:
    return Decision(chat.put(turned.state), turned.replies)


def _person(world: World) -> Reply:
    says: list[Say | Lines] = [Say("desk.person.asked")]
    if world.chamber.phone:
        says.append(Say("desk.person.phone", {"phone": Named.same(world.chamber.phone)}))
    if world.chamber.hours:
        says.append(Say("desk.person.hours", {"hours": world.chamber.hours}))
    return Reply(tuple(says))
