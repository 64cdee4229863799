"""Telegram's door opens: imported only where it is configured, because its library is heavy."""

import aiohttp
from telegram import Bot

from handlers.cards.files import maker
from handlers.opening import Opened, Parts
from handlers.telegram.commands import keep_commands
from handlers.telegram.door import TelegramDoor
from handlers.telegram.receive import CHANNEL
from handlers.telegram.send import TelegramSender
from handlers.telegram.transport import AiohttpRequest


async def open_channel(parts: Parts) -> Opened:
    """Return the door, open by webhook or by our own polling, as the settings say."""
    settings = parts.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    transport = AiohttpRequest(session)
    bot = Bot(
        settings.telegram_token,
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
        request=transport,
        get_updates_request=transport,
    )
    door = TelegramDoor(bot, transport, parts.runner, parts.desk, parts.wake, parts.links, parts.unheard)
    sender = TelegramSender(bot, maker(parts.runner, parts.desk), paid=settings.telegram_paid_rate > 0)
    secret = settings.telegram_webhook_secret
    by_webhook = settings.telegram_mode == "webhook"
    webhook = (str(settings.public_url), secret) if by_webhook else None
    announced = door.announce(webhook)
    listening = door.poll(parts.lock(f"{CHANNEL}-poll")) if webhook is None else door.watch(webhook)
    return Opened(
        sender=sender,
        rate=settings.telegram_rate,
        paid=settings.telegram_paid_rate,
        close=session.close,
        routes=(door.route(*filter(None, (secret, settings.telegram_webhook_secret_old))),) if by_webhook else (),
        loops=(announced, listening, keep_commands(bot, parts.runner, parts.desk)),
        after=door.after,
        edit=sender.change,
        fetch=door.fetch,
    )
