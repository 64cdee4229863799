"""Telegram's list of commands: an artisan's on every phone, those of her roles on a colleague's."""

import asyncio
import logging
from collections.abc import Sequence

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import TelegramError

from handlers.telegram.receive import CHANNEL
from services.context import Desk
from services.loop import surviving
from services.people.commands import CommandLine, artisan_commands, commands_of_chats
from services.runner import Runner

log = logging.getLogger(__name__)

COMMANDS_SECONDS = 20.0  # between two looks at who has which roles
ANY_LANGUAGE = "ar"  # of a phone in neither language


async def keep_commands(bot: Bot, runner: Runner, desk: Desk, every: float = COMMANDS_SECONDS) -> None:
    """Tell Telegram the commands of everybody once, and those of each colleague whenever her roles change, until
    cancelled.
    """
    told, known = False, dict[str, tuple[CommandLine, ...]]()
    while True:
        with surviving("telling commands", TelegramError):
            if not told:
                await _tell_everybody(bot, desk)
                told = True
            for address, commands in await runner.read(commands_of_chats, desk, CHANNEL):
                if known.get(address) != commands:
                    known[address] = commands
                    await _tell_chat(bot, int(address), commands)
        await asyncio.sleep(every)


async def _tell_everybody(bot: Bot, desk: Desk) -> None:
    scope = BotCommandScopeAllPrivateChats()
    await bot.set_my_commands(_as_telegram(artisan_commands(desk, ANY_LANGUAGE)), scope=scope)
    for language in ("ar", "fr"):
        commands = _as_telegram(artisan_commands(desk, language))
        await bot.set_my_commands(commands, scope=scope, language_code=language)


async def _tell_chat(bot: Bot, chat: int, commands: Sequence[CommandLine]) -> None:
    """One chat that is not there holds up none of the others."""
    scope = BotCommandScopeChat(chat)
    try:
        if commands:
            await bot.set_my_commands(_as_telegram(commands), scope=scope)
        else:
            await bot.delete_my_commands(scope=scope)
    except TelegramError as error:
        log.info("a list of commands was not taken", extra={"error": type(error).__name__})


def _as_telegram(commands: Sequence[CommandLine]) -> list[BotCommand]:
    return [BotCommand(each.name, each.does) for each in commands]
