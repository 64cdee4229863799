"""What is said once a service has done its operation, or refused to. Pure."""

from dataclasses import replace

from conversations.context import TurnContext
from conversations.desk.chat import Chat
from conversations.desk.flows import Flows
from conversations.desk.open_forms import (
    Decision,
    decision_of,
    is_unfinished,
    open_form,
    without_corrections,
)
from conversations.forms import engine
from conversations.forms.flow import begin
from conversations.values import HOME, Answers, Operation, OperationResult, Reply, Say


def after_operation(
    chat: Chat, operation: Operation, done: OperationResult, context: TurnContext, flows: Flows
) -> Decision:
    """The conversation goes on: where it was, in the form that follows, or at the menu."""
    if done.speaks is not None:
        chat = in_language(chat, done.speaks)
    if done.refused or done.stays:
        return _stays(chat, operation, done, context, flows)
    if done.opens is not None:
        return _opens(chat, operation, done, done.opens, context, flows)
    for flow in (*((operation.flow,) if operation.flow else ()), *done.drops):
        chat = chat.drop(flow)
    if chat.language is None:  # one who was invited: the language goes next
        return decision_of(chat, engine.ask_open(flows.home, chat.form.state, context, *done.says))
    if operation.flow is None or done.options or flows[operation.flow].role is not None:
        if operation.flow is not None:  # nothing is numbered under it: a digit must not open the menu
            chat = chat.put(replace(chat.form.state, now={}))
        reply = Reply(done.says, done.options, done.media, numbered=False)
        return Decision(chat, (reply,), about=done.about)
    menu = decision_of(chat, engine.ask_open(flows.home, chat.form.state, context, *done.says))
    return replace(menu, replies=(*menu.replies[:-1], replace(menu.replies[-1], media=done.media)))


def _stays(chat: Chat, operation: Operation, done: OperationResult, context: TurnContext, flows: Flows) -> Decision:
    if operation.flow is None or operation.flow not in chat.forms:
        return Decision(chat, (Reply(done.says, media=done.media),))
    again = decision_of(chat, engine.ask_open(flows[operation.flow], chat.form.state, context, *done.says))
    last = replace(again.replies[-1], media=(*again.replies[-1].media, *done.media))
    return replace(again, replies=(*again.replies[:-1], last))


def _opens(
    chat: Chat,
    operation: Operation,
    done: OperationResult,
    opens: tuple[str, Answers],
    context: TurnContext,
    flows: Flows,
) -> Decision:
    flow, given = opens
    persons = flows[flow].persons
    if persons is not None and persons.corrects in given:
        chat = without_corrections(chat, flows[flow], str(given[persons.corrects]))  # begun again, it is begun once
    begun = chat.forms.get(flow)
    if begun is not None and flow != operation.flow and is_unfinished(flows[flow], begun.state, context):
        if persons is not None:
            chat = chat.park(flow)  # somebody else's: it waits among the files
        elif flows[flow].keeps is None:  # what is half written is not thrown away
            resumed = open_form(chat, flow, context, flows)
            return replace(resumed, replies=(Reply((Say("desk.already_begun"),)), *resumed.replies))
    if operation.flow == flows.persons.id:
        chat = chat.drop(flows.persons.id)  # it has come to its end
    chat = chat.start(begin(flows[flow], given))
    opened = engine.ask_open(flows[flow], chat.form.state, context)
    return decision_of(chat, replace(opened, replies=(Reply(done.says, media=done.media), *opened.replies)))


def in_language(chat: Chat, language: str) -> Chat:
    """Another language; answers and place are kept."""
    welcome = chat.forms[HOME]
    answers = {**welcome.state.answers, "language": language}
    forms = {**chat.forms, HOME: replace(welcome, state=replace(welcome.state, answers=answers))}
    return replace(chat, language=language, forms=forms)
