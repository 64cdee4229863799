"""The desk itself: global words, which form is on the counter, when a person answers. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from conversations.context import TurnContext
from conversations.desk import actions
from conversations.desk.after_operation import in_language
from conversations.desk.card_number_guard import guard_card_number
from conversations.desk.chat import Chat
from conversations.desk.consents import with_consents
from conversations.desk.effects import AskPerson, KeepOutcome, KeepQuestion, PassOn, RunOperation, Stop
from conversations.desk.flows import Flows
from conversations.desk.guarded import guarded, in_danger
from conversations.desk.open_forms import (
    DRAFT_ID,
    GIVE_PROOF,
    TAKE_UP,
    Decision,
    close_sleeping,
    decision_of,
    known_again,
    known_chat,
    menu_decision,
    open_form,
    person_asked,
    refresh,
    set_aside,
    take_up,
)
from conversations.forms import engine
from conversations.forms.flow import Command, Outcome, Step, begin, lift, locate
from conversations.language.understand import asks, nearly_whole_message, said_as, typed_digit, whole_message
from conversations.language.wishes import okay, thanks, wants_messages_again, wants_no_messages
from conversations.roles import Role, may
from conversations.values import HOME, Answers, Heard, Lines, Named, Operation, Reply, Say, Turn

WORD_STEP = "word"
# Words of the desk itself; those that open a flow are its command's (`Flow.command`).
WORDS = (
    "start", "back", "menu", "language", "arabic", "french", "stop", "person", "again", "restart",
    "help", "hello", "thanks", "okay", "resume", "finish", "about",
)  # fmt: skip
# Words that may be guessed from a typo: they change no answer. Stop is not one of them.
HARMLESS_WORDS = ("back", "menu", "language", "person", "again", "help", "hello", "thanks")
SHORTEST_QUESTION = 6  # letters
OF_WORD = "word."  # before a word of the desk, among the topics some words may mean
LEAVES_A_TEXT = ("back", "menu")  # where a colleague writes words of her own
LEAVES_PERSON = ("start", "back", "menu", "restart")
LANGUAGE_WORDS = {"arabic": "ar", "french": "fr"}


def decide(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision:
    """Return what one message at the desk makes of a conversation."""
    return with_consents(_decide(chat, heard, context, flows), chat, flows)


def _decide(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision:
    if not chat.forms:
        chat = chat.start(begin(flows.home))
        if not _stops(heard, context) and actions.operation_of(heard, context) is None:
            return decision_of(chat, engine.ask_open(flows.home, chat.form.state, context))
    chat = known_chat(chat, context, flows)
    woken, chat = chat, close_sleeping(chat, context, flows)
    if (
        woken.open == flows.persons.id
        and chat.open != flows.persons.id
        and not _stops(heard, context)
        and heard.step not in actions.ACTIONS
    ):
        return refresh(chat, context, flows)  # the question first, and nobody's answers
    aside = _outside(chat, heard, context, flows) or guard_card_number(chat, heard, context, flows)
    aside = aside or in_danger(chat, heard, context, flows) or _command_with_words(chat, heard, context, flows)
    if aside is not None:
        return aside
    word = _word(chat, heard, context, flows)
    handed_on = _with_person(chat, heard, word, context)
    if handed_on is not None:
        return handed_on
    if word is not None:
        return _global(chat, word, context, flows)
    guard = guarded(chat, heard, context, flows)
    if guard is not None:
        return guard
    at_rest = bool(context.roles) and engine.settled(flows[chat.open], chat.form.state, context)
    typed = None if _writes_freely(chat, context, flows) else actions.typed_action(heard, context, at_rest)
    if typed is not None:
        return _decide(chat, typed, context, flows)
    if heard.step is not None and heard.draft != chat.form.draft:
        return _elsewhere(chat, heard, context, flows)
    return _answer(chat, heard, context, flows)


def _with_person(chat: Chat, heard: Heard, word: str | None, context: TurnContext) -> Decision | None:
    """What is said to a person of the chamber goes on to one; None when nobody is with her, or she leaves by a word."""
    if not chat.with_person or word in (*LEAVES_PERSON, "stop", "resume", *LANGUAGE_WORDS, "language"):
        return None
    if context.hushed is not None:
        return Decision(replace(chat, with_person=False), (person_asked(context),))
    if heard.step is not None:
        return Decision(chat, (Reply((Say("desk.person.button"),)),))
    return Decision(chat, (Reply((Say("desk.person.noted"),)),), (PassOn(heard),))


def _answer(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision:
    """What the open form makes of it; a word of the desk with a typo, when it makes nothing of it."""
    if heard.step is None and typed_digit(heard.value) is not None and _nothing_shown(chat, context, flows):
        return refresh(chat, context, flows)
    turned = engine.turn(flows[chat.open], chat.form.state, heard, context)
    if turned.state.now.get("failed") and heard.step is None and heard.value:
        text = _text_of_a_draft(chat, heard, context, flows)
        if text is not None:
            return text
        nearly = nearly_whole_message(heard.value, HARMLESS_WORDS, context.spellings)
        kind = "thanks" if thanks(heard.value, context.spellings) else None
        nearly = nearly or kind or ("okay" if okay(heard.value, context.spellings) else None)
        if nearly is not None:
            return _global(chat, nearly, context, flows)
        answered = _question(chat, heard, turned, context, flows)
        if answered is not None:
            return answered
        if _was_a_question(chat, heard, context, flows):
            decided = _turned(chat, turned, context, flows)
            return replace(decided, effects=(*decided.effects, KeepQuestion(heard.value)))
    decided = _turned(chat, turned, context, flows)
    words = _asked_in_vain(chat, turned, context, flows)
    return replace(decided, effects=(*decided.effects, KeepQuestion(words))) if words else decided


def _text_of_a_draft(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """Words of a colleague who was asked whether to go on with a form: the text that form waits for."""
    flow = flows.get(str(chat.form.state.answers.get("flow", ""))) if chat.open == flows.resume.id else None
    if flow is None or flow.role is None or flow.id not in chat.forms or not may(context.roles, flow.role):
        return None
    taken_up = replace(chat, open=flow.id)
    if not _writes_freely(taken_up, context, flows):
        return None
    return _turned(taken_up, engine.turn(flow, taken_up.form.state, heard, context), context, flows)


def _asked_in_vain(chat: Chat, turned: Turn, context: TurnContext, flows: Flows) -> str:
    """The words of who says that none of what was found is hers; empty in any other turn."""
    before = chat.form.state
    reached = locate(flows[chat.open], turned.state, context).at if turned.finished else None
    if not isinstance(reached, Outcome) or not reached.in_vain:
        return ""
    return str(before.now.get("search") or before.answers.get("words") or "")


def _was_a_question(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> bool:
    """Whether words nobody has an answer for were said where questions are asked: nothing else stands open there."""
    here = flows[chat.open]
    if chat.language is None or here.role is not None or len(heard.value.split()) < 2 or heard.value[0] == "/":
        return False
    place = locate(here, chat.form.state, context).at
    return here in (flows.questions, flows.home) or isinstance(place, Outcome)


def _question(chat: Chat, heard: Heard, turned: Turn, context: TurnContext, flows: Flows) -> Decision | None:
    """Words no form understood, when they are a question people ask, or a wish to be left in peace.

    Where nothing is left to fill in, the questions open. In a form of the chamber's people, or where
    free words are the answer, never. In any other form only what is asked as a question, and has a
    sure answer, is answered; and the form goes on.
    """
    flow, here = flows.questions, flows[chat.open]
    if chat.language is None or here.role is not None or len(heard.value) < SHORTEST_QUESTION:
        return None
    if here is flows.resume and flows[str(chat.form.state.answers.get("flow", HOME))].role is not None:
        return None  # a form of the chamber's people waits: these are her text, or nothing
    if heard.value.lstrip().startswith("/"):
        return None  # a command nobody knows is no question
    place = locate(here, chat.form.state, context).at
    if not isinstance(place, Outcome) and place.kind.free:
        return None
    if context.topics.stops(heard.value):
        return decision_of(chat, engine.ask_open(here, chat.form.state, context, Say("desk.how_to_stop")))
    meant = _agreed_answer(chat, heard, context, flows) or _word_meant(chat, heard, context, flows)
    if meant is not None or (here is flow and not isinstance(place, Outcome)):
        return meant
    ids, sure = context.topics.rank(heard.value)
    fresh = engine.turn(flow, begin(flow), heard, context)
    if fresh.state.now.get("failed"):
        return None
    if isinstance(place, Outcome) and all(option.operation is None for option in place.options):
        if sure and ids[0] in flows.by_topic:
            return open_form(chat, flows.by_topic[ids[0]].id, context, flows)
        return _turned(chat.start(begin(flow)), fresh, context, flows)
    if fresh.finished is None or not asks(heard.value, context.spellings):
        return None
    tried = int(turned.state.now.get("failed", 0)) >= engine.OFFER_PERSON_AFTER
    told = Reply((*fresh.replies[-1].text, *((Say("desk.offer_person"),) if tried else ())))
    return Decision(chat.put(turned.state), (told, *turned.replies[1:]))


def _agreed_answer(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """What a clerk wrote for these very words, and an admin agreed to."""
    agreed = context.lookups.answer_of(heard.value)
    if agreed is None:
        return None
    says = Say("desk.agreed", {"words": Named.same(agreed)})
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context, says))


def _word_meant(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """What a word of the desk does, when words mean one more than any question: "where is my file" opens the files."""
    ids, _ = context.topics.rank(heard.value)
    word = ids[0].removeprefix(OF_WORD) if ids and ids[0].startswith(OF_WORD) else ""
    return _global(chat, word, context, flows) if word in (*WORDS, *flows.by_word) else None


def exits(chat: Chat, context: TurnContext, flows: Flows) -> tuple[str, ...]:
    """The global words worth offering under the message that leaves now."""
    if chat.with_person:
        return ("menu",)
    if chat.open not in flows or chat.open == HOME:
        return ()
    if engine.settled(flows[chat.open], chat.form.state, context):
        return ("back",)
    return ("back", "menu", "person")


def zero_is_back(chat: Chat, context: TurnContext, flows: Flows) -> bool:
    """Whether a typed 0 means back at the open question (at a number it is a number)."""
    if chat.with_person or chat.open not in flows:
        return True
    if chat.form.state.now.get("guess"):
        return True
    at = locate(flows[chat.open], lift(flows[chat.open], chat.form.state), context).at
    return not (isinstance(at, Step) and at.kind.takes_zero)


def _stops(heard: Heard, context: TurnContext) -> bool:
    return heard.step is None and wants_no_messages(heard.value, context.spellings)


def _word(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> str | None:
    if heard.step == WORD_STEP:
        known = heard.value in WORDS or (heard.value in flows.by_word and flows.by_word[heard.value].role is None)
        return heard.value if known else "again"
    if heard.step is not None or (heard.media and not heard.value):
        return None
    if typed_digit(heard.value) == 0 and zero_is_back(chat, context, flows):
        return "back"
    if heard.value.startswith("/start "):
        return "start"  # what a link carried was no invitation
    if not heard.value.startswith("/") and _names_a_line(chat, heard.value, context, flows):
        return None  # `annuler` under "Annuler la rencontre" is that line
    if wants_messages_again(heard.value, context.spellings) and context.lookups.muted():
        return "resume"  # also of who says that the stop was a mistake
    if flows[chat.open].role is None and wants_no_messages(heard.value, context.spellings):
        return "stop"
    if _writes_freely(chat, context, flows) and not heard.value.lstrip().startswith("/"):
        return whole_message(heard.value, LEAVES_A_TEXT, context.spellings)  # anything else is what she writes
    commands = [str(command.word) for command in flows.commands(context.roles)]
    slash = heard.value.lstrip().startswith("/")  # `/questions` is no word of an artisan
    opens = () if slash else (word for word, flow in flows.by_word.items() if flow.role is None)
    return whole_message(heard.value, (*commands, *WORDS, *opens), context.spellings)


def _command_with_words(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """A command with what answers its first question behind it: `/staff Amina`."""
    head, _, rest = heard.value.strip().partition(" ")
    if heard.step is not None or heard.media or not head.startswith("/") or not rest.strip():
        return None
    commands = [str(command.word) for command in flows.commands(context.roles)]
    word = whole_message(head, commands, context.spellings)
    if word is None:
        return None
    flow = flows.by_word[word]
    opened = open_form(replace(chat, with_person=False), flow.id, context, flows)
    if opened.chat.open != flow.id:
        return opened  # one is begun already: which of them is asked first
    answered = engine.turn(flow, opened.chat.form.state, replace(heard, value=rest.strip()), context)
    return _turned(opened.chat, answered, context, flows)


def _writes_freely(chat: Chat, context: TurnContext, flows: Flows) -> bool:
    """Whether a colleague is writing words of her own: `Merci` and `Bonjour` are then what she sends."""
    flow = flows[chat.open]
    if flow.role is None or chat.with_person or chat.open not in chat.forms:
        return False
    at = locate(flow, lift(flow, chat.form.state), context).at
    return isinstance(at, Step) and at.kind.free


def _names_a_line(chat: Chat, words: str, context: TurnContext, flows: Flows) -> bool:
    """Whether words spell one of the lines a clerk has before her, which then go before words of the desk."""
    flow = flows[chat.open]
    if flow.role is None or chat.with_person:
        return False
    at = locate(flow, lift(flow, chat.form.state), context).at
    lines = [f"{flow.id}.{at.id}.option.{option.id}" for option in at.options]
    return said_as(words, lines, context.spellings) is not None


def _outside(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision | None:
    """What is no answer to the open question: an act, an invitation, an answer to a person."""
    operation = actions.operation_of(heard, context) or actions.immediate_operation(heard, context)
    if operation is not None:
        return Decision(chat, (), (RunOperation(operation),), taken=True)
    if heard.step in actions.ACTIONS or heard.step in actions.FORM_ACTIONS:
        return _opens_about(chat, heard, context, flows)
    return None


def _opens_about(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision:
    """A button that opens a form about its subject; one that is not this person's is explained."""
    flow, role, subject = actions.FORM_ACTIONS.get(heard.step or "", ("", Role.ADMIN, ""))
    number = actions.subject_number(heard.draft or "")
    if not flow or number is None or not may(context.roles, role):
        return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context, Say("desk.stale")))
    chat = chat.start(begin(flows[flow], {subject: number}))
    return replace(decision_of(chat, engine.ask_open(flows[flow], chat.form.state, context)), taken=True)


