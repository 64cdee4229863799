"""Which consents a turn has given or refused: each becomes an effect, so that it is recorded. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from conversations.desk.chat import Chat
from conversations.desk.effects import RecordConsent
from conversations.desk.flows import Flows
from conversations.desk.open_forms import Decision


def with_consents(decision: Decision, before: Chat, flows: Flows) -> Decision:
    """Return the decision with an effect for each form in which the turn answered the question of consent."""
    return replace(decision, effects=(*_answered(before, decision.chat, flows), *decision.effects))


def _answered(before: Chat, after: Chat, flows: Flows) -> Iterator[RecordConsent]:
    flow, persons = flows.persons.id, flows.about_persons
    known = {form.draft: form.state.answers.get(persons.consent) for form in before.all_of(flow).values()}
    for form in after.all_of(flow).values():
        answer = form.state.answers.get(persons.consent)
        taken_along = form.draft not in known and persons.corrects in form.state.answers  # a correction just opened
        if isinstance(answer, str) and known.get(form.draft) != answer and not taken_along:
            yield RecordConsent(form.draft, answer)
