"""WhatsApp's door: Twilio's webhooks, checked by their signature; and the sweep of what never came."""

import asyncio
import base64
import hmac
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from typing_extensions import override

from handlers.body import TooLong, TooSlow, mended_text, read_body
from handlers.whatsapp.receive import CHANNEL, SID, envelope
from handlers.whatsapp.send import refused
from handlers.whatsapp.transport import AiohttpClient
from services.attachments import LARGEST_ATTACHMENT
from services.context import Desk
from services.delivery.reconcile import ListedMessage, UncertainDelivery, settle_uncertain, uncertain_deliveries
from services.key_value import get_value, set_value
from services.loop import surviving
from services.outbox.receipts import take_receipt
from services.outbox.sending import SendError
from services.restore_guard import answered_until
from services.runner import DatabaseUnavailable, Runner
from services.troubles import TroubleKind, note_trouble
from services.turns.receive import store_inbound
from services.unheard import Unheard, UnheardReason

log = logging.getLogger(__name__)

PATH, STATUS_PATH = "/twilio/whatsapp", "/twilio/status"
# What to put on Twilio's side: five tries, on every kind of failure.
OVERRIDES = "#rc=5&rp=all"
SIGNATURE = "x-twilio-signature"
LONGEST_BODY, MOST_FIELDS = 64_000, 500
FORM = "application/x-www-form-urlencoded"
EVERY, DOUBTS = 150.0, 60.0  # with GRACE, nobody waits five minutes for what never came
BACK, MARGIN = timedelta(hours=24), timedelta(minutes=10)
# A message this young may still be on its way by the webhook, which carries more of it.
GRACE = timedelta(minutes=2)
SWEPT = "whatsapp.swept"
UNREADABLE, KNOWN, FRESH = range(3)  # what became of a message that was handed in
# Fields that count, and those Twilio calls alike.
COUNTS = ("AccountSid", "Body", "From", "MessageSid", "MessageStatus", "To", "WaId")
LIKE_THEM = tuple(f"{head}{end}" for head in ("From", "To") for end in ("City", "State", "Zip", "Country"))
ARRIVED = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
}
LOST = ("failed", "undelivered")
ON_THE_WAY = ("accepted", "scheduled", "queued", "sending")  # nobody has judged it yet


class Fields(dict[str, str]):
    """A form's fields; what was given twice is kept apart, for the signature counts all of it."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    def getall(self, name: str) -> list[str]:
        """Every value of a name, as Twilio's validator asks for them."""
        return [value for each, value in self.pairs if each == name]

    @property
    def doubled(self) -> bool:
        """Whether a name was given twice."""
        return len(self) != len(self.pairs)


class Validator(RequestValidator):  # type: ignore[misc]
    """Twilio's own check of a signature, which can also count bytes that are not UTF-8 (kept as surrogates)."""

    @override
    def compute_signature(self, uri: str, params: Fields, algorithm: str | None = None) -> str:
        signed = uri + "".join(name + value for name in sorted(params) for value in sorted(set(params.getall(name))))
        return base64.b64encode(hmac.digest(self.token, signed.encode("utf-8", "surrogateescape"), "sha1")).decode()


