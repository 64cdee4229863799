"""What leaves for Telegram: drawn within its limits, and each refusal understood. Real HTTP."""

import asyncio
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from telegram import Bot, InlineKeyboardMarkup

from conversations.flows import FLOWS
from conversations.forms.flow import Asked, Case, Outcome, Step
from conversations.values import Button, Media, Named, Offer, Reply, Say, Spoken
from handlers.cards.files import File
from handlers.telegram.draw import DIGITS_A_ROW, LIMIT, draw, split
from handlers.telegram.send import TelegramSender
from handlers.telegram.transport import AiohttpRequest
from services.outbox.sending import Gone, Outgoing, Rejected, SendError, Throttled, Unauthorized, Uncertain, Unreachable
from tests.desks import words, world
from tests.fakes.bot_api import BotApi
from tests.running import TOKEN, free_port
from tests.whole import Whole


async def no_file(media: Media, language: str, form: str) -> File:
    raise LookupError(media.kind)


def options(*labels: str) -> Spoken:
    buttons = tuple(Button(f"s:o{i}:1", label) for i, label in enumerate(labels))
    return Spoken("Question?", buttons, (Button("word:back:1", "Retour", "0"),), language="fr")


def faces(spoken: Spoken) -> list[list[str]]:
    keyboard = draw(spoken).keyboard
    assert isinstance(keyboard, InlineKeyboardMarkup)
    return [[button.text for button in row] for row in keyboard.inline_keyboard]


def test_short_labels_are_on_the_buttons() -> None:
    assert faces(options("Oui", "Non", "Je ne sais pas")) == [
        ["1. Oui"],
        ["2. Non"],
        ["3. Je ne sais pas"],
        ["Retour"],
    ]
    assert faces(options("Oui", "Non")) == [["1. Oui", "2. Non"], ["Retour"]]


def test_long_labels_are_lines_and_the_buttons_digits() -> None:
    spoken = options(*(f"a label far too long for the small screen, number {i}" for i in range(7)))
    assert faces(spoken) == [["1", "2", "3", "4", "5"], ["6", "7"], ["Retour"]]
    assert len(faces(spoken)[0]) == DIGITS_A_ROW
    text = draw(spoken).texts[-1]
    assert text.startswith("Question?\n\n1. a label")
    assert text.endswith("number 6")


def test_where_a_digit_is_an_answer_options_bear_none() -> None:
    spoken = Spoken("How many?", (Button("age:unsure:1", "I do not know"),), numbered=False)
    assert faces(spoken) == [["I do not know"]]


@pytest.mark.parametrize("text", ["x" * 4096, "كلمة " * 3000, "😀" * 5000, "a. " * 5000, "\n\n".join(["y" * 300] * 40)])
def test_long_texts_are_split_and_nothing_is_lost(text: str) -> None:
    pieces = split(text)
    assert all(0 < len(piece.encode("utf-16-le")) // 2 <= LIMIT for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_button_of_every_flow_fits(language: str) -> None:
    """callback_data within 64 bytes, trades included; every option has its own data."""
    for flow in FLOWS.values():
        places: list[Step | Outcome] = [*flow.steps, *flow.outcomes, *flow.stops]
        for step in places:
            replies = Reply(
                (Say("desk.help"),),
                tuple(Offer(step.id, o.id, Say(f"{flow.id}.{step.id}.option.{o.id}")) for o in step.options),
            )
            spoken = words().speak((replies,), language, "zzzzzz", ("back", "menu", "person"))
            data = [button.data for button in (*spoken.options, *spoken.exits)]
            assert len(set(data)) == len(data)
            assert all(len(each.encode()) <= 64 for each in data)
    longest = max(len(f"trade:{id}:zzzzzz".encode()) for id in world().sources["trades"]._names)  # type: ignore[attr-defined]
    assert longest <= 64


def test_a_label_of_an_answer_is_never_missing() -> None:
    step = FLOWS["eligibility"].step("trade")
    assert isinstance(step, Step)
    named = step.kind.label("C076", Asked("eligibility", step, Case({}, world()), {}))
    assert isinstance(named, Named)


# -- refusals -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotApi]:
    made = BotApi(tmp_path_factory.mktemp("api"))
    yield made
    made.close()


def send(base: str, read_timeout: float = 5) -> str:
    async def sending() -> str:
        async with aiohttp.ClientSession() as session:
            request = AiohttpRequest(session, read_timeout)
            bot = Bot(TOKEN, base_url=base + "/bot", request=request, get_updates_request=request)
            return await TelegramSender(bot, no_file).send(Outgoing(uuid.uuid4(), 1, "77", options("Oui", "Non")))

    return asyncio.run(sending())


def test_a_message_is_sent(api: BotApi) -> None:
    assert send(api.url) == str(api.to(77)[-1]["message_id"])
    assert api.broken_rules == []


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (403, "Forbidden: bot was blocked by the user", Gone),
        (403, "Forbidden: user is deactivated", Gone),
        (400, "Bad Request: chat not found", Gone),
        (400, "Bad Request: message text is empty", Rejected),
        (401, "Unauthorized", Unauthorized),
        (404, "Not Found", Unauthorized),
        (500, "Internal Server Error", Uncertain),
        (502, "Bad Gateway", Uncertain),
        (409, "Conflict", Uncertain),
    ],
)
def test_refusals(api: BotApi, status: int, description: str, kind: type[SendError]) -> None:
    api.fail_next(status, description)
    with pytest.raises(SendError) as raised:
        send(api.url)
    assert type(raised.value) is kind
    assert TOKEN not in str(raised.value)


