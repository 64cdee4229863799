"""What stands on the counter: the form in hand, the menu, one that is opened or taken up again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from conversations.context import World
from conversations.desk.chat import WELCOME, Chat, Form
from conversations.files.flow import DRAFT, PROVE
from conversations.forms import engine
from conversations.forms.flow import Flow, begin, lift, locate
from conversations.roles import may
from conversations.values import Answers, Deed, Heard, Lines, Named, Reply, Say, State, Turn

RESUME, REGISTER = "resume", "register"
MOST_FORMS = 10
MOST_PROOFS = 3
Flows = Mapping[str, Flow]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message makes of a conversation, and the few things a service must then do.

    `finished`: (flow, outcome) just reached. `deed`: what a service must do before anything is said
    (see `after`). `about`: what the message is about. `asks_person`: she asks for a person. `told`: words
    for the people of the chamber. `stops`: she wants no message she did not ask for. `taken`: the
    button pressed is spent. `unsays`: what she sent is taken off the channel, where that is allowed.
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
    unsays: bool = False


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
    if flow == REGISTER and _corrects(chat.forms.get(flow)):
        chat = chat.park(REGISTER)  # a correction that was not sent is no pre-registration to go on with
    form, keeps = chat.forms.get(flow), flows[flow].keeps
    if keeps is not None:
        known = form.state.answers if form is not None and not fresh else {}
        kept = {key: known[key] for key in keeps if key in known}
        chat = chat.start(begin(flows[flow], {**kept, **(given or {})}))
    elif form is not None and not fresh and unfinished(flows[flow], form.state, world):
        chat = chat.start(begin(flows[RESUME], {"flow": flow, **_whose(form)}))
    else:
        chat = chat.start(begin(flows[flow], given))
    return asked(chat, engine.ask(flows[chat.open], chat.form.state, world))


def _corrects(form: Form | None) -> bool:
    return form is not None and "file" in form.state.answers


def _whose(form: Form) -> dict[str, str]:
    """Whose form waits, where it may be told."""
    name = form.state.answers.get("name")
    return {} if form.asleep or not isinstance(name, str) else {"name": name}


def set_aside(chat: Chat, world: World, flows: Flows) -> Decision:
    """Another person's pre-registration: an unfinished one waits, and is found among the files."""
    form = chat.forms.get(REGISTER)
    if form is not None and unfinished(flows[REGISTER], form.state, world):
        if len(chat.all_of(REGISTER)) >= MOST_FORMS:
            return asked(chat, engine.ask(flows[chat.open], chat.form.state, world, Say("desk.too_many_forms")))
        chat = chat.park(REGISTER)
    return open_form(chat, REGISTER, world, flows, fresh=True)


def take_up(chat: Chat, draft: str, world: World, flows: Flows) -> Decision:
    """A form that waits goes on, once its person is known again."""
    here = chat.forms.get(REGISTER)
    if here is None or here.draft != draft:
        if f"{REGISTER}.{draft}" not in chat.forms:
            return menu(chat, world, flows)
        if here is not None:
            chat = chat.park(REGISTER) if unfinished(flows[REGISTER], here.state, world) else chat.drop(REGISTER)
        chat = chat.unpark(REGISTER, draft)
    chat = replace(chat, open=REGISTER)
    if chat.form.asleep and closed(chat.form, world):
        return _closed(chat, world, flows)
    if chat.form.asleep:
        chat = chat.start(begin(flows[PROVE], {"file": DRAFT + draft}))
    return refresh(chat, world, flows)


def closed(form: Form, world: World) -> bool:
    """Whether too many wrong days of birth were given today."""
    return form.tries >= MOST_PROOFS and form.tried == world.today.isoformat()


def _closed(chat: Chat, world: World, flows: Flows) -> Decision:
    chat = replace(chat, open=WELCOME)
    return asked(chat, engine.ask(flows[WELCOME], chat.form.state, world, Say("prove.locked")))


def doze(chat: Chat, world: World, flows: Flows) -> Chat:
    """Forms nobody touched for long are closed until their person is known again.

    One that has a name and no day of birth to know her by is begun anew.
    """
    if world.silent:
        chat = replace(chat, with_person=False)  # whoever waited for an answer is not waiting now
    forms = dict(chat.forms)
    for key, form in chat.all_of(REGISTER).items():
        if form.asleep or not stale(form, world):
            continue
        if _corrects(form):  # the file itself is there, and asks for its own proof
            del forms[key]
            continue
        answers = dict(form.state.answers)
        if "was" in form.state.now:  # a correction that was open: the answer as it was
            answers[str(form.state.now["step"])] = form.state.now["was"]
        known = "birth" in answers
        if "name" in answers and not known:
            answers = {}
        forms[key] = replace(form, asleep=known, state=replace(form.state, answers=answers, now={}))
    if forms == dict(chat.forms):
        return chat
    chat = replace(chat, forms=forms)
    if chat.open == PROVE or chat.open not in forms:
        return replace(chat, open=WELCOME)
    return chat.start(begin(flows[RESUME], {"flow": REGISTER})) if chat.open == REGISTER else chat


def without_corrections(chat: Chat, file: str) -> Chat:
    """Without the corrections of a file that were begun and not sent."""
    gone = {key for key, form in chat.all_of(REGISTER).items() if form.state.answers.get("file") == file}
    forms = {key: form for key, form in chat.forms.items() if key not in gone}
    return replace(chat, open=WELCOME if chat.open in gone else chat.open, forms=forms)


def stale(form: Form, world: World) -> bool:
    """Whether nobody touched a form for as long as a file is shown without a proof."""
    if not form.touched:
        return world.silent
    return (world.today - date.fromisoformat(form.touched)).days >= world.check_after


def known_again(chat: Chat, draft: str, born: str, world: World, flows: Flows) -> Decision:
    """The day of birth given again for a form that waits: the right one opens it."""
    key = next((key for key, form in chat.all_of(REGISTER).items() if form.draft == draft), None)
    if key is None:
        return menu(chat, world, flows)
    form = chat.forms[key]
    today = world.today.isoformat()
    tries = form.tries if form.tried == today else 0
    if tries < MOST_PROOFS and form.state.answers.get("birth") == born:
        awake = replace(form, asleep=False, tries=0, touched=today)
        return take_up(replace(chat, forms={**chat.forms, key: awake}), draft, world, flows)
    form = replace(form, tries=tries + 1, tried=today)
    chat = replace(chat, forms={**chat.forms, key: form})
    if closed(form, world):
        return _closed(chat, world, flows)
    chat = chat.start(begin(flows[PROVE], {"file": DRAFT + draft}))
    return asked(chat, engine.ask(flows[PROVE], chat.form.state, world, Say("prove.wrong")))


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
