"""Trades, and whole sectors of them: what a message or a meeting may be for."""

from dataclasses import dataclass

from conversations.context import Grouped
from conversations.language.catalogue import IN, plain
from conversations.values import Answers, Named

PAGE = 8


@dataclass(frozen=True)
class Crafts:
    """A source over another that has groups: without words its groups, with words those and its entries."""

    within: Grouped

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        """Sectors first, then trades."""
        every = self.within.groups()
        if not words:
            return every[page * PAGE : (page + 1) * PAGE], len(every) > (page + 1) * PAGE
        said = plain(words)
        groups = [id for id in every if any(said in plain(name) for name in self.within.group(id).names.values())]
        ids, more = self.within.find(words, answers, page)
        return [*(groups if page == 0 else []), *ids], more

    def label(self, id: str) -> Named:
        """The name of a sector, or of a trade. KeyError when it was never known."""
        if id.startswith(IN):
            if id not in self.within.groups():
                raise KeyError(id)
            return self.within.group(id)
        return self.within.label(id)

    def known(self, id: str) -> bool:
        """Whether it is or once was known."""
        return id in self.within.groups() or self.within.known(id)

    def fits(self, id: str, answers: Answers) -> bool:
        """With anything."""
        return True

    def offers(self, id: str) -> bool:
        """Whether it may be chosen today."""
        return id in self.within.groups() or self.within.offers(id)