def test_throttled_says_how_long(api: BotApi) -> None:
    api.fail_next(429, "Too Many Requests: retry after 7", retry_after=7)
    with pytest.raises(Throttled) as raised:
        send(api.url)
    assert raised.value.retry_after == 7


def test_an_answer_that_is_no_answer_is_uncertain(api: BotApi) -> None:
    api.answers.append(lambda: web.Response(text="<html>maintenance</html>"))
    with pytest.raises(Uncertain):
        send(api.url)


def test_nobody_listens_is_safe_to_repeat() -> None:
    with pytest.raises(Unreachable):
        send(f"http://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("what", ["cut", "silent"])
def test_a_request_that_may_have_arrived_is_uncertain(what: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        async def against() -> None:
            async def serve() -> None:
                loop = asyncio.get_running_loop()
                server.setblocking(False)
                connection, _ = await loop.sock_accept(server)
                await loop.sock_recv(connection, 10_000)
                if what == "cut":
                    connection.close()
                else:
                    await asyncio.sleep(3)
                    connection.close()

            served = asyncio.create_task(serve())
            try:
                await asyncio.to_thread(send, f"http://127.0.0.1:{server.getsockname()[1]}", 0.5)
            finally:
                served.cancel()

        with pytest.raises(Uncertain):
            asyncio.run(against())


def test_the_fake_keeps_its_log(api: BotApi, tmp_path: Path) -> None:
    assert Path(api.log.name).read_text(encoding="utf-8").count("\n") == len(api.accepted)


def test_one_s_own_number_is_a_tap_away(tmp_path: Path, sqlite_url: str) -> None:
    with Whole(tmp_path, sqlite_url) as whole:
        person = whole.artisan(1001)
        for each in (
            "/start",
            "language:fr",
            "menu:register",
            "consent:yes",
            "whom:me",
            "Fatima Essai",
            "sex:female",
        ):
            person.presses(each) if ":" in each else person.says(each)
            person.hears()
        person.says("25/12/1990")
        keyboard = person.hears()["reply_markup"]
        assert keyboard["keyboard"][0] == [{"text": "📱 Envoyer le numéro de ce téléphone", "request_contact": True}]
        assert [key["text"] for key in keyboard["keyboard"][1]] == ["Pas de téléphone"]
        assert keyboard["one_time_keyboard"]
        person.sends(contact={"phone_number": "212612345678", "user_id": 1001, "first_name": "x"})
        assert "métier" in person.hears()["text"]
        gone = [each for each in whole.telegram.to(1001) if (each.get("reply_markup") or {}).get("remove_keyboard")]
        assert [each["text"].replace("\u00a0", " ") for each in gone] == ["✅ 06 12 34 56 78"]
        assert whole.telegram.broken_rules == []
