"""The Telegram door opens: imported only where it is configured, because its library is heavy."""

import aiohttp
from telegram import Bot

from app.build import House
from app.runtime import Doors
from handlers.cards.files import maker
from handlers.telegram.door import TelegramDoor
from handlers.telegram.receive import CHANNEL
from handlers.telegram.send import TelegramSender
from handlers.telegram.transport import AiohttpRequest
from jobs.fetching import fetching
from jobs.lanes import Lane
from jobs.progress import Progress
from jobs.turns import Turns
from models.lock import lock


async def open_telegram(house: House, doors: Doors, turns: Turns) -> None:
    """By webhook or by our own polling, as the settings say."""
    settings = house.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    doors.closers.append(session.close)
    transport = AiohttpRequest(session)
    base = f"{settings.telegram_api_url}/bot"
    files = f"{settings.telegram_api_url}/file/bot"
    bot = Bot(
        settings.telegram_token,
        base_url=base,
        base_file_url=files,
        request=transport,
        get_updates_request=transport,
    )
    door = TelegramDoor(bot, transport, house.runner, house.desk, turns.wake, house.links)
    owned = lock(house.engine, CHANNEL)
    sender = TelegramSender(bot, maker(house.runner, house.desk), paid=settings.telegram_paid_rate > 0)
    lane = Lane(house.runner, house.desk, CHANNEL, sender, owned, settings.telegram_rate, settings.telegram_paid_rate)
    doors.lanes[CHANNEL] = lane
    doors.loops.append(Progress(house.runner, house.desk, lane, sender.change).run())
    doors.loops.append(fetching(house.runner, house.desk, CHANNEL, door.fetch))
    doors.after[CHANNEL] = door.after
    if settings.telegram_mode == "webhook":
        secret = settings.telegram_webhook_secret
        doors.routes.append(door.route(secret))
        doors.loops.append(door.announce((str(settings.public_url), secret)))
    else:
        doors.loops.append(door.announce(None))
        doors.loops.append(door.poll(lock(house.engine, f"{CHANNEL}-poll")))
