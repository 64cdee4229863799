"""The Telegram door opens: imported only where it is configured, because its library is heavy."""

import aiohttp
from telegram import Bot

from app.build import App
from app.runtime import Runtime
from handlers.cards.files import maker
from handlers.telegram.door import TelegramDoor
from handlers.telegram.receive import CHANNEL
from handlers.telegram.send import TelegramSender
from handlers.telegram.transport import AiohttpRequest
from jobs.fetching import fetch_attachments
from jobs.lanes import Lane
from jobs.progress import Progress
from jobs.turns import Turns
from models.lock import named_lock


async def open_telegram(app: App, runtime: Runtime, turns: Turns) -> None:
    """By webhook or by our own polling, as the settings say."""
    settings = app.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    runtime.closers.append(session.close)
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
    door = TelegramDoor(bot, transport, app.runner, app.desk, turns.wake, app.links)
    owned = named_lock(app.engine, CHANNEL)
    sender = TelegramSender(bot, maker(app.runner, app.desk), paid=settings.telegram_paid_rate > 0)
    lane = Lane(app.runner, app.desk, CHANNEL, sender, owned, settings.telegram_rate, settings.telegram_paid_rate)
    runtime.lanes[CHANNEL] = lane
    runtime.loops.append(Progress(app.runner, app.desk, lane, sender.change).run())
    runtime.loops.append(fetch_attachments(app.runner, app.desk, CHANNEL, door.fetch))
    runtime.after[CHANNEL] = door.after
    if settings.telegram_mode == "webhook":
        secret = settings.telegram_webhook_secret
        runtime.routes.append(door.route(secret))
        runtime.loops.append(door.announce((str(settings.public_url), secret)))
    else:
        runtime.loops.append(door.announce(None))
        runtime.loops.append(door.poll(named_lock(app.engine, f"{CHANNEL}-poll")))