class WhatsAppDoor:
    """Receives messages and statuses. The turn itself happens elsewhere."""

    def __init__(
        self,
        client: Client,
        account: tuple[str, str],
        sender: str,
        public_url: str,
        runner: Runner,
        desk: Desk,
        wake: Callable[[uuid.UUID], None],
        told: Callable[[int, uuid.UUID, SendError | None, bool], Awaitable[None]],
        unheard: Unheard,
        earlier: tuple[str, ...] = (),
    ) -> None:
        """`account`: its SID and its auth token; `earlier`: tokens Twilio may still sign with. `told`: hears of each
        status of a broadcast.
        """
        self.client, self.sender, self.public_url = client, sender, public_url
        self.account_sid, token = self.account = account
        self.validators = [Validator(each) for each in (token, *earlier)]
        self.runner, self.desk, self.wake, self.told = runner, desk, wake, told
        self.unheard = unheard

    def routes(self) -> list[Route]:
        """What Twilio calls."""
        return [
            Route(PATH, self.message, methods=["POST"]),
            Route(f"{STATUS_PATH}/{{delivery}}", self.status, methods=["POST"]),
        ]

    # -- in -------------------------------------------------------------------------------------

    async def message(self, request: Request) -> Response:
        """A message of a person: stored, then 200."""
        fields = await self._signed(request)
        if isinstance(fields, Response):
            return fields
        if not _same(fields.get("To", ""), self.sender):
            self.unheard.refuse(CHANNEL, UnheardReason.ADDRESSEE)
            return Response(status_code=403)
        if fields.doubled or await self._receive(fields) == UNREADABLE:
            self.unheard.note(CHANNEL, UnheardReason.UNREADABLE, urlencode(fields.pairs).encode())
        return Response("<Response/>", media_type="text/xml")

    async def _receive(self, fields: Mapping[str, str], aside: bool = False) -> int:
        """Store a message. Returns whether it is `UNREADABLE`, `KNOWN` or `FRESH`. Raises DatabaseUnavailable."""
        found = envelope(fields)
        if found is None:
            return UNREADABLE
        body = orjson.dumps(dict(fields))
        contact_id = await self.runner.run(
            store_inbound, self.desk, CHANNEL, found.external_id, found.address, body, found.also, aside
        )
        self.unheard.hear(CHANNEL)
        if contact_id is not None and not aside:
            self.wake(contact_id)
        return KNOWN if contact_id is None else FRESH

    async def status(self, request: Request) -> Response:
        """What became of a message of ours; of one nobody knows, nothing."""
        fields = await self._signed(request)
        if isinstance(fields, Response):
            return fields
        if fields.doubled:
            self.unheard.note(CHANNEL, UnheardReason.UNREADABLE)
            return Response(status_code=200)
        try:
            delivery = uuid.UUID(request.path_params["delivery"])
        except ValueError:
            return Response(status_code=200)
        told, sid = fields.get("MessageStatus", ""), fields.get("MessageSid", "")
        if sid and not SID.match(sid):
            self.unheard.note(CHANNEL, UnheardReason.UNREADABLE, urlencode(fields.pairs).encode())
            return Response(status_code=200)
        error: SendError | None = None
        if told in LOST:
            code = fields.get("ErrorCode", "")
            error = refused(int(code) if code.isascii() and code.isdigit() and len(code) < 9 else 0)
        if sid and (told in ARRIVED or error is not None):
            state = ARRIVED.get(told, "failed")
            changed = await self.runner.run(take_receipt, self.desk, CHANNEL, delivery, sid[:64], state, error)
            if changed is not None and changed.broadcast is not None and told not in ON_THE_WAY:
                await self.told(changed.broadcast, delivery, error, True)
        return Response(status_code=200)

    async def _signed(self, request: Request) -> "Fields | Response":
        """The fields of a request that Twilio signed for our account; else what to answer."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return Response(status_code=415)
        try:
            body = await read_body(request, LONGEST_BODY)
        except TooLong:
            return Response(status_code=413)
        except TooSlow:
            return Response(status_code=408)
        given = request.headers.getlist(SIGNATURE)
        try:
            # bytes that are not UTF-8 are kept as they are until the signature is checked, which counts them
            pairs = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="surrogateescape"
            )
        except ValueError:
            self.unheard.refuse(CHANNEL, UnheardReason.UNREADABLE)
            return Response(status_code=403)
        fields = Fields(pairs)
        if len(given) != 1 or not given[0] or is_shifted(fields) or not self._genuine(request, fields, given[0]):
            self.unheard.refuse(CHANNEL, UnheardReason.SIGNATURE)
            return Response(status_code=403)
        # the signed string has no separators between fields: what must be there is checked as well
        if not _same(mended_text(fields.get("AccountSid", "")), self.account_sid):
            self.unheard.refuse(CHANNEL, UnheardReason.ADDRESSEE)
            return Response(status_code=403)
        mended = [(mended_text(name), mended_text(value)) for name, value in pairs]
        if mended != pairs:
            self.unheard.note(CHANNEL, UnheardReason.MENDED)
        return Fields(mended)

    def _genuine(self, request: Request, fields: Fields, signature: str) -> bool:
        """Signed with one of our tokens, for the address people configured, however they and a proxy write it."""
        raw = request.scope.get("raw_path") or request.url.path.encode()
        path, query = raw.decode("latin-1").partition("?")[0], request.url.query
        urls = [url + (f"?{query}" if query else "") for url in written(self.public_url, path)]
        return any(
            bool(validator.validate(each, fields, signature))
            for validator in self.validators
            for url in urls
            for each in (url, url + OVERRIDES)
        )

    # -- what never came ------------------------------------------------------------------------

    async def sweep(self, every: float = EVERY) -> None:
        """Ask Twilio for messages we never saw: at start, and every few minutes."""
        while True:
            with surviving("sweep of Twilio's list", TwilioException, ValueError):
                try:
                    await self._sweep_once()
                    self.unheard.hear(CHANNEL)
                except TwilioException as error:
                    refused_us = isinstance(error, TwilioRestException) and error.status == 401
                    await self._trouble(TroubleKind.TOKEN if refused_us else TroubleKind.SILENT)
                    raise
            await asyncio.sleep(every)

    async def _sweep_once(self) -> None:
        now = self.desk.clock.now()
        last = await self.runner.read(get_value, SWEPT)
        if last is not None:  # at the very first start nothing is owed to anybody
            since = max(now - BACK, datetime.fromisoformat(last) - MARGIN)
            answered = await self.runner.read(answered_until)
            found_here = 0
            found = await self.client.messages.list_async(
                to=self.sender, date_sent_after=since.astimezone(UTC), limit=5000
            )
            for message in sorted(found, key=lambda each: each.date_sent or now):
                if message.direction == "inbound" and (message.date_sent or now) <= now - GRACE:
                    fields = {
                        "MessageSid": str(message.sid),
                        "From": str(message.from_),
                        "To": self.sender,
                        "Body": mended_text(message.body or ""),
                        "NumMedia": str(message.num_media or "0"),
                        "DateSent": message.date_sent.isoformat() if message.date_sent else "",
                    }
                    # what a copy of before does not know was answered by the desk it is a copy of
                    aside = answered is not None and (message.date_sent or now) <= answered
                    found_here += await self._sweep_in(fields, aside)
            if found_here:
                await self._trouble(TroubleKind.UNREACHED, found_here)
        await self.runner.run(set_value, SWEPT, now.isoformat())

    async def _sweep_in(self, fields: Mapping[str, str], aside: bool) -> int:
        """Store a message of the list. Returns 1 for one that no webhook had brought. Raises DatabaseUnavailable; of a
        bug, one message is left out, kept and counted.
        """
        (found,) = await asyncio.gather(self._receive(fields, aside), return_exceptions=True)
        if isinstance(found, DatabaseUnavailable):
            raise found
        if isinstance(found, Exception):
            body = urlencode({name: mended_text(value) for name, value in fields.items()}).encode()
            self.unheard.note(CHANNEL, UnheardReason.FAILED, body, error=type(found).__name__)
        return int(found == FRESH and not aside)

    async def _trouble(self, kind: TroubleKind, count: int = 1) -> None:
        await self.runner.run(note_trouble, self.desk, kind, CHANNEL, count)

    # -- what is uncertain -----------------------------------------------------------------------

    async def reconcile(self, every: float = DOUBTS) -> None:
        """Settle what no status has settled by Twilio's own list, every minute."""
        while True:
            await asyncio.sleep(every)
            with surviving("reconciling with Twilio's list", TwilioException, ValueError):
                await self.reconcile_once()

    async def reconcile_once(self) -> int:
        """How many were settled. Raises DatabaseUnavailable, and TwilioException when Twilio is away."""
        settled = 0
        for doubt in await self.runner.read(uncertain_deliveries, self.desk, CHANNEL):
            (found,) = await asyncio.gather(self._settle(doubt), return_exceptions=True)
            if isinstance(found, int):
                settled += found
            elif isinstance(found, TwilioRestException):  # about this one; the others are asked for all the same
                log.warning("a delivery was not found in the list", extra={"error": type(found).__name__})
            elif isinstance(found, (DatabaseUnavailable, TwilioException)) or not isinstance(found, Exception):
                raise found
            else:  # one entry of the list that nobody can read must not hold the others
                self.unheard.note(CHANNEL, UnheardReason.UNREADABLE, error=type(found).__name__)
        return settled

    async def _settle(self, doubt: UncertainDelivery) -> int:
        found = await self.client.messages.list_async(
            to=doubt.address, date_sent_after=doubt.since.astimezone(UTC), limit=50
        )
        listed = [
            ListedMessage(str(each.sid), each.body or "", each.date_created or each.date_sent or doubt.since)
            for each in found
            if str(each.direction).startswith("outbound")
        ]
        return await self.runner.run(settle_uncertain, self.desk, doubt.id, listed)

    # -- pictures and voice notes of clerks -------------------------------------------------------

    async def fetch(self, kind: str, reference: str) -> tuple[bytes, str] | None:
        """The bytes Twilio keeps of a message to us, and their type; of no other address."""
        path = urlsplit(reference).path
        if not path.startswith(f"/2010-04-01/Accounts/{self.account_sid}/Messages/") or ".." in path:
            return None
        client = self.client.http_client
        assert isinstance(client, AiohttpClient)
        return await client.fetch(reference, self.account, LARGEST_ATTACHMENT)


