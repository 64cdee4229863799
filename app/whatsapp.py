"""The WhatsApp door opens: imported only where it is configured, because its library is heavy."""

import aiohttp
from twilio.rest import Client

from app.build import App, log
from app.runtime import Runtime
from handlers.whatsapp.contents import Contents
from handlers.whatsapp.door import OVERRIDES, PATH, STATUS_PATH, WhatsAppDoor
from handlers.whatsapp.receive import CHANNEL
from handlers.whatsapp.send import WhatsAppSender
from handlers.whatsapp.transport import AiohttpClient
from jobs.fetching import fetch_attachments
from jobs.lanes import Lane
from jobs.turns import Turns
from models.lock import named_lock
from services.delivery import media


async def open_whatsapp(app: App, runtime: Runtime, turns: Turns) -> None:
    """Webhooks on the public address, our own pace out, a sweep for what never came."""
    settings = app.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    runtime.closers.append(session.close)
    account = (settings.twilio_account_sid, settings.twilio_auth_token)
    client = Client(*account, http_client=AiohttpClient(session, settings.twilio_api_url))
    url, sender = str(settings.public_url), settings.twilio_whatsapp_from
    out = WhatsAppSender(
        client,
        sender,
        url + STATUS_PATH,
        Contents(client, app.runner),
        app.desk.speech,
        lambda delivery, form: url + media.media_path(app.desk, delivery, form),
    )
    owned = named_lock(app.engine, CHANNEL)
    lane = Lane(app.runner, app.desk, CHANNEL, out, owned, settings.whatsapp_rate)
    runtime.lanes[CHANNEL] = lane
    door = WhatsAppDoor(client, account, sender, url, app.runner, app.desk, turns.wake, lane.brake.result)
    runtime.routes.extend(door.routes())
    runtime.loops.extend((door.sweep(), door.reconcile(), fetch_attachments(app.runner, app.desk, CHANNEL, door.fetch)))
    app.links[CHANNEL] = f"https://wa.me/{sender.removeprefix('whatsapp:+')}"
    log.info("Twilio is to post messages to %s%s%s", url, PATH, OVERRIDES)
