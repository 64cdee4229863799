"""WhatsApp's door opens: imported only where it is configured, because its library is heavy."""

import logging

import aiohttp
from twilio.rest import Client

from handlers.opening import Opened, Parts
from handlers.whatsapp.contents import Contents
from handlers.whatsapp.door import OVERRIDES, PATH, STATUS_PATH, WhatsAppDoor
from handlers.whatsapp.receive import CHANNEL
from handlers.whatsapp.send import WhatsAppSender
from handlers.whatsapp.transport import AiohttpClient
from services.delivery.media import media_path

log = logging.getLogger("hirfa")


async def open_channel(parts: Parts) -> Opened:
    """Return the door: webhooks on the public address, our own pace out, a sweep for what never came."""
    settings = parts.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    account = (settings.twilio_account_sid, settings.twilio_auth_token)
    client = Client(*account, http_client=AiohttpClient(session, settings.twilio_api_url))
    url, number = str(settings.public_url), settings.twilio_whatsapp_from
    contents = Contents(client, parts.runner, parts.desk)
    sender = WhatsAppSender(
        client,
        number,
        url + STATUS_PATH,
        contents,
        parts.desk.speech,
        lambda delivery, form: url + media_path(parts.desk, delivery, form),
    )
    door = WhatsAppDoor(
        client,
        account,
        number,
        url,
        parts.runner,
        parts.desk,
        parts.wake,
        parts.receipt,
        parts.unheard,
        tuple(filter(None, (settings.twilio_auth_token_old,))),
    )
    parts.links[CHANNEL] = f"https://wa.me/{number.removeprefix('whatsapp:+')}"
    log.info("Twilio is to post messages to %s%s%s", url, PATH, OVERRIDES)
    return Opened(
        sender=sender,
        rate=settings.whatsapp_rate,
        close=session.close,
        routes=tuple(door.routes()),
        loops=(door.sweep(), door.reconcile(), contents.check(settings.templates)),
        fetch=door.fetch,
    )