def written(public_url: str, path: str) -> list[str]:
    """Return the addresses a caller may have signed for a path: as the setting has it, its host in small letters, the
    path of the setting before it or not, with a slash at its end or without.
    """
    parts = urlsplit(public_url)
    prefix, asked = parts.path.rstrip("/"), path.rstrip("/")
    own = asked.removeprefix(prefix) if prefix else asked
    heads = dict.fromkeys((f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{parts.netloc.lower()}"))
    paths = dict.fromkeys(f"{prefix}{own}{end}" for end in ("", "/"))
    return [head + each for head in heads for each in paths]


def is_shifted(fields: Fields) -> bool:
    """Whether the bounds between names and values were moved: what is signed has none. No name may go on where one
    that counts ends, and what Twilio says twice must be the same.
    """
    for name in fields:
        for counts in COUNTS:
            if name != counts and name.startswith(counts) and name not in LIKE_THEM:
                return True
    sender, wa_id = fields.get("From", ""), fields.get("WaId", "")
    if wa_id and sender.startswith("whatsapp:+") and sender.removeprefix("whatsapp:+") != wa_id:
        return True
    sid = fields.get("MessageSid", "")
    return any(fields.get(name, sid) != sid for name in ("SmsMessageSid", "SmsSid")) and bool(sid)


def _same(given: str, ours: str) -> bool:
    return hmac.compare_digest(given.encode(), ours.encode())
