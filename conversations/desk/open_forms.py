"""What stands on the counter: the form in hand, the menu, one that is opened or taken up again. Pure."""

from dataclasses import dataclass, replace
from datetime import date

from conversations.context import TurnContext
from conversations.desk.chat import Chat, Form
from conversations.desk.effects import Effect, RunOperation
from conversations.desk.flows import Flows
from conversations.forms import engine
from conversations.forms.flow import Flow, begin, lift, locate
from conversations.roles import may
from conversations.values import HOME, Answers, Lines, Named, Operation, Reply, Say, State, Subject, Turn

MOST_PROOFS = 3  # wrong ones, a day
DRAFT_ID = "draft."  # before the short name of a form that waits, among the ids of files
TAKE_UP, GIVE_PROOF = "take_up", "prove"  # operations of a form that the desk does itself


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message makes of a conversation, what is said, and what a service must do.

    `about`: what the message that leaves is about. `taken`: the button pressed is spent.
    """

    chat: Chat
    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...] = ()
    about: Subject | None = None
    taken: bool = False

    @property
    def operation(self) -> Operation | None:
        """The operation to run before anything is said (see `after_operation`)."""
        return next((effect.operation for effect in self.effects if isinstance(effect, RunOperation)), None)


def refresh(chat: Chat, context: TurnContext, flows: Flows) -> Decision:
    """The open question once more, in today's words."""
    if not chat.forms:
        chat = chat.start(begin(flows.home))
    chat = known_chat(chat, context, flows)
    if chat.with_person:
        return Decision(chat, (person_asked(context),))
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context))


def known_chat(chat: Chat, context: TurnContext, flows: Flows) -> Chat:
    """The same chat, at the menu when its flow is gone, or no more for this person."""
    if chat.open in flows and chat.open in chat.forms and may(context.roles, flows[chat.open].role):
        return chat
    return replace(chat, open=HOME) if HOME in chat.forms else chat.start(begin(flows.home))


def back_to_the_desk(chat: Chat, context: TurnContext, flows: Flows, *says: Say) -> Decision:
    """No person answers any more: her own question stands again, after some words."""
    chat = known_chat(replace(chat, with_person=False), context, flows)
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context, *says))


def menu_decision(chat: Chat, context: TurnContext, flows: Flows) -> Decision:
    """The menu, whatever was open."""
    chat = replace(chat, open=HOME)
    fresh = replace(chat.form.state, now={})  # earlier tries at it are forgotten
    return decision_of(chat, engine.ask_open(flows.home, fresh, context))


def open_form(
    chat: Chat, flow: str, context: TurnContext, flows: Flows, fresh: bool = False, given: Answers | None = None
) -> Decision:
    """Put a form on the counter: a new one, or (when answers are there) ask which."""
    if flow in (HOME, flows.resume.id) and not fresh:
        return menu_decision(chat, context, flows)
    if flow == flows.resume.id:
        flow = str(chat.form.state.answers["flow"])
    if flow == HOME or not may(context.roles, flows[flow].role):
        return menu_decision(chat, context, flows)
    if flow == flows.persons.id and _corrects(chat.forms.get(flow), flows):
        chat = chat.park(flow)  # a correction that was not sent is no form to go on with
    form, keeps = chat.forms.get(flow), flows[flow].keeps
    if keeps is not None:
        known = form.state.answers if form is not None and not fresh else {}
        kept = {key: known[key] for key in keeps if key in known}
        chat = chat.start(begin(flows[flow], {**kept, **(given or {})}))
    elif form is not None and not fresh and is_unfinished(flows[flow], form.state, context):
        chat = chat.start(begin(flows.resume, {"flow": flow, **_whose(form, flows[flow])}))
    else:
        chat = chat.start(begin(flows[flow], given))
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context))


def _corrects(form: Form | None, flows: Flows) -> bool:
    return form is not None and flows.about_persons.corrects in form.state.answers


def _whose(form: Form, flow: Flow) -> dict[str, str]:
    """Whose form waits, where it may be told."""
    name = form.state.answers.get(flow.persons.name) if flow.persons is not None else None
    return {} if form.asleep or not isinstance(name, str) else {"name": name}


def set_aside(chat: Chat, context: TurnContext, flows: Flows) -> Decision:
    """Another person's form: an unfinished one waits, and is found among the files."""
    flow = flows.persons.id
    form = chat.forms.get(flow)
    if form is not None and is_unfinished(flows.persons, form.state, context):
        if len(chat.all_of(flow)) >= flows.about_persons.most:
            return decision_of(
                chat, engine.ask_open(flows[chat.open], chat.form.state, context, Say("desk.too_many_forms"))
            )
        chat = chat.park(flow)
    return open_form(chat, flow, context, flows, fresh=True)


def take_up(chat: Chat, draft: str, context: TurnContext, flows: Flows) -> Decision:
    """A form that waits goes on, once its person is known again."""
    flow = flows.persons.id
    here = chat.forms.get(flow)
    if here is None or here.draft != draft:
        if f"{flow}.{draft}" not in chat.forms:
            return menu_decision(chat, context, flows)
        if here is not None:
            chat = chat.park(flow) if is_unfinished(flows.persons, here.state, context) else chat.drop(flow)
        chat = chat.unpark(flow, draft)
    chat = replace(chat, open=flow)
    if chat.form.asleep and is_locked(chat.form, context):
        return _closed(chat, context, flows)
    if chat.form.asleep:
        chat = _asks_proof(chat, draft, flows)
    return refresh(chat, context, flows)