def _of_messages(chat: Chat, word: str, context: TurnContext) -> Decision | None:
    """What a word makes of the messages of the chamber: none any more, or those that were stopped again."""
    if word == "resume" and context.lookups.muted():
        return Decision(chat, (), (RunOperation(Operation("receive_again", {})),))
    if word != "stop":
        return None
    # nothing is asked any more: a digit typed next must not answer what was shown before
    quiet = replace(chat.form.state, now={**chat.form.state.now, "shown": []})
    says = (Say("desk.stopped"), *((Say("desk.stopped_coming"),) if context.lookups.comes() else ()))
    return Decision(chat.put(quiet), (Reply(says),), (Stop(),))


def _global(chat: Chat, word: str, context: TurnContext, flows: Flows) -> Decision:
    decided = _of_messages(chat, word, context)
    if decided is not None:
        return decided
    if chat.language is None and word not in (*LANGUAGE_WORDS, "person"):
        return refresh(replace(chat, with_person=False), context, flows)  # the language goes first
    if word == "language" or word in LANGUAGE_WORDS:
        return _speak(chat, LANGUAGE_WORDS.get(word) or _other(chat), context, flows)
    if word == "person":
        asks = () if context.hushed is not None else (AskPerson(),)
        return Decision(replace(chat, with_person=bool(asks)), (person_asked(context),), asks)
    was_with_person, chat = chat.with_person, replace(chat, with_person=False)
    if word == "menu":
        return menu_decision(chat, context, flows)
    if word in flows.by_word:
        return open_form(chat, flows.by_word[word].id, context, flows)
    if word == "back" and not was_with_person:
        return _back(chat, context, flows)
    if word == "finish":
        flow = flows.persons.id
        waits = chat.forms.get(flow)
        return take_up(chat, waits.draft, context, flows) if waits else open_form(chat, flow, context, flows)
    if word == "restart":
        return open_form(chat, chat.open, context, flows, fresh=True)
    if word in ("start", "resume"):  # who stopped nothing wants to go on
        return open_form(chat, chat.open, context, flows)
    says = _said_before(word, context, flows)
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context, *says))


