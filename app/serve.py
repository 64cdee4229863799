"""Open the doors that are configured, serve, and bring what runs to its end."""

import asyncio
import gc
import logging
import os
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import time
from functools import partial
from typing import Any

import uvicorn

from app.backup import nightly
from app.build import App
from app.channels import open_channels
from app.runtime import Runtime
from handlers.web import calendar, card_number, health, media
from handlers.web.alerts import poster
from handlers.web.demonstration import CHANNEL as WEB
from handlers.web.demonstration import Demonstration, Hub
from handlers.web.edge import Edge
from handlers.web.site import site
from handlers.web.welcome import welcome
from jobs.backups import back_up_nightly
from jobs.lanes import Lane
from jobs.rotation import rotate_keys
from jobs.timetable import Timetable
from jobs.turns import Turns
from jobs.watch import Free, Watch
from models.lock import named_lock
from settings import BadSetting, Settings

log = logging.getLogger("hirfa")

DEMO_RATE = 1000
STOP_SECONDS = 15.0  # for what runs to come to its end; what is left unsaid is doubt, which the next start settles


class LoopEnded(RuntimeError):
    """A loop ended by a bug, which is in the log; whoever watches the process starts it again."""


async def serve(app: App, runtime: Runtime | None = None) -> None:
    """Open what is configured, serve until told to stop, then bring what runs to its end."""
    runtime = runtime or Runtime()
    turns = Turns(app.runner, app.desk, runtime.after, runtime.wake)
    runtime.loops.append(turns.sweep())
    runtime.routes.extend(health.routes(app.runner, app.desk, app.unheard, app.settings.metrics_token))
    runtime.routes.extend(calendar.routes(app.runner, app.desk))
    runtime.routes.extend(media.routes(app.runner, app.desk))
    runtime.routes.extend(card_number.routes(app.runner, app.desk))
    runtime.loops.append(_learn(app, runtime))
    runtime.loops.append(rotate_keys(app.runner, app.desk))
    for channel, why in app.settings.shut_doors.items():
        log.warning("the %s door stays shut: %s", channel, why)
    await open_channels(app, runtime, turns)
    demonstration = _demonstration(app, runtime, turns) if app.settings.demonstration else None
    _watch_and_back_up(app, runtime)
    runtime.timetable = Timetable(app.runner, app.desk, runtime.wake_all)
    if runtime.every is not None:
        runtime.loops.append(runtime.timetable.run(runtime.every))
    server = _server(app, runtime, demonstration)
    runtime.server = server
    sending = [asyncio.create_task(lane.run()) for lane in runtime.lanes.values()]
    tasks = [asyncio.create_task(loop) for loop in runtime.loops]
    for task in (*sending, *tasks):
        task.add_done_callback(lambda ended: _watch(ended, server))
    try:
        told = demonstration.hub.close if demonstration else _nothing
        await _until_told(server, app.settings, told)
    finally:
        for task in tasks:
            task.cancel()
        await turns.close()
        for lane in runtime.lanes.values():
            lane.stop()
        if sending:
            await asyncio.wait(sending, timeout=8)
        await asyncio.gather(*tasks, return_exceptions=True)
        for close in runtime.closers:
            await close()
        app.runner.close()
    if getattr(server, "loop_ended", False):
        raise LoopEnded


def _watch_and_back_up(app: App, runtime: Runtime) -> None:
    """The watch over what goes wrong, and the backup of the night; neither for a demonstration."""
    settings = app.settings
    if settings.demonstration:
        return
    place = app.desk.alive.parent if app.desk.alive is not None else None
    post = poster(settings.alert_url) if settings.alert_url else None
    free: Free = lambda path: shutil.disk_usage(path).free  # noqa: E731
    runtime.watch = Watch(app.runner, app.desk, app.unheard, runtime.lanes, place, post, free)
    if runtime.every is None:
        return
    runtime.loops.append(runtime.watch.run())
    if settings.backup_at and settings.backup_folder:
        make = partial(nightly, settings, app.engine, app.desk)
        runtime.loops.append(back_up_nightly(app.runner, app.desk, time.fromisoformat(settings.backup_at), make))


async def _learn(app: App, runtime: Runtime) -> None:
    """The questions are learned once the doors are open, so that the first one waits for nothing."""
    while runtime.server is None or not runtime.server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await asyncio.to_thread(app.desk.topics.rank, "amo")


def _demonstration(app: App, runtime: Runtime, turns: Turns) -> Demonstration:
    hub = Hub()
    runtime.lanes[WEB] = Lane(app.runner, app.desk, WEB, hub, named_lock(app.engine, WEB), DEMO_RATE)
    return Demonstration(app.runner, app.desk, hub, turns)


def _server(app: App, runtime: Runtime, demonstration: Demonstration | None) -> Any:
    opened = welcome(app.desk, lambda: app.links)
    config = uvicorn.Config(
        Edge(site(runtime.routes, opened, demonstration), app.settings.public_url),
        host="127.0.0.1",
        port=app.settings.port,
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
        signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)  # the kernel's own, whatever became of our clock
        told()
        server.handle_exit(number, None)

    def give_up() -> None:
        log.error("what runs did not come to its end in %d s: it is left to the next start", STOP_SECONDS)
        logging.shutdown()
        os._exit(0)

    if threading.current_thread() is threading.main_thread():  # nowhere else do signals arrive
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number)
        loop.add_signal_handler(signal.SIGALRM, give_up)
    gc.collect()
    gc.freeze()
    what = "the demonstration" if settings.demonstration else "the desk"
    log.info("%s is at http://127.0.0.1:%d", what, settings.port)
    try:
        await server.serve()
    except SystemExit:
        raise BadSetting(f"PORT {settings.port} is taken by another program") from None
