"""Telegram's list of commands: an artisan's on every phone, those of her roles on a colleague's."""

import asyncio
import logging
from collections.abc import Sequence

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import TelegramError

from conversations.values import Say
from handlers.telegram.receive import CHANNEL
from locales.speech import Speech
from services.context import Desk
from services.loop import surviving
from services.people.commands import CommandLine, artisan_commands, commands_of_chats
from services.runner import Runner

log = logging.getLogger(__name__)

COMMANDS_SECONDS = 20.0  # between two looks at who has which roles
ANY_LANGUAGE = "ar"  # of a phone in neither language
LONGEST_DESCRIPTION, LONGEST_SHORT = 512, 120  # letters


async def keep_commands(bot: Bot, runner: Runner, desk: Desk, every: float = COMMANDS_SECONDS) -> None:
    """Tell Telegram the commands of everybody once, and those of each colleague whenever her roles change, until
    cancelled.
    """
    told, known = False, dict[str, tuple[CommandLine, ...]]()
    while True:
        with surviving("telling commands", TelegramError):
            if not told:
                await describe_bot(bot, desk.speech)
                told = True
            for address, commands in await runner.read(commands_of_chats, desk, CHANNEL):
                if known.get(address) != commands:
                    known[address] = commands
                    await _tell_chat(bot, int(address), commands)
        await asyncio.sleep(every)


async def describe_bot(bot: Bot, speech: Speech) -> None:
    """Tell Telegram the commands of everybody, and who the desk is. Raises TelegramError."""
    scope = BotCommandScopeAllPrivateChats()
    for language in (None, "ar", "fr"):
        words = language or ANY_LANGUAGE
        commands = _as_telegram(artisan_commands(speech, words))
        await bot.set_my_commands(commands, scope=scope, language_code=language)
        try:
            await bot.set_my_description(speech.say(Say("web.welcome"), words)[:LONGEST_DESCRIPTION], language)
            await bot.set_my_short_description(speech.say(Say("web.title"), words)[:LONGEST_SHORT], language)
        except TelegramError as error:  # words on the bot's own page: nobody waits for them
            log.info("the bot's description was not taken", extra={"error": type(error).__name__})


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