def is_locked(form: Form, context: TurnContext) -> bool:
    """Whether too many wrong days of birth were given today."""
    return form.tries >= MOST_PROOFS and form.tried == context.today.isoformat()


def _closed(chat: Chat, context: TurnContext, flows: Flows) -> Decision:
    chat = replace(chat, open=HOME)
    return decision_of(chat, engine.ask_open(flows.home, chat.form.state, context, Say("prove.locked")))


def close_sleeping(chat: Chat, context: TurnContext, flows: Flows) -> Chat:
    """Forms nobody touched for long are closed until their person is known again.

    One that has a name and no day of birth to know her by is begun anew.
    """
    if context.silent:
        chat = replace(chat, with_person=False)  # whoever waited for an answer is not waiting now
    forms, persons = dict(chat.forms), flows.about_persons
    for key, form in chat.all_of(flows.persons.id).items():
        if form.asleep or not is_stale(form, context):
            continue
        if _corrects(form, flows):  # the file itself is there, and asks for its own proof
            del forms[key]
            continue
        answers = dict(form.state.answers)
        if "was" in form.state.now:  # a correction that was open: the answer as it was
            answers[str(form.state.now["step"])] = form.state.now["was"]
        known = persons.proof in answers
        if persons.name in answers and not known:
            answers = {}
        forms[key] = replace(form, asleep=known, state=replace(form.state, answers=answers, now={}))
    if forms == dict(chat.forms):
        return chat
    chat = replace(chat, forms=forms)
    if chat.open == persons.asks_proof or chat.open not in forms:
        return replace(chat, open=HOME)
    if chat.open != flows.persons.id:
        return chat
    return chat.start(begin(flows.resume, {"flow": flows.persons.id}))


def without_corrections(chat: Chat, flow: Flow, file: str) -> Chat:
    """Without the forms of a flow that were begun to correct a file and not sent."""
    corrects = flow.persons.corrects if flow.persons is not None else ""
    gone = {key for key, form in chat.all_of(flow.id).items() if form.state.answers.get(corrects) == file}
    forms = {key: form for key, form in chat.forms.items() if key not in gone}
    return replace(chat, open=HOME if chat.open in gone else chat.open, forms=forms)


def is_stale(form: Form, context: TurnContext) -> bool:
    """Whether nobody touched a form for as long as a file is shown without a proof."""
    if not form.touched:
        return context.silent
    return (context.today - date.fromisoformat(form.touched)).days >= context.check_after


def known_again(chat: Chat, draft: str, born: str, context: TurnContext, flows: Flows) -> Decision:
    """The day of birth given again for a form that waits: the right one opens it."""
    forms = chat.all_of(flows.persons.id)
    key = next((key for key, form in forms.items() if form.draft == draft), None)
    if key is None:
        return menu_decision(chat, context, flows)
    form = chat.forms[key]
    today = context.today.isoformat()
    tries = form.tries if form.tried == today else 0
    if tries < MOST_PROOFS and form.state.answers.get(flows.about_persons.proof) == born:
        awake = replace(form, asleep=False, tries=0, touched=today)
        return take_up(replace(chat, forms={**chat.forms, key: awake}), draft, context, flows)
    form = replace(form, tries=tries + 1, tried=today)
    chat = replace(chat, forms={**chat.forms, key: form})
    if is_locked(form, context):
        return _closed(chat, context, flows)
    chat = _asks_proof(chat, draft, flows)
    return decision_of(chat, engine.ask_open(flows[chat.open], chat.form.state, context, Say("prove.wrong")))


def _asks_proof(chat: Chat, draft: str, flows: Flows) -> Chat:
    """Return the chat with the question by which the person of a form that waits is known again."""
    persons = flows.about_persons
    return chat.start(begin(flows[persons.asks_proof], {persons.corrects: DRAFT_ID + draft}))


def is_unfinished(flow: Flow, state: State, context: TurnContext) -> bool:
    """Whether there is something in a form to continue; of one that came to an early end, nothing."""
    return bool(state.answers) and locate(flow, lift(flow, state), context).at not in flow.stops


def decision_of(chat: Chat, turned: Turn) -> Decision:
    """The open form in its new state, with what it says."""
    return Decision(chat.put(turned.state), turned.replies)


def person_asked(context: TurnContext) -> Reply:
    """A person was asked for: how and when she answers, as far as the chamber told us."""
    if context.hushed is not None:
        return Reply((Say("desk.person.hushed", {"when": context.hushed}),))
    says: list[Say | Lines] = [Say("desk.person.asked"), Say("desk.person.no_papers")]
    if context.opens is not None:
        says.append(Say("desk.person.opens", {"when": context.opens}))
    if context.chamber.phone:
        says.append(Say("desk.person.phone", {"phone": Named.same(context.chamber.phone)}))
    if context.chamber.hours:
        says.append(Say("desk.person.hours", {"hours": context.chamber.hours}))
    return Reply(tuple(says))
