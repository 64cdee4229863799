"""A Spoken as WhatsApp shows it: numbered lines always; buttons or a list where a shape fits."""

from dataclasses import dataclass

from conversations.values import Button, Spoken

LIMIT = 1600
ENDS = ("\n\n", "\n", ". ", "؟ ", "، ", " ")
MOST_REPLIES, REPLY_TITLE = 3, 20
MOST_ITEMS, ITEM_TITLE = 10, 24
BODY = 1024  # of a message with buttons
QUICK, LIST = "quick", "list"


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of message with buttons: quick replies or a list, how many, with or without exits."""

    kind: str
    options: int
    exits: bool

    @property
    def name(self) -> str:
        """What the shape is kept under."""
        return f"{self.kind}{self.options}{'x' if self.exits else ''}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Texts within the limit, in order; and, where the message has a shape, what fills its placeholders."""

    texts: tuple[str, ...]
    shape: Shape | None = None
    variables: tuple[str, ...] = ()


def draw(spoken: Spoken) -> Drawn:
    """The message as WhatsApp takes it. Its shape, if it has one, says the same as the text."""
    parts = [spoken.text]
    if spoken.options:
        parts.append("\n".join(_lines(spoken)))
    exits = " · ".join(map(_exit, spoken.exits))
    if exits:
        parts.append(exits)
    texts = split("\n\n".join(parts))
    shape = _shape(spoken, bool(exits)) if len(texts) == 1 else None
    if shape is None:
        return Drawn(texts)
    labels = [each for button in spoken.options for each in (button.label, button.data)]
    return Drawn(texts, shape, (spoken.text, *labels, *((exits,) if exits else ())))


def _lines(spoken: Spoken) -> list[str]:
    if not spoken.numbered:
        return [f"- {button.label}" for button in spoken.options]
    return [f"{place}. {button.label}" for place, button in enumerate(spoken.options, 1)]


def _exit(button: Button) -> str:
    return f"{button.typed} = {button.label}" if button.typed else button.label


def _shape(spoken: Spoken, exits: bool) -> Shape | None:
    """A placeholder of a shape holds no line end: a question of several lines stays numbered text."""
    options = spoken.options
    if not options or not spoken.numbered or "\n" in spoken.text or spoken.media:
        return None
    if sum(len(button.label) + 5 for button in options) + len(spoken.text) > BODY - 100:
        return None
    if 2 <= len(options) <= MOST_REPLIES and all(len(b.label) <= REPLY_TITLE for b in options):
        return Shape(QUICK, len(options), exits)
    if len(options) <= MOST_ITEMS and all(len(button.label) <= ITEM_TITLE for button in options):
        return Shape(LIST, len(options), exits)
    return None


def split(text: str) -> tuple[str, ...]:
    """The text in pieces within the limit, cut at the end of a paragraph, line, sentence or word."""
    pieces = []
    while len(text) > LIMIT:
        head = text[:LIMIT]
        at = next((head.rfind(end) + len(end) for end in ENDS if head.rfind(end) > 0), len(head))
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return (*pieces, text)
