"""The bytes of what goes beside the words: a sheet drawn, a square code, a picture, a voice note, a list."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO

from conversations.values import Media
from handlers.cards.draw import FORMATS, TYPES, draw, file_name
from services import attachments
from services.broadcasts.sheet import spreadsheet
from services.context import Desk
from services.runner import Runner

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET, PASS, KEPT = "sheet", "pass", ("photo", "voice", "document")
DOTS = 12  # of a square of the code: some 400 across, read from a worn screen


@dataclass(frozen=True, slots=True)
class File:
    """Bytes, what they are, and the name they are saved under."""

    content: bytes
    content_type: str
    name: str


Make = Callable[[Media, str, str], Awaitable[File]]


class NoFile(ValueError):
    """There is nothing to show for it (any more)."""


def maker(runner: Runner, desk: Desk) -> Make:
    """Makes files: of a media, in a language and a form. Errors: NoFile, ValueError, KeyError, TypeError,
    RuntimeError, OSError.
    """

    async def make(media: Media, language: str, form: str) -> File:
        if media.kind == "data":
            return File(media.words.encode(), "application/json", file_name("json", media))
        if media.kind == PASS:
            return File(await asyncio.to_thread(square, media.id), "image/png", "code.png")
        if media.kind == SHEET:
            found = await runner.read(spreadsheet, desk, int(media.id), language)
            if found is None:
                raise NoFile(media.id)
            return File(found, XLSX, f"message-{media.id}.xlsx")
        if media.kind in KEPT:
            kept = await runner.read(attachments.attachment_bytes, desk, int(media.id))
            if kept is None:
                raise NoFile(media.id)
            return File(kept[0], kept[1], f"{media.kind}.{form}")
        drawn_as = next(each for each in FORMATS if each == form)
        drawn = await asyncio.to_thread(draw, media, language, drawn_as)
        return File(drawn, TYPES[form], file_name(form, media))

    return make


def square(link: str) -> bytes:
    """A link as a square code (QR), PNG."""
    import segno  # imported where one is drawn

    drawn = BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind="png", scale=DOTS, border=3)
    return drawn.getvalue()
