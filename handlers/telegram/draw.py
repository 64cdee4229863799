"""A Spoken as Telegram shows it: text, and buttons that carry `<step>:<option>:<draft>`."""

from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup
from telegram.constants import MessageLimit

from conversations.values import Button, Spoken

READABLE = 30  # a longer label is cut on a small screen: it goes into the text
PAIRED = 12
MOST_ROWS = 6  # more rows of buttons push the question off an old screen
DIGITS_A_ROW = 5
LIMIT = int(MessageLimit.MAX_TEXT_LENGTH)
ENDS = ("\n\n", "\n", ". ", "؟ ", "، ", " ")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Texts within Telegram's limit, in order; the keyboard belongs under the last."""

    texts: tuple[str, ...]
    keyboard: InlineKeyboardMarkup | ReplyKeyboardMarkup | None


def draw(spoken: Spoken) -> Drawn:
    """The message as Telegram takes it.

    Short labels on the buttons; long ones as numbered lines, with the digits as buttons.
    """
    text = spoken.text
    if spoken.shares:
        return Drawn(split(text), _sharing(spoken))
    if not spoken.numbered:
        rows = [[(button.label, button.data)] for button in spoken.options]
    elif len(spoken.options) > MOST_ROWS or any(len(b.label) > READABLE for b in spoken.options):
        lines = (f"{place}. {button.label}" for place, button in enumerate(spoken.options, 1))
        text = "\n\n".join((text, "\n".join(lines)))
        digits = [(str(place), button.data) for place, button in enumerate(spoken.options, 1)]
        rows = [digits[i : i + DIGITS_A_ROW] for i in range(0, len(digits), DIGITS_A_ROW)]
    else:
        rows = _rows(spoken.options, pairs=spoken.language != "ar")
    if spoken.exits:
        rows.append([(button.label, button.data) for button in spoken.exits])
    keyboard = [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    return Drawn(split(text), InlineKeyboardMarkup(keyboard) if keyboard else None)


def _sharing(spoken: Spoken) -> ReplyKeyboardMarkup:
    """A keyboard in place of the phone's own: one tap hands over the number, the rest is typed by a tap."""
    rows = [[KeyboardButton(spoken.shares, request_contact=True)]]
    rows += [[KeyboardButton(button.label)] for button in spoken.options]
    rows.append([KeyboardButton(button.label) for button in spoken.exits])
    return ReplyKeyboardMarkup([row for row in rows if row], resize_keyboard=True, one_time_keyboard=True)


def _rows(options: tuple[Button, ...], pairs: bool) -> list[list[tuple[str, str]]]:
    """One option a row; short ones in pairs, but not in Arabic: Telegram lays rows left to right."""
    rows: list[list[tuple[str, str]]] = []
    short = pairs and all(len(button.label) <= PAIRED for button in options)
    for place, button in enumerate(options, 1):
        face = (f"{place}. {button.label}", button.data)
        if short and rows and len(rows[-1]) == 1:
            rows[-1].append(face)
        else:
            rows.append([face])
    return rows


def split(text: str) -> tuple[str, ...]:
    """The text in pieces within the limit, cut at the end of a paragraph, line, sentence or word."""
    pieces = []
    while _units(text) > LIMIT:
        head = text[:LIMIT]
        while _units(head) > LIMIT:
            head = head[:-1]
        at = next((head.rfind(end) + len(end) for end in ENDS if head.rfind(end) > 0), len(head))
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return (*pieces, text)


def _units(text: str) -> int:
    """Telegram counts UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
