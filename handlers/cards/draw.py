"""A sheet drawn by Typst, which shapes Arabic and sets it from right to left; its QR code by segno."""

import json
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from conversations.values import Media

HERE = Path(__file__).parent
Format = Literal["png", "pdf"]
FORMATS: tuple[Format, ...] = ("png", "pdf")
TYPES = {"png": "image/png", "pdf": "application/pdf"}
SHARP = 200  # dots an inch: 827 across, sharp on a phone
NAMES = {"card": "amo", "paper": "dossier", "data": "dossier"}
LONGEST, MOST_LINES, LONGEST_LINK = 12_000, 200, 300


def file_name(form: str, media: Media) -> str:
    """What the file is called where it is saved."""
    name = "dossier" if media.id.isdigit() else NAMES[media.kind]
    return f"{name}.{form}"


def draw(media: Media, language: str, form: Format) -> bytes:
    """A card as a picture or a document. Takes tens of milliseconds: not on the loop.

    Errors: ValueError, KeyError, TypeError for words that are no card.
    """
    if len(media.words) > LONGEST or media.words.count("\\n") > MOST_LINES or len(media.id) > LONGEST_LINK:
        raise ValueError("too much for a card")
    words = json.loads(media.words)
    words = {key: words[key] for key in ("title", "figure", "parts", "foot")}
    drawn = json.dumps({**words, "language": language, "qr": qr(media.id)}, ensure_ascii=False)
    # a sheet of a person's own is drawn anew each time: nothing of it stays behind
    names_nobody = media.kind == "card" and not media.id.isdigit()
    return _drawn(drawn, form) if names_nobody else _draw(drawn, form)


def qr(link: str) -> str | None:
    """The code that opens a link, as SVG; None without one."""
    if not link:
        return None
    import segno  # imported where a card is drawn: most desks draw none for a while

    drawn = BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind="svg", border=2, light="#fff")
    return drawn.getvalue().decode()


@lru_cache(maxsize=16)  # the picture and the document of a card are asked for more than once
def _drawn(words: str, form: Format) -> bytes:
    return _draw(words, form)


def _draw(words: str, form: Format) -> bytes:
    import typst

    made: bytes = typst.compile(
        str(HERE / "card.typ"),
        format=form,
        ppi=SHARP,
        sys_inputs={"card": words},
        font_paths=[str(HERE / "fonts")],
        ignore_system_fonts=True,
    )
    return made
