"""The commands a phone lists, and how a colleague's words are taken: by role, in her language, her own text first."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from telegram import Bot

from handlers.telegram.commands import keep_commands
from handlers.telegram.transport import AiohttpRequest
from tests.running import TOKEN
from tests.whole import ARABIC, FRENCH, Whole, admin, say


@pytest.fixture
def whole(database_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, database_url) as made:
        yield made
        assert made.telegram.broken_rules == []


def names(whole: Whole, scope: str, language: str = "") -> list[str]:
    return [each["command"] for each in whole.telegram.commands.get((scope, language), [])]


async def looking(whole: Whole) -> None:
    """The loop that keeps the lists, looking often."""
    async with aiohttp.ClientSession() as session:
        transport = AiohttpRequest(session)
        bot = Bot(TOKEN, base_url=f"{whole.telegram.url}/bot", request=transport, get_updates_request=transport)
        await keep_commands(bot, whole.house.runner, whole.house.desk, every=0.05)


def test_each_phone_lists_what_its_holder_may(whole: Whole) -> None:
    everybody = "all_private_chats"
    whole.telegram.wait(lambda: names(whole, everybody, "fr"))
    assert "menu" in names(whole, everybody)
    assert names(whole, everybody, "ar") == names(whole, everybody, "fr")
    assert not {"session", "staff", "requests"} & set(names(whole, everybody))
    does = {each["command"]: each["description"] for each in whole.telegram.commands[everybody, "ar"]}
    assert does["menu"] == "القائمة"
    boss = admin(whole)
    loop = asyncio.run_coroutine_threadsafe(looking(whole), whole._loop)
    whole.telegram.wait(lambda: "journal" in names(whole, "5001"))
    assert {"requests", "approvals", "session", "broadcast", "staff", "menu"} <= set(names(whole, "5001"))
    clerk = whole.artisan(5002)
    made = say(boss, "/invite", "role:agent")
    code = next(word for word in made.split() if word.strip("\u2068\u2069").startswith("j-")).strip("\u2068\u2069")
    say(clerk, "/start", "2", code)
    whole.settle()
    say(boss, "admit:yes", "Amina")
    whole.telegram.wait(lambda: "requests" in names(whole, "5002"))
    assert not {"session", "journal", "approvals"} & set(names(whole, "5002"))
    say(boss, "/staff Amina", "retirer")
    whole.telegram.wait(lambda: names(whole, "5002") == [])
    loop.cancel()


def test_her_new_words_at_a_draft_are_its_text(whole: Whole) -> None:
    boss = admin(whole)
    say(boss, "/broadcast", ARABIC, "menu")
    assert "draft:continue" in " ".join(boss.buttons) or "gardées" in say(boss, "/broadcast")
    if not any(each.startswith("draft:") for each in boss.buttons):
        say(boss, "/broadcast")
    assert "photo" in say(boss, FRENCH)  # the French text it waited for: what goes beside it is next
    say(boss, "menu", "/broadcast")
    assert "province" in say(boss, "/session")  # and a command is a command


def test_a_yes_says_what_was_just_asked_and_no_menu_follows_a_deed(whole: Whole) -> None:
    boss = admin(whole)
    held = say(boss, "/pause")
    assert "Rien" in held or "pause" in held
    say(boss, "/session", "1", "1", "قاعة", "Salle", "1", "27/11/2026", "15h", "1", "non", "sans limite")
    done = say(boss, "oui")
    assert "Rencontre n° 1" in done
    assert "Nouvelle rencontre" not in done
    assert "Nouvelle rencontre" in say(boss, "menu")
