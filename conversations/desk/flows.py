"""Every flow by its id, and the few that the desk opens by itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from typing_extensions import override

from conversations.forms.flow import Command, Flow, Persons
from conversations.roles import may
from conversations.values import HOME


class Flows(Mapping[str, Flow]):
    """Flows by id. `home`: the form everything begins at. `resume`: asked of who comes back to a form.
    `questions`: answers words that no form understood. `persons`: the one flow with several forms a phone.
    `by_word`: what a word of the desk opens. `by_topic`: what is the answer to a question.
    """

    def __init__(self, every: Iterable[Flow], *, resume: str, questions: str) -> None:
        self._by_id = {flow.id: flow for flow in every}
        self.home, self.resume, self.questions = self[HOME], self[resume], self[questions]
        (self.persons,) = (flow for flow in self.values() if flow.persons is not None)
        self.by_word = {
            flow.command.word: flow
            for flow in self.values()
            if flow.command is not None and flow.command.word is not None
        }
        self.by_topic = {flow.topic: flow for flow in self.values() if flow.topic is not None}

    @property
    def about_persons(self) -> Persons:
        """What the desk does of the forms of `persons`."""
        assert self.persons.persons is not None
        return self.persons.persons

    def commands(self, roles: Collection[str]) -> list[Command]:
        """Return the commands of the chamber's people that some roles may use, as they stand in the menu."""
        found = [flow.command for flow in self.by_word.values() if flow.role is not None and may(roles, flow.role)]
        return sorted((command for command in found if command is not None), key=lambda command: command.place)

    @override
    def __getitem__(self, id: str) -> Flow:
        return self._by_id[id]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    @override
    def __len__(self) -> int:
        return len(self._by_id)
