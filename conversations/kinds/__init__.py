"""The kinds of question, one a file."""

from conversations.kinds.amount import Amount, Range
from conversations.kinds.choice import Choice
from conversations.kinds.score import Score
from conversations.kinds.search import Search
from conversations.kinds.years import Years

__all__ = ["Amount", "Choice", "Range", "Score", "Search", "Years"]
