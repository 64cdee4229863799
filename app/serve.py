"""Open the doors that are configured, serve, and bring what runs to its end."""

import asyncio
import gc
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import uvicorn

from app.build import House
from app.runtime import Doors
from handlers.web import calendar, card_number, health, media
from handlers.web.demonstration import CHANNEL as WEB
from handlers.web.demonstration import Demonstration, Hub
from handlers.web.site import site
from handlers.web.welcome import welcome
from jobs.lanes import Lane
from jobs.rotation import rotation
from jobs.timetable import Timetable
from jobs.turns import Turns
from models.lock import lock
from settings import BadSetting, Settings

log = logging.getLogger("hirfa")

DEMO_RATE = 1000


class LoopEnded(RuntimeError):
    """A loop ended by a bug, which is in the log; whoever watches the process starts it again."""


async def serve(house: House, doors: Doors | None = None) -> None:
    """Open what is configured, serve until told to stop, then bring what runs to its end."""
    doors = doors or Doors()
    turns = Turns(house.runner, house.desk, doors.after, doors.wake)
    doors.loops.append(turns.sweep())
    doors.routes.extend((*health.routes(house.runner), *calendar.routes(house.runner, house.desk)))
    doors.routes.extend(media.routes(house.runner, house.desk))
    doors.routes.extend(card_number.routes(house.runner, house.desk))
    doors.loops.append(_learn(house, doors))
    doors.loops.append(rotation(house.runner, house.desk))
    for channel, why in house.settings.shut_doors.items():
        log.warning("the %s door stays shut: %s", channel, why)
    if house.settings.telegram_open:
        from app.telegram import open_telegram

        await open_telegram(house, doors, turns)
    if house.settings.whatsapp_open:
        from app.whatsapp import open_whatsapp

        await open_whatsapp(house, doors, turns)
    demonstration = _demonstration(house, doors, turns) if house.settings.demonstration else None
    doors.timetable = Timetable(house.runner, house.desk, doors.wake_all)
    doors.loops.append(doors.timetable.run(doors.every))
    server = _server(house, doors, demonstration)
    doors.server = server
    sending = [asyncio.create_task(lane.run()) for lane in doors.lanes.values()]
    tasks = [asyncio.create_task(loop) for loop in doors.loops]
    for task in (*sending, *tasks):
        task.add_done_callback(lambda ended: _watch(ended, server))
    try:
        told = demonstration.hub.close if demonstration else _nothing
        await _until_told(server, house.settings, told)
    finally:
        for task in tasks:
            task.cancel()
        await turns.close()
        for lane in doors.lanes.values():
            lane.stop()
        if sending:
            await asyncio.wait(sending, timeout=8)
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in doors.closers:
            await close()
        house.runner.close()
    if getattr(server, "loop_ended", False):
        raise LoopEnded


async def _learn(house: House, doors: Doors) -> None:
    """The questions are learned once the doors are open, so that the first one waits for nothing."""
    while doors.server is None or not doors.server.started:
        await asyncio.sleep(0.1)
    await asyncio.to_thread(house.desk.topics.rank, "amo")


def _demonstration(house: House, doors: Doors, turns: Turns) -> Demonstration:
    hub = Hub()
    doors.lanes[WEB] = Lane(house.runner, house.desk, WEB, hub, lock(house.engine, WEB), DEMO_RATE)
    return Demonstration(house.runner, house.desk, hub, turns)


def _server(house: House, doors: Doors, demonstration: Demonstration | None) -> Any:
    opened = welcome(house.desk.speech, lambda: house.links)
    config = uvicorn.Config(
        site(doors.routes, opened, demonstration),
        host="127.0.0.1",
        port=house.settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        http="httptools",
        ws="none",
        lifespan="off",
        limit_concurrency=2000,
    )
    return uvicorn.Server(config)


def _watch(ended: asyncio.Task[None], server: Any) -> None:
    """A loop that ends by a bug takes the desk down, to be started again, rather than half alive."""
    if not ended.cancelled() and ended.exception() is not None:
        log.error("a loop ended", exc_info=ended.exception())
        server.should_exit = server.loop_ended = True


def _nothing() -> None:
    """Nothing to end."""


async def _until_told(server: Any, settings: Settings, told: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `told` then ends what would never end by itself."""
    server.capture_signals = nullcontext  # its own would end us before we are done
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        told()
        server.handle_exit(number, None)

    if threading.current_thread() is threading.main_thread():  # nowhere else do signals arrive
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
