"""The WhatsApp door opens: imported only where it is configured, because its library is heavy."""

import aiohttp
from twilio.rest import Client

from app.build import House, log
from app.runtime import Doors
from handlers.whatsapp.contents import Contents
from handlers.whatsapp.door import OVERRIDES, PATH, STATUS_PATH, WhatsAppDoor
from handlers.whatsapp.receive import CHANNEL
from handlers.whatsapp.send import WhatsAppSender
from handlers.whatsapp.transport import AiohttpClient
from jobs.fetching import fetching
from jobs.lanes import Lane
from jobs.turns import Turns
from models.lock import lock
from services.delivery import media


async def open_whatsapp(house: House, doors: Doors, turns: Turns) -> None:
    """Webhooks on the public address, our own pace out, a sweep for what never came."""
    settings = house.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    doors.closers.append(session.close)
    account = (settings.twilio_account_sid, settings.twilio_auth_token)
    client = Client(*account, http_client=AiohttpClient(session, settings.twilio_api_url))
    url, sender = str(settings.public_url), settings.twilio_whatsapp_from
    out = WhatsAppSender(
        client,
        sender,
        url + STATUS_PATH,
        Contents(client, house.runner),
        house.desk.speech,
        lambda delivery, form: url + media.path(house.desk, delivery, form),
    )
    owned = lock(house.engine, CHANNEL)
    lane = Lane(house.runner, house.desk, CHANNEL, out, owned, settings.whatsapp_rate)
    doors.lanes[CHANNEL] = lane
    door = WhatsAppDoor(client, account, sender, url, house.runner, house.desk, turns.wake, lane.brake.result)
    doors.routes.extend(door.routes())
    doors.loops.extend((door.sweep(), door.reconcile(), fetching(house.runner, house.desk, CHANNEL, door.fetch)))
    house.links[CHANNEL] = f"https://wa.me/{sender.removeprefix('whatsapp:+')}"
    log.info("Twilio is to post messages to %s%s%s", url, PATH, OVERRIDES)
