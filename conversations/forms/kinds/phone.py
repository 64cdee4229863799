"""A phone number, as people of Morocco write it; kept as +212..."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.understand import choose, clean, typed_digit
from conversations.values import Named, Say

# Our own rule before the library's: it takes letters for digits, and extensions.
WRITTEN_PHONE = re.compile(r"\+?[0-9 ()./-]{6,30}\Z", re.ASCII)
STORED_PHONE = re.compile(r"\+[1-9][0-9]{6,14}\Z", re.ASCII)
STARTS = re.compile(r"(?:\+212|00212|0)[5-7]")
ONE_NUMBER = 14  # digits at most, of one written in full: a number may well hold another's beginning
PHONE_IN_TEXT = re.compile(r"(?<![\w+:])\+?[0-9](?:[0-9 ()./-]{7,22})[0-9](?![\w;])", re.ASCII)
LONGEST_PHONE_TEXT = 200
HOME_REGION = "MA"
MINE = "mine"


@dataclass(frozen=True, slots=True)
class Phone(Kind):
    """A number that may exist. One of another country, or a fixed line, is said back first."""

    takes_zero: ClassVar[bool] = True
    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        text = clean(words)
        if typed_digit(words) is None and not WRITTEN_PHONE.match(text):  # a digit is no option's place here
            own = [(id, option_spellings(asked, id)) for id in asked.shown]
            named = choose(words, own, asked.case.context.spellings)
            if named is not None and named.sure:
                return Got(named.id)
        return read_phone(text)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and STORED_PHONE.match(value) is not None

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(grouped_phone(value))


def read_phone(text: str) -> Understood:
    """The one number a message holds."""
    import phonenumbers  # read when the first number is: a third of a second of start

    if not WRITTEN_PHONE.match(text):
        return _among(text)
    if sum(map(str.isdigit, text)) > ONE_NUMBER and len(STARTS.findall(text.replace(" ", ""))) > 1:
        return Unclear("two_phones", own=False)
    text = re.sub(r"^(?:00|\+)?212(?=[0-9 ()./-]{9})", "+212", text)
    try:
        parsed = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return Unclear("not_a_phone", own=False)
    if not phonenumbers.is_valid_number(parsed):
        return Unclear("not_a_phone", own=False)
    value = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    home = phonenumbers.region_code_for_number(parsed) in (HOME_REGION, "EH")
    mobile = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
    return Got(value) if home and mobile else Maybe(value)


def _among(text: str) -> Understood:
    """A number inside a sentence, said back first."""
    found = PHONE_IN_TEXT.findall(text) if len(text) <= LONGEST_PHONE_TEXT else []
    if len(found) != 1:
        return Unclear("two_phones" if found else "not_a_phone", own=False)
    inside = read_phone(found[0].strip(" ./-()"))
    return Maybe(inside.value) if isinstance(inside, Got) else inside


def grouped_phone(value: str) -> str:
    """A number as it is read aloud here: 06 12 34 56 78; a foreign one as it is written."""
    if value.startswith("+212") and len(value) == 13:
        digits = "0" + value[4:]
        return "\u00a0".join(digits[i : i + 2] for i in range(0, 10, 2))
    return value
