"""Telegram's way out, and what each of its refusals means."""

import logging
import os
from datetime import timedelta

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, ReplyKeyboardRemove
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError, TimedOut

from conversations.values import Media, Spoken
from handlers.cards.files import Make
from handlers.telegram.draw import draw
from handlers.telegram.transport import NoAnswer, NotSecure, NotWritten
from services.delivery.media import MEDIA_FORMS
from services.outbox.sending import (
    TO_MANY,
    Gone,
    Outgoing,
    Reason,
    Rejected,
    SendError,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
)

log = logging.getLogger(__name__)

# The library is changing waits from numbers to timedeltas, and warns in its own code until asked.
os.environ.setdefault("PTB_TIMEDELTA", "1")
# A drawing that cannot be made, a refusal, an answer the library cannot read: the words left, and must
# not leave again for it.
CARD_FAILS = (TelegramError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, OSError)
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
PICTURES = ("png", "jpg")
# What a refusal means: its class, what its text holds, the desk's error, why. The first row that fits.
# https://core.telegram.org/bots/api#making-requests: Telegram tells these apart by its text alone.
REFUSALS: tuple[tuple[type[TelegramError], str, type[SendError], Reason], ...] = (
    (InvalidToken, "", Unauthorized, Reason.CREDENTIALS),
    (Forbidden, "can't initiate conversation", Gone, Reason.NOT_STARTED),
    (Forbidden, "", Gone, Reason.BLOCKED),
    (BadRequest, "chat not found", Gone, Reason.NO_CHAT),
    (BadRequest, "peer_id_invalid", Gone, Reason.NO_CHAT),
    (BadRequest, "user is deactivated", Gone, Reason.BLOCKED),
    (BadRequest, "bot was kicked", Gone, Reason.BLOCKED),
    (BadRequest, "", Rejected, Reason.REFUSED),
    (ChatMigrated, "", Rejected, Reason.REFUSED),
    (NotSecure, "", Unreachable, Reason.TLS),
    (NotWritten, "", Unreachable, Reason.NETWORK),
    (NoAnswer, "", Uncertain, Reason.UNSURE),
    (TimedOut, "", Uncertain, Reason.UNSURE),
    (TelegramError, "", Uncertain, Reason.OUTAGE),  # a 5xx, an answer that is none
)


SAME = "message is not modified"


class TelegramSender:
    """Sends through `telegram.Bot`. `paid`: broadcasts use the paid rate, beyond thirty a second."""

    def __init__(self, bot: Bot, make: Make, paid: bool = False) -> None:
        self.bot, self.make = bot, make
        self.paid = True if paid else None

    async def send(self, outgoing: Outgoing) -> str:
        """Send one message; the id Telegram gave it. SendError otherwise."""
        drawn, some_left, to = draw(outgoing.spoken), False, int(outgoing.address)
        paid = self.paid if outgoing.kind in TO_MANY else None
        try:
            if outgoing.edits is not None and await self.edit(outgoing.address, outgoing.edits, outgoing.spoken):
                return outgoing.edits
            if outgoing.spoken.shared:
                await self.bot.send_message(to, outgoing.spoken.shared, reply_markup=ReplyKeyboardRemove())
                some_left = True
            for text in drawn.texts[:-1]:
                await self.bot.send_message(to, text, link_preview_options=NO_PREVIEW, allow_paid_broadcast=paid)
                some_left = True
            message = await self.bot.send_message(
                to,
                drawn.texts[-1],
                reply_markup=drawn.keyboard,
                link_preview_options=NO_PREVIEW,
                allow_paid_broadcast=paid,
            )
        except TelegramError as error:
            if some_left:  # nothing of the rest was written, but to send it all again is to repeat
                raise Uncertain("a part of it left", Reason.PARTLY) from None
            raise meaning(error) from None
        await self._cards(outgoing)
        await self._pins(outgoing)
        return str(message.message_id)

    async def change(self, address: str, message_id: str, spoken: Spoken) -> bool:
        """`edit`, for who knows nothing of Telegram's errors. SendError."""
        try:
            return await self.edit(address, message_id, spoken)
        except TelegramError as error:
            raise meaning(error) from None

    async def edit(self, address: str, message_id: str, spoken: Spoken) -> bool:
        """Other words in place of those of a message; False when it cannot be changed any more. Errors:
        TelegramError.
        """
        drawn = draw(spoken)
        if len(drawn.texts) > 1 or not message_id.isdigit():
            return False
        keyboard = drawn.keyboard if isinstance(drawn.keyboard, InlineKeyboardMarkup) else None
        try:
            await self.bot.edit_message_text(
                drawn.texts[0],
                chat_id=int(address),
                message_id=int(message_id),
                reply_markup=keyboard,
                link_preview_options=NO_PREVIEW,
            )
        except BadRequest as error:
            if isinstance(meaning(error), Gone):
                raise
            return SAME in error.message.lower()
        return True

    async def _cards(self, outgoing: Outgoing) -> None:
        """Sheets and files, after the words that announce them: sent once."""
        to = int(outgoing.address)
        for media in (each for each in outgoing.spoken.media if each.kind in MEDIA_FORMS):
            try:
                await self._file(to, media, outgoing.spoken.language)
            except CARD_FAILS as error:
                log.warning("a card failed", extra={"delivery": str(outgoing.id), "error": type(error).__name__})

    async def _file(self, to: int, media: Media, language: str) -> None:
        for form in MEDIA_FORMS[media.kind]:
            file = await self.make(media, language, form)
            if media.kind == "voice":
                await self.bot.send_voice(to, file.content, filename=file.name)
            elif form in PICTURES:
                await self.bot.send_photo(to, file.content, filename=file.name)
            else:
                await self.bot.send_document(to, file.content, filename=file.name)

    async def _pins(self, outgoing: Outgoing) -> None:
        """The places on the map, after the words that name them; the words are what counts."""
        for pin in (media.id for media in outgoing.spoken.media if media.kind == "pin"):
            latitude, longitude = map(float, pin.split(","))
            try:
                await self.bot.send_location(int(outgoing.address), latitude, longitude)
            except TelegramError as error:
                log.info("a pin failed", extra={"delivery": str(outgoing.id), "error": type(error).__name__})


def meaning(error: TelegramError) -> SendError:
    """Return a refusal of Telegram as one of the desk's send errors, with its reason (`REFUSALS`)."""
    if isinstance(error, RetryAfter):
        return Throttled(_seconds(error.retry_after))
    said = error.message.lower()
    _, _, meant, reason = next(row for row in REFUSALS if isinstance(error, row[0]) and row[1] in said)
    return meant(error.message, reason)


def _seconds(wait: float | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