def _said_before(word: str, context: TurnContext, flows: Flows) -> tuple[Say | Lines, ...]:
    """Return what a word is answered with, before the open question stands again."""
    if word not in ("help", "hello", "thanks", "okay", "about"):
        return ()
    if word == "help" and context.roles:
        return (Say("desk.help.team"), *_commands(flows.commands(context.roles)))
    return (Say(f"desk.{word}"),)


def _commands(commands: Sequence[Command]) -> tuple[Lines, ...]:
    """Return the words of the chamber's people, a line each, with what they open; nothing for an artisan."""
    lines = [
        Say("desk.help.command", {"word": Say(f"word.{each.word}"), "what": Say(f"welcome.menu.option.{each.line}")})
        for each in commands
    ]
    return (Lines((Say("desk.help.commands"), *lines)),) if lines else ()


def _other(chat: Chat) -> str:
    return "fr" if chat.language == "ar" else "ar"


def _speak(chat: Chat, language: str, context: TurnContext, flows: Flows) -> Decision:
    """Another language, at any step; answers and place are kept."""
    return refresh(in_language(chat, language), context, flows)


def _back(chat: Chat, context: TurnContext, flows: Flows) -> Decision:
    if chat.open == HOME:
        return menu_decision(chat, context, flows)
    turned = engine.back(flows[chat.open], chat.form.state, context)
    return menu_decision(chat, context, flows) if turned is None else decision_of(chat, turned)


