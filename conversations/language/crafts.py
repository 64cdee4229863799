"""Trades, and whole sectors of them: what a message or a session may be for."""

from dataclasses import dataclass

from conversations.context import Grouped
from conversations.language.catalogue import IN, without_articles
from conversations.values import Answers, Named

TRADES_A_PAGE = 8
TRADE_CHOICES = "crafts"  # the source of them


@dataclass(frozen=True)
class TradesAndSectors:
    """A source over another that has groups: without words its groups, with words those and its entries."""

    within: Grouped

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        """Sectors first, then trades."""
        every = self.within.groups()
        if not words:
            return every[page * TRADES_A_PAGE : (page + 1) * TRADES_A_PAGE], len(every) > (page + 1) * TRADES_A_PAGE
        said = without_articles(words)
        groups = [
            id for id in every if any(said in without_articles(name) for name in self.within.group(id).names.values())
        ]
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
