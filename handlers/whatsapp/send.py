"""WhatsApp's way out through Twilio, and what each of its refusals means."""

import json
import logging
from collections.abc import Callable
from uuid import UUID

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from conversations.values import Named, Say
from handlers.whatsapp.contents import Contents
from handlers.whatsapp.draw import LIST, draw
from handlers.whatsapp.transport import NotSecure, NotWritten
from locales.speech import Speech
from services.delivery.media import MEDIA_FORMS
from services.outbox.sending import (
    Gone,
    Outgoing,
    Reason,
    Rejected,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)

log = logging.getLogger(__name__)

SLOW_DOWN, TOMORROW = 1.0, 60.0
LONGEST_LIFE = 36_000  # seconds Twilio may be told to keep trying
SAID = {"json": "mydata.json", "xlsx": "web.card.xlsx"}  # what WhatsApp takes no document of: its address


# What Twilio's error codes mean, in an answer or in a status: the desk's error, why. Any other: Rejected.
# https://www.twilio.com/docs/api/errors
REFUSALS: dict[int, tuple[type[SendError], Reason]] = {
    20003: (Unauthorized, Reason.CREDENTIALS),
    20005: (Unauthorized, Reason.CREDENTIALS),
    21211: (Gone, Reason.NUMBER),
    21610: (Stopped, Reason.STOPPED),
    21614: (Gone, Reason.NUMBER),
    63014: (Stopped, Reason.STOPPED),
    63016: (WindowClosed, Reason.WINDOW),
    63024: (Gone, Reason.NO_ACCOUNT),
    63049: (Rejected, Reason.WITHHELD),
}
RATE_OR_TIER = 63018  # too fast, or the limit of the day: told apart by what was sent


class WhatsAppSender:
    """Sends through `twilio.rest.Client`; each message tells Twilio where to report on it."""

    def __init__(
        self,
        client: Client,
        sender: str,
        report_to: str,
        contents: Contents,
        speech: Speech,
        sheet: Callable[[UUID, str], str],
    ) -> None:
        """`sheet`: the address a message's card is fetched at, in a form."""
        self.client, self.sender, self.report_to = client, sender, report_to
        self.contents, self.speech, self.sheet = contents, speech, sheet

    async def send(self, outgoing: Outgoing) -> str:
        """Send one message; the SID Twilio gave it. SendError otherwise."""
        report: dict[str, object] = {"status_callback": f"{self.report_to}/{outgoing.id}"}
        if outgoing.lives is not None and outgoing.lives < LONGEST_LIFE:
            report["validity_period"] = outgoing.lives
        some_left = False
        try:
            if outgoing.template is not None:
                return await self._create(
                    outgoing.address,
                    content_sid=outgoing.template.id,
                    content_variables=_numbered(outgoing.template.variables),
                    **report,
                )
            drawn = draw(outgoing.spoken)
            for text in drawn.texts[:-1]:
                await self._create(outgoing.address, body=text)
                some_left = True
            content = await self.contents.sid(drawn.shape) if drawn.shape else None
            if drawn.shape is None or content is None:
                sid = await self._create(outgoing.address, body=drawn.texts[-1], **report)
                await self._pins(outgoing)
                await self._cards(outgoing)
                return sid
            variables = drawn.variables
            if drawn.shape.kind == LIST:
                variables = (*variables, self.speech.say(Say("desk.choose"), outgoing.spoken.language))
            return await self._create(
                outgoing.address, content_sid=content, content_variables=_numbered(variables), **report
            )
        except TwilioException as error:
            if some_left:  # nothing of the rest was written, but to send it all again is to repeat
                raise Uncertain("a part of it left", Reason.PARTLY) from None
            raise meaning(error) from None

    async def _cards(self, outgoing: Outgoing) -> None:
        """Sheets, as a picture and as a document Twilio fetches, after the words that announce
        them: sent once.
        """
        kinds = {media.kind for media in outgoing.spoken.media}
        forms = [form for kind in MEDIA_FORMS if kind in kinds for form in MEDIA_FORMS[kind]]
        for form in forms:
            url = self.sheet(outgoing.id, form)
            what: dict[str, object] = {"media_url": [url]}
            if form in SAID:
                link = Say(SAID[form], {"link": Named.same(url)})
                what = {"body": self.speech.say(link, outgoing.spoken.language)}
            try:
                await self._create(outgoing.address, **what)
            except (TwilioException, SendError) as error:
                log.warning("a card failed", extra={"delivery": str(outgoing.id), "error": type(error).__name__})

    async def _pins(self, outgoing: Outgoing) -> None:
        """The places on the map, after the words that name them; the words are what counts."""
        label = self.speech.say(Say("web.map"), outgoing.spoken.language)
        for pin in (media.id for media in outgoing.spoken.media if media.kind == "pin"):
            try:
                await self._create(outgoing.address, body=label, persistent_action=[f"geo:{pin}|{label}"])
            except (TwilioException, SendError) as error:
                log.info("a pin failed", extra={"delivery": str(outgoing.id), "error": type(error).__name__})

    async def _create(self, to: str, **what: object) -> str:
        message = await self.client.messages.create_async(to=to, from_=self.sender, **what)
        if not message.sid:
            raise Uncertain("an answer without an id")
        return str(message.sid)


def _numbered(variables: tuple[str, ...]) -> str:
    """Variables as Twilio takes them: JSON, by place."""
    named = {str(place): value for place, value in enumerate(variables, 1)}
    return json.dumps(named, ensure_ascii=False)


def meaning(error: TwilioException) -> SendError:
    """Return a refusal of Twilio as one of the desk's send errors. Its own text may hold an address."""
    if isinstance(error, NotWritten):
        return Unreachable(str(error), Reason.TLS if isinstance(error, NotSecure) else Reason.NETWORK)
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if not isinstance(status, int):
        return Uncertain(type(error).__name__)
    if status >= 500:
        return Uncertain(f"answered {status}", Reason.OUTAGE)
    if status == 429:
        return Throttled(SLOW_DOWN)
    return refused(code if isinstance(code, int) else status, status)


def refused(code: int, status: int = 400) -> SendError:
    """Return what one of Twilio's error codes means, from an answer or from a status (`REFUSALS`)."""
    if code == RATE_OR_TIER:
        return Throttled(TOMORROW, daily=True)
    meant, reason = REFUSALS.get(code, (Rejected, Reason.REFUSED))
    if status == 401:
        meant, reason = Unauthorized, Reason.CREDENTIALS
    return meant(f"Twilio {code}", reason)