def _elsewhere(chat: Chat, heard: Heard, context: TurnContext, flows: Flows) -> Decision:
    """A button of another form: the menu's still lead on, any other is explained, never taken."""
    welcome = chat.forms.get(HOME)
    if welcome is not None and heard.draft == welcome.draft and not chat.with_person:
        if heard.step == "language" and heard.value in ("ar", "fr"):
            return _speak(chat, heard.value, context, flows)
        if heard.step == "menu" and chat.language is not None:
            menu = replace(chat, open=HOME)
            return _turned(menu, engine.turn(flows.home, menu.form.state, heard, context), context, flows)
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context, Say("desk.stale")))


def _nothing_shown(chat: Chat, context: TurnContext, flows: Flows) -> bool:
    """Whether the list a digit would mean is one that nobody sees any more."""
    return not chat.form.state.now.get("shown") and engine.settled(flows[chat.open], chat.form.state, context)


def _turned(chat: Chat, turned: Turn, context: TurnContext, flows: Flows) -> Decision:
    chat = chat.put(turned.state)
    spoken = turned.state.answers.get("language")
    if chat.open == HOME and spoken is not None and spoken != chat.language:
        chat = replace(chat, language=str(spoken))
    if (chat.open, turned.finished) == (flows.persons.id, flows.about_persons.refused):
        return replace(_refused(chat, turned, context, flows), taken=turned.taken)
    if turned.operation is not None and turned.operation.name in (TAKE_UP, GIVE_PROOF):
        given = turned.operation.answers
        draft = str(given.get("whose", given.get("file")))
        if draft.startswith(DRAFT_ID):
            draft = draft.removeprefix(DRAFT_ID)
            if turned.operation.name == TAKE_UP:
                return replace(take_up(chat, draft, context, flows), taken=True)
            return replace(known_again(chat, draft, str(given["proof"]), context, flows), taken=True)
    if turned.leads_to is None:
        operation = () if turned.operation is None else (RunOperation(turned.operation),)
        reached = () if turned.finished is None else (KeepOutcome(chat.open, turned.finished),)
        return Decision(chat, turned.replies, (*operation, *reached), taken=turned.taken)
    return replace(_lead(chat, turned.leads_to, turned.carried, context, flows), taken=turned.taken)


def _refused(chat: Chat, turned: Turn, context: TurnContext, flows: Flows) -> Decision:
    """No consent: what was said in the form goes, but the refusal; of a file that is there, erasing is proposed."""
    flow, persons = flows.persons, flows.about_persons
    file = turned.state.answers.get(persons.corrects)
    if file is not None:
        return open_form(chat.drop(flow.id), persons.erases, context, flows, given={persons.corrects: file})
    refused = {id: turned.state.answers[id] for id in locate(flow, turned.state, context).trail}
    return Decision(
        chat.put(replace(turned.state, answers=refused)), turned.replies, (KeepOutcome(flow.id, persons.refused),)
    )


def _lead(chat: Chat, to: str, carried: Answers, context: TurnContext, flows: Flows) -> Decision:
    if (to in WORDS or to in flows.by_word) and to not in flows:
        return _global(chat, to, context, flows)
    if to == "another":
        return set_aside(chat, context, flows)
    if to == "continue":
        flow = str(chat.form.state.answers["flow"])
        if flow == flows.persons.id and flow in chat.forms:
            return take_up(chat, chat.forms[flow].draft, context, flows)
        return refresh(replace(chat, open=flow), context, flows)
    return open_form(chat, to, context, flows, given=carried)
