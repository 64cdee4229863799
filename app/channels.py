"""How the door of a channel becomes a lane, loops and routes."""

import uuid
from functools import partial
from importlib import import_module

from app.build import App
from app.runtime import Runtime
from handlers.opening import Opened, Parts
from jobs.fetching import fetch_attachments
from jobs.lanes import Lane
from jobs.progress import Progress
from jobs.turns import Turns
from models.lock import named_lock
from services.outbox.sending import SendError


async def open_channels(app: App, runtime: Runtime, turns: Turns) -> None:
    """Open the door of every channel whose settings are whole (`<name>_open`), in order."""
    for channel in app.desk.channels.values():
        if channel.opening is not None and getattr(app.settings, f"{channel.name}_open", False):
            await _open(channel.name, channel.opening, app, runtime, turns)


async def _open(name: str, module: str, app: App, runtime: Runtime, turns: Turns) -> None:
    async def receipt(broadcast: int, id: uuid.UUID, error: SendError | None, told: bool) -> None:
        await runtime.lanes[name].breaker.result(broadcast, id, error, told)

    lock = partial(named_lock, app.engine)
    parts = Parts(app.settings, app.runner, app.desk, turns.wake, app.links, lock, receipt, app.unheard)
    opened: Opened = await import_module(module).open_channel(parts)
    lane = Lane(app.runner, app.desk, name, opened.sender, lock(name), opened.rate, opened.paid)
    runtime.lanes[name] = lane
    runtime.closers.append(opened.close)
    runtime.routes.extend(opened.routes)
    runtime.loops.extend(opened.loops)
    if opened.edit is not None:
        runtime.loops.append(Progress(app.runner, app.desk, lane, opened.edit).run())
    if opened.fetch is not None:
        runtime.loops.append(fetch_attachments(app.runner, app.desk, name, opened.fetch))
    if opened.after is not None:
        runtime.after[name] = opened.after
