"""Composition root and command line: reads the settings, builds the parts, runs them."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

from settings import BadSetting, Settings, read_settings

log = logging.getLogger("hirfa")

DEMO_DATABASE = "sqlite:///var/demo.db"
DATA_KEY_FILE = Path("var/data.key")
DEMO_KEY_FILE = Path("var/demo.key")


def main(argv: list[str]) -> int:
    """`run` the desk, `play` a flow in the terminal, `assess` situations."""
    parser = argparse.ArgumentParser(prog="bot.py", description="A chamber's front desk, in chat.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="open the doors")
    player = commands.add_parser("play", help="play a flow in the terminal: no database, no token")
    player.add_argument("flow", choices=["welcome", "eligibility"])
    player.add_argument("--lang", choices=["ar", "fr"], default="ar")
    commands.add_parser("assess", help="JSON situations on standard input, one a line")
    given = parser.parse_args(argv)
    try:
        if given.command == "run":
            return run()
        if given.command == "play":
            return play(given.flow, given.lang)
        return assess()
    except KeyboardInterrupt:
        return 130
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 2


# -- the desk without a database ------------------------------------------------------------------


def play(flow: str, language: str) -> int:
    """A flow in the terminal."""
    import amo
    from conversations.values import World
    from handlers.terminal.play import play
    from locales import speech
    from services import clock, sources
    from services.spellings import folded

    spoken = speech.load()
    today = clock.Clock(clock.zone()).today()
    spellings = folded(spoken)
    world = World(today, amo.load(), spellings, sources.from_files(spellings))
    play(flow, language, world, spoken, sys.stdin, print)
    return 0


def assess() -> int:
    """Assessments of the situations on standard input; 1 when one was refused."""
    import amo
    from handlers.terminal.assess import assess_lines
    from services import clock, sources

    trades = {entry.id for entry in sources.read_trades()}
    today = clock.Clock(clock.zone()).today()
    return 0 if assess_lines(sys.stdin, amo.load(), trades, today, print) else 1


# -- the desk -------------------------------------------------------------------------------------


class LoopEnded(RuntimeError):
    """A loop ended by a bug, which is in the log; whoever watches the process starts it again."""


@dataclass
class House:
    """The parts of a running desk."""

    settings: Settings
    engine: Any
    runner: Any
    desk: Any


def run() -> int:
    """Open the doors; 2 when a setting, the clock, a key or the database forbids it."""
    from handlers.terminal.logs import write_events

    write_events()
    settings = read_settings()
    import uvloop
    from sqlalchemy.exc import SQLAlchemyError

    from locales.speech import WordsMissing
    from models.database import SchemaTooNew
    from models.sealed import SealBroken
    from services.clock import WrongClock

    try:
        uvloop.run(_serve(_build(settings)))
    except (WrongClock, SchemaTooNew, WordsMissing) as error:
        print(error, file=sys.stderr)
        return 2
    except SealBroken:
        print("DATA_KEY is not the key this database was written with", file=sys.stderr)
        return 2
    except (SQLAlchemyError, OSError) as error:
        print(f"DATABASE_URL: the database does not answer ({type(error).__name__})", file=sys.stderr)
        return 2
    except LoopEnded:
        return 1
    return 0


def _build(settings: Settings) -> House:
    """Memory, keys, words and data, before any door opens."""
    from sqlalchemy.orm import Session

    import amo
    from conversations.flows import FLOWS
    from conversations.values import Chamber, Named
    from handlers.telegram import receive as telegram
    from handlers.web import demonstration as web
    from locales import speech
    from models import database, keeping
    from models.lock import lock
    from services import clock, sources
    from services.desk import Desk
    from services.runner import Runner
    from services.spellings import folded

    spoken = speech.load()
    spellings = folded(spoken)
    time = clock.Clock(clock.zone(settings.timezone))
    sealer = _sealer(settings)
    url = DEMO_DATABASE if settings.demonstration else settings.database_url
    writer = database.engine(url, writer=True)
    start = lock(writer, "start")  # two desks that start together do this one after the other
    while not start.hold():
        sleep(0.1)
    database.upgrade(writer)
    with Session(writer) as db:
        keeping.check_key(db, sealer)
        known = sources.learn(db, time, spellings)
        db.commit()
    start.release()
    hours = {
        "ar": settings.chamber_hours_ar or settings.chamber_hours_fr,
        "fr": settings.chamber_hours_fr or settings.chamber_hours_ar,
    }
    desk = Desk(
        sealer=sealer, clock=time, speech=spoken, flows=FLOWS, facts=amo.load(),
        spellings=spellings, sources=known,
        chamber=Chamber(settings.chamber_phone or None, Named(hours) if all(hours.values()) else None),
        hear={telegram.CHANNEL: telegram.hear, web.CHANNEL: web.hear},
    )  # fmt: skip
    runner = Runner(writer, database.engine(url, writer=False), _failpoint(settings.failpoint))
    return House(settings, writer, runner, desk)


def _sealer(settings: Settings) -> Any:
    from models import sealed

    if settings.data_key and not settings.demonstration:
        return sealed.sealer(settings.data_key)
    file = DEMO_KEY_FILE if settings.demonstration else DATA_KEY_FILE
    key, made = sealed.kept_key(file)
    if len(key) < sealed.SHORTEST:
        raise BadSetting(f"{file} holds no key: put the one it held back, or remove it with its database")
    if made and not settings.demonstration:
        log.warning("DATA_KEY is not set: a key was made in %s; keep a copy elsewhere", file)
    return sealed.sealer(key)


def _failpoint(spec: str) -> Callable[[str, Any], None] | None:
    """For crash tests: the process dies right after the nth commit of a use case."""
    if not spec:
        return None
    name, _, nth = spec.partition(":")
    left = int(nth)

    def committed(use_case: str, result: Any) -> None:
        nonlocal left
        if use_case == name and result:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return committed


async def _serve(house: House) -> None:
    """Open what is configured, serve until told to stop, then bring what runs to its end."""
    import uvicorn

    from handlers.web import health
    from handlers.web.site import site
    from handlers.web.welcome import welcome
    from jobs.turns import Turns

    settings, runner, desk = house.settings, house.runner, house.desk
    lanes: dict[str, Any] = {}
    after: dict[str, Any] = {}
    links: dict[str, Callable[[], str | None]] = {}

    def wake(channel: str) -> None:
        if channel in lanes:  # a door that was open once may have left messages
            lanes[channel].wake()

    turns = Turns(runner, desk, after, wake)
    loops: list[Coroutine[Any, Any, None]] = [turns.sweep()]
    closers: list[Callable[[], Awaitable[None]]] = []
    routes = health.routes(runner)
    demonstration = None
    for channel, why in settings.shut_doors.items():
        log.warning("the %s door stays shut: %s", channel, why)
    if settings.telegram_open:
        await _open_telegram(house, turns, lanes, after, links, loops, routes, closers)
    if settings.demonstration:
        demonstration = _open_demonstration(house, turns, lanes)
    opened = welcome(desk.speech, lambda: {n: url for n, link in links.items() if (url := link())})
    config = uvicorn.Config(
        site(routes, opened, demonstration), host="127.0.0.1", port=settings.port,
        log_config=None, access_log=False, proxy_headers=False, server_header=False,
        timeout_graceful_shutdown=2, http="httptools", ws="none", lifespan="off", limit_concurrency=2000,
    )  # fmt: skip
    server = uvicorn.Server(config)
    sending = [asyncio.create_task(lane.run()) for lane in lanes.values()]
    tasks = [asyncio.create_task(loop) for loop in loops]
    for task in (*sending, *tasks):
        task.add_done_callback(lambda ended: _watch(ended, server))
    try:
        told = demonstration.hub.close if demonstration else _nothing
        await _until_told(server, settings, told)
    finally:
        for task in tasks:
            task.cancel()
        await turns.close()
        for lane in lanes.values():
            lane.stop()
        await asyncio.wait(sending or [asyncio.create_task(asyncio.sleep(0))], timeout=8)
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in closers:
            await close()
        runner.close()
    if getattr(server, "loop_ended", False):
        raise LoopEnded


def _watch(ended: asyncio.Task[None], server: Any) -> None:
    """A loop that ends by a bug takes the desk down, to be started again, rather than half alive."""
    if not ended.cancelled() and ended.exception() is not None:
        log.error("a loop ended", exc_info=ended.exception())
        server.should_exit = server.loop_ended = True


def _nothing() -> None:
    """Nothing to end."""


async def _until_told(server: Any, settings: Settings, told: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `told` then ends what would never end by itself."""
    from contextlib import nullcontext

    server.capture_signals = nullcontext  # its own would end us before we are done
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        told()
        server.handle_exit(number, None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    gc.collect()
    gc.freeze()
    what = "the demonstration" if settings.demonstration else "the desk"
    log.info("%s is at http://127.0.0.1:%d", what, settings.port)
    try:
        await server.serve()
    except SystemExit:
        raise BadSetting(f"PORT {settings.port} is taken by another program") from None


async def _open_telegram(
    house: House, turns: Any, lanes: Any, after: Any, links: Any, loops: Any, routes: Any, closers: Any
) -> None:
    import aiohttp
    from telegram import Bot

    from handlers.telegram.door import TelegramDoor
    from handlers.telegram.receive import CHANNEL
    from handlers.telegram.send import TelegramSender
    from handlers.telegram.transport import AiohttpRequest
    from jobs.lanes import Lane
    from models.lock import lock

    settings = house.settings
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
    closers.append(session.close)
    transport = AiohttpRequest(session)
    base = f"{settings.telegram_api_url}/bot"
    bot = Bot(settings.telegram_token, base_url=base, request=transport, get_updates_request=transport)
    door = TelegramDoor(bot, transport, house.runner, house.desk, turns.wake)
    lanes[CHANNEL] = Lane(
        house.runner, house.desk, CHANNEL, TelegramSender(bot), lock(house.engine, CHANNEL),
        settings.telegram_rate,
    )  # fmt: skip
    after[CHANNEL] = door.after
    links[CHANNEL] = lambda: f"https://t.me/{door.username}" if door.username else None
    if settings.telegram_mode == "webhook":
        secret = settings.telegram_webhook_secret
        routes.append(door.route(secret))
        loops.append(door.announce((str(settings.public_url), secret)))
    else:
        loops.append(door.announce(None))
        loops.append(door.poll(lock(house.engine, f"{CHANNEL}-poll")))


def _open_demonstration(house: House, turns: Any, lanes: Any) -> Any:
    from handlers.web.demonstration import CHANNEL, Demonstration, Hub
    from jobs.lanes import Lane
    from models.lock import lock

    hub = Hub()
    lanes[CHANNEL] = Lane(house.runner, house.desk, CHANNEL, hub, lock(house.engine, CHANNEL), 1000)
    return Demonstration(house.runner, house.desk, hub, turns)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
