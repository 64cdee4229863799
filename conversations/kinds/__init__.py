"""The kinds of question, one a file."""

from conversations.kinds.amount import Amount, Range
from conversations.kinds.birth import Birth
from conversations.kinds.browse import Browse
from conversations.kinds.choice import Choice
from conversations.kinds.count import Count
from conversations.kinds.day import Day
from conversations.kinds.digits import Digits
from conversations.kinds.hour import Hour
from conversations.kinds.medium import Medium
from conversations.kinds.message import Message
from conversations.kinds.name import Name
from conversations.kinds.people import People
from conversations.kinds.phone import Phone
from conversations.kinds.pin import Pin
from conversations.kinds.score import Score
from conversations.kinds.search import Search
from conversations.kinds.topic import Topic
from conversations.kinds.words import Words
from conversations.kinds.years import Years

__all__ = [
    "Amount", "Birth", "Browse", "Choice", "Count", "Day", "Digits", "Hour", "Medium", "Message", "Name",
    "People", "Phone", "Pin", "Range", "Score", "Search", "Topic", "Words", "Years",
]  # fmt: skip
