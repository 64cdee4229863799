"""The number of the national identity card: read on the desk's own page, hidden wherever else it turns up.

One or two letters, then digits: five or six on most cards; no official rule was found, so three to eight are
taken, the unusual ones after a yes (docs/amo.md, section 6).
"""

import re
from dataclasses import dataclass

from conversations.understand import INVISIBLE, clean

WIDE = str.maketrans({chr(0xFF01 + place): chr(0x21 + place) for place in range(94)})
ALONE = re.compile(r"([A-Za-z]{1,2})([0-9]{3,8})\Z", re.ASCII)
AMONG = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2})[ .-]?([0-9]{3,8})(?![A-Za-z0-9])", re.ASCII)
BETWEEN = re.compile(r"[\s.-]+")
USUAL = (5, 6)
DOT = "•"
SHORT = 5  # of so few signs only the ends are shown
# In a chat only what can hardly be anything else: letters of any look-alike alphabet glued to 5 to 8 digits,
# or the same with a blank between when it is the whole message or follows a word for the card.
LETTERS = "A-Za-z\u0391-\u03c9\u0410-\u044f"
GLUED = re.compile(rf"(?<![\w-])([{LETTERS}]{{1,2}})([.-]?)([0-9]{{5,8}})(?![\w-])")
SPACED = re.compile(rf"[{LETTERS}]{{1,2}} [0-9]{{5,8}}\Z")
CARD = r"cin|cnie|carte|la?kart[ea]?|بطاقت?[يه]?|البطاقة|لاكارط"
SAID = re.compile(rf"(?i)((?:{CARD})\W.{{0,20}}?)([{LETTERS}]{{1,2}}) ?([0-9]{{5,8}})(?!\w)")
# Words of two letters that stand before a number and are no letters of a card.
NO_CARD = frozenset(("dh", "km", "kg", "cm"))
NO_CARD_APART = NO_CARD | {"le", "de", "du", "a", "et", "ou"}


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


def read(text: str) -> Cin | None:
    """The one card number a text holds, in letters and digits of one kind; None: none, or more than one."""
    text = INVISIBLE.sub("", clean(text)).translate(WIDE)
    whole = ALONE.match(BETWEEN.sub("", text))
    if whole is not None:
        return Cin(whole[1].upper() + whole[2])
    if not text.isascii() and GLUED.search(text):
        return None  # a look-alike letter is no letter of a card
    found = AMONG.findall(text)
    return Cin(found[0][0].upper() + found[0][1]) if len(found) == 1 else None


def masked(value: str) -> str:
    """Enough to know one's own by, a dot for each sign hidden: the first two and the last two shown."""
    shown = 2 if len(value) > SHORT else 1
    return value[:shown] + DOT * (len(value) - 2 * shown) + value[-shown:]


def hidden(text: str) -> str | None:
    """A message of a chat with any card number in it masked; None when there is none."""
    text = clean(text).translate(WIDE)
    if SPACED.match(text) and text.split()[0].lower() not in NO_CARD_APART:
        return masked(text)
    hid = GLUED.sub(lambda each: each[0] if each[1].lower() in NO_CARD else masked(each[0]), text)
    hid = SAID.sub(lambda each: each[1] + masked(each[2] + each[3]), hid)
    return hid if hid != text else None
