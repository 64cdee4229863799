"""The kinds of question, one a file."""

from conversations.forms.kinds.amount import Amount, Range
from conversations.forms.kinds.birth import Birth
from conversations.forms.kinds.browse import Browse
from conversations.forms.kinds.choice import Choice
from conversations.forms.kinds.count import Count
from conversations.forms.kinds.day import Day
from conversations.forms.kinds.digits import Digits
from conversations.forms.kinds.hour import Hour
from conversations.forms.kinds.medium import Medium
from conversations.forms.kinds.message import Message
from conversations.forms.kinds.name import Name
from conversations.forms.kinds.people import People
from conversations.forms.kinds.phone import Phone
from conversations.forms.kinds.pin import Pin
from conversations.forms.kinds.score import Score
from conversations.forms.kinds.search import Search
from conversations.forms.kinds.topic import Topic
from conversations.forms.kinds.words import Words
from conversations.forms.kinds.years import Years

__all__ = [
    "Amount", "Birth", "Browse", "Choice", "Count", "Day", "Digits", "Hour", "Medium", "Message", "Name",
    "People", "Phone", "Pin", "Range", "Score", "Search", "Topic", "Words", "Years",
]  # fmt: skip
