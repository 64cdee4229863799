"""Play a flow in the terminal: no database, no token, the same flows and words as every door."""

from collections.abc import Callable, Iterable

from conversations.context import TurnContext
from conversations.desk import router
from conversations.desk.after_operation import after_operation
from conversations.desk.chat import Chat
from conversations.flows import FLOWS
from conversations.forms import engine
from conversations.forms.flow import begin
from conversations.values import HOME, Heard, OperationResult, Reply, Say, Spoken
from locales.speech import Speech


def play(
    flow: str,
    language: str,
    context: TurnContext,
    speech: Speech,
    lines: Iterable[str],
    show: Callable[[str], None],
) -> None:
    """Open a flow and answer each line as the desk would, until the lines end."""

    def say(chat: Chat, replies: tuple[Reply, ...]) -> None:
        exits = router.exits(chat, context, FLOWS)
        show(drawn(speech.speak(replies, chat.language, chat.form.draft, exits)))

    chat = Chat(language=language).start(begin(FLOWS[HOME], {"language": language}))
    if flow != HOME:
        chat = chat.start(begin(FLOWS[flow]))
    asked = engine.ask_open(FLOWS[flow], chat.form.state, context)
    chat = chat.put(asked.state)
    say(chat, asked.replies)
    for line in lines:
        show("")
        decision = router.decide(chat, Heard(line), context, FLOWS)
        if decision.operation is not None:  # there is no memory here to do anything in
            refused = OperationResult((Say("desk.not_offered"),), refused=True)
            decision = after_operation(decision.chat, decision.operation, refused, context, FLOWS)
        chat = decision.chat
        say(chat, decision.replies)


def drawn(spoken: Spoken) -> str:
    """The text, the options numbered, the exits on the last line with what to type for them."""
    parts = [spoken.text]
    if spoken.options:
        faces = (f"{i}." if spoken.numbered else "-" for i in range(1, len(spoken.options) + 1))
        pairs = zip(faces, spoken.options, strict=True)
        parts.append("\n".join(f"{face} {button.label}" for face, button in pairs))
    if spoken.exits:
        parts.append(" · ".join(f"{b.typed} = {b.label}" if b.typed else b.label for b in spoken.exits))
    return "\n\n".join(parts)
