"""The number of the national identity card: read on the desk's own page, hidden wherever else it turns up.

One or two letters, then digits: five or six on most cards; no official rule was found, so three to eight are
taken, the unusual ones after a yes (docs/amo.md, section 6).
"""

import re
import unicodedata
from dataclasses import dataclass

from conversations.language.understand import INVISIBLE, clean

WIDE = str.maketrans({chr(0xFF01 + place): chr(0x21 + place) for place in range(94)})
WHOLE_CARD = re.compile(r"([A-Za-z]{1,2})([0-9]{3,8})\Z", re.ASCII)
CARD_IN_TEXT = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2})[ .-]?([0-9]{3,8})(?![A-Za-z0-9])", re.ASCII)
CARD_GAP = re.compile(r"[\s.-]+")
USUAL = (5, 6)
DOT = "•"
FEWEST_HIDDEN_DIGITS = 5  # of so few signs only the ends are shown
# In a chat, what can hardly be anything else: letters of any look-alike alphabet glued to 5 to 8 digits; the
# same with a placeholder between, when it is the whole message or follows a word for the card.
CARD_LETTERS = "A-Za-z\u0391-\u03c9\u0410-\u044f"
CARD_DIGITS = r"[0-9](?:[\s.]?[0-9]){4,7}"
NO_MORE = r"(?![A-Za-z0-9])(?!\s?(?:dh|درهم))"
GLUED_CARD = re.compile(rf"(?<![A-Za-z0-9])([{CARD_LETTERS}]{{1,2}})[./-]?[0-9]{{5,8}}{NO_MORE}", re.IGNORECASE)
SPACED = re.compile(rf"([{CARD_LETTERS}]{{1,2}})[\s./:-]*{CARD_DIGITS}\W*\Z")
CARD = r"cin|cnie|cni|carte|la?kart[ea]?|identit[eé]|nationale|num[eé]ro|رقم|هوية|بطاقت?[يه]?|البطاقة|لاكارط"
SAID = re.compile(
    rf"((?<!\w)(?:{CARD})(?:[^0-9]{{0,20}}[^\w])?)((?<![A-Za-z0-9])[{CARD_LETTERS}]{{1,2}})[\s./:=-]*({CARD_DIGITS}){NO_MORE}",
    re.IGNORECASE,
)
# Handed on to somebody, anything that could be one is masked: there a mistake costs little.
ANY_CARD = re.compile(rf"(?<![A-Za-z])([A-Za-z]{{1,2}})[\s./:-]*{CARD_DIGITS}(?![0-9])")
# Words of one or two letters that stand before a number and are no letters of a card.
NO_CARD = frozenset(("dh", "km", "kg", "cm"))
NO_CARD_APART = NO_CARD | frozenset(
    ("a", "an", "au", "bp", "ca", "da", "de", "du", "es", "et", "f", "ice", "if", "le", "me", "ou", "p", "rc",
     "rs", "te", "tp", "un", "w", "ya")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cin:
    """A card's number as it is kept: `AB123456`. `unusual`: of a length few cards have."""

    value: str

    @property
    def unusual(self) -> bool:
        """Whether its person should look at it again."""
        return self.digits not in USUAL

    @property
    def digits(self) -> int:
        """How many digits it has."""
        return sum(map(str.isdigit, self.value))


def read_card(text: str) -> Cin | None:
    """The one card number a text holds, in letters and digits of one kind; None: none, or more than one."""
    text = INVISIBLE.sub("", clean(text)).translate(WIDE)
    whole = WHOLE_CARD.match(CARD_GAP.sub("", text))
    if whole is not None:
        return Cin(whole[1].upper() + whole[2])
    if not text.isascii() and GLUED_CARD.search(text):
        return None  # a look-alike letter is no letter of a card
    found = CARD_IN_TEXT.findall(text)
    return Cin(found[0][0].upper() + found[0][1]) if len(found) == 1 else None


def masked(value: str) -> str:
    """Enough to know one's own by, a dot for each sign hidden: the first two and the last two shown."""
    shown = 2 if len(value) > FEWEST_HIDDEN_DIGITS else 1
    return value[:shown] + DOT * (len(value) - 2 * shown) + value[-shown:]


def hidden(text: str) -> str | None:
    """A message of a chat with any card number in it masked; None when there is none."""
    text = _plain(text)
    whole = SPACED.match(text)
    if whole and whole[1].lower() not in NO_CARD_APART:
        return masked(CARD_GAP.sub("", text))
    hid = GLUED_CARD.sub(lambda each: each[0] if each[1].lower() in NO_CARD else masked(each[0]), text)
    hid = SAID.sub(_said, hid)
    return hid if hid != text else None


def handed_on(text: str) -> str:
    """Words for a person of the chamber, with whatever could be a card's number masked."""
    plain = hidden(text) or _plain(text)
    found = ANY_CARD.sub(lambda each: each[0] if each[1].lower() in NO_CARD_APART else masked(each[0]), plain)
    return found if found != _plain(text) else text


def _said(each: re.Match[str]) -> str:
    if each[2].lower() in NO_CARD_APART:
        return each[0]
    return each[1] + masked(each[2] + CARD_GAP.sub("", each[3]))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", clean(text).translate(WIDE))
