"""Telegram's way out, and what each of its refusals means."""

import asyncio
import logging
import os
from datetime import timedelta

from telegram import Bot, LinkPreviewOptions, ReplyKeyboardRemove
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)  # fmt: skip

from conversations.values import Media
from handlers.cards.draw import NAMES, file_name
from handlers.cards.draw import draw as draw_card
from handlers.telegram.draw import draw
from handlers.telegram.transport import NotWritten
from services.sending import (
    Gone,
    Parcel,
    Rejected,
    SendError,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
)  # fmt: skip

log = logging.getLogger(__name__)

# The library is changing waits from numbers to timedeltas, and warns in its own code until asked.
os.environ.setdefault("PTB_TIMEDELTA", "1")
# A drawing that cannot be made, a refusal, an answer the library cannot read: the words left, and must
# not leave again for it.
CARD_FAILS = (TelegramError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, OSError)
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
NOBODY_THERE = ("chat not found", "user is deactivated", "peer_id_invalid", "bot was kicked")


class TelegramSender:
    """Sends through `telegram.Bot`."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    async def send(self, parcel: Parcel) -> str:
        """Send one message; the id Telegram gave it. SendError otherwise."""
        drawn, some_left, to = draw(parcel.spoken), False, int(parcel.address)
        try:
            if parcel.spoken.shared:
                await self.bot.send_message(to, parcel.spoken.shared, reply_markup=ReplyKeyboardRemove())
                some_left = True
            for text in drawn.texts[:-1]:
                await self.bot.send_message(to, text, link_preview_options=NO_PREVIEW)
                some_left = True
            message = await self.bot.send_message(
                to, drawn.texts[-1], reply_markup=drawn.keyboard,
                link_preview_options=NO_PREVIEW,
            )  # fmt: skip
        except TelegramError as error:
            if some_left:  # nothing of the rest was written, but to send it all again is to repeat
                raise Uncertain("a part of it left") from None
            raise meaning(error) from None
        await self._cards(parcel)
        await self._pins(parcel)
        return str(message.message_id)

    async def _cards(self, parcel: Parcel) -> None:
        """Sheets and files, after the words that announce them: sent once."""
        to = int(parcel.address)
        for media in (each for each in parcel.spoken.media if each.kind in NAMES):
            try:
                await self._file(to, media, parcel.spoken.language)
            except CARD_FAILS as error:
                log.warning(
                    "a card failed", extra={"delivery": str(parcel.id), "error": type(error).__name__}
                )

    async def _file(self, to: int, media: Media, language: str) -> None:
        if media.kind == "data":
            await self.bot.send_document(to, media.words.encode(), filename=file_name("json", media))
            return
        if media.kind == "card":
            picture = await asyncio.to_thread(draw_card, media, language, "png")
            await self.bot.send_photo(to, picture, filename=file_name("png", media))
        document = await asyncio.to_thread(draw_card, media, language, "pdf")
        await self.bot.send_document(to, document, filename=file_name("pdf", media))

    async def _pins(self, parcel: Parcel) -> None:
        """The places on the map, after the words that name them; the words are what counts."""
        for pin in (media.id for media in parcel.spoken.media if media.kind == "pin"):
            latitude, longitude = map(float, pin.split(","))
            try:
                await self.bot.send_location(int(parcel.address), latitude, longitude)
            except TelegramError as error:
                log.info("a pin failed", extra={"delivery": str(parcel.id), "error": type(error).__name__})


def meaning(error: TelegramError) -> SendError:
    """A refusal of Telegram as one of the desk's send errors."""
    match error:
        case RetryAfter():
            return Throttled(_seconds(error.retry_after))
        case InvalidToken():
            return Unauthorized("the token is refused")
        case Forbidden():
            return Gone(error.message)
        case BadRequest() if any(words in error.message.lower() for words in NOBODY_THERE):
            return Gone(error.message)
        case BadRequest() | ChatMigrated():
            return Rejected(error.message)
        case NotWritten():
            return Unreachable(error.message)
        case TimedOut() | NetworkError():
            return Uncertain(error.message)
        case _:
            return Uncertain(error.message)


def _seconds(wait: float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
