"""What is said once a service has done its deed, or refused to. Pure."""

from dataclasses import replace

from conversations.context import World
from conversations.desk.chat import WELCOME, Chat
from conversations.desk.open_forms import REGISTER, Decision, Flows, asked, open_form, unfinished, without_corrections
from conversations.forms import engine
from conversations.forms.flow import begin
from conversations.values import Answers, Deed, Done, Reply, Say


def after(chat: Chat, deed: Deed, done: Done, world: World, flows: Flows) -> Decision:
    """The conversation goes on: where it was, in the form that follows, or at the menu."""
    if done.speaks is not None:
        chat = in_language(chat, done.speaks)
    if done.refused or done.stays:
        return _stays(chat, deed, done, world, flows)
    if done.opens is not None:
        return _opens(chat, deed, done, done.opens, world, flows)
    for flow in (*((deed.flow,) if deed.flow else ()), *done.drops):
        chat = chat.drop(flow)
    if chat.language is None:  # one who was invited: the language goes next
        return asked(chat, engine.ask(flows[WELCOME], chat.form.state, world, *done.says))
    if deed.flow is None or done.options:
        if deed.flow is not None:  # nothing is numbered under it: a digit must not open the menu
            chat = chat.put(replace(chat.form.state, now={}))
        reply = Reply(done.says, done.options, done.media, numbered=False)
        return Decision(chat, (reply,), about=done.about)
    menu = asked(chat, engine.ask(flows[WELCOME], chat.form.state, world, *done.says))
    return replace(menu, replies=(*menu.replies[:-1], replace(menu.replies[-1], media=done.media)))


def _stays(chat: Chat, deed: Deed, done: Done, world: World, flows: Flows) -> Decision:
    if deed.flow is None or deed.flow not in chat.forms:
        return Decision(chat, (Reply(done.says, media=done.media),))
    again = asked(chat, engine.ask(flows[deed.flow], chat.form.state, world, *done.says))
    last = replace(again.replies[-1], media=(*again.replies[-1].media, *done.media))
    return replace(again, replies=(*again.replies[:-1], last))


def _opens(chat: Chat, deed: Deed, done: Done, opens: tuple[str, Answers], world: World, flows: Flows) -> Decision:
    flow, given = opens
    if "file" in given and flow == REGISTER:
        chat = without_corrections(chat, str(given["file"]))  # begun again, it is begun once
    begun = chat.forms.get(flow)
    if begun is not None and flow != deed.flow and unfinished(flows[flow], begun.state, world):
        if flow == REGISTER:
            chat = chat.park(REGISTER)  # somebody else's: it waits among the files
        elif flows[flow].keeps is None:  # what is half written is not thrown away
            resumed = open_form(chat, flow, world, flows)
            return replace(resumed, replies=(Reply((Say("desk.already_begun"),)), *resumed.replies))
    if deed.flow == REGISTER:
        chat = chat.drop(REGISTER)  # it has come to its end
    chat = chat.start(begin(flows[flow], given))
    opened = engine.ask(flows[flow], chat.form.state, world)
    return asked(chat, replace(opened, replies=(Reply(done.says, media=done.media), *opened.replies)))


def in_language(chat: Chat, language: str) -> Chat:
    """Another language; answers and place are kept."""
    welcome = chat.forms[WELCOME]
    answers = {**welcome.state.answers, "language": language}
    forms = {**chat.forms, WELCOME: replace(welcome, state=replace(welcome.state, answers=answers))}
    return replace(chat, language=language, forms=forms)
