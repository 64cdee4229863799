"""Pictures and voice notes that clerks want handed on: fetched from their channel, once, beside the turns."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from services.attachments import LARGEST_ATTACHMENT, attachments_to_fetch
from services.context import Desk
from services.loop import surviving
from services.people.request_answers import attachment_fetched
from services.runner import Runner

log = logging.getLogger(__name__)

FETCH_SECONDS = 1.0  # seconds
# A channel's way to fetch: its kind and name of it -> bytes and their type. None: not to be had now.
Fetch = Callable[[str, str], Awaitable[tuple[bytes, str] | None]]


async def fetch_attachments(
    runner: Runner, desk: Desk, channel: str, fetch: Fetch, every: float = FETCH_SECONDS
) -> None:
    """Look every `every` seconds for what is awaited of a channel and fetch it, until cancelled."""
    while True:
        with surviving("fetching", channel=channel):
            for id, kind, reference in await runner.read(attachments_to_fetch, channel):
                found = await fetch(kind, reference)
                if found is not None and len(found[0]) > LARGEST_ATTACHMENT:
                    log.info("a picture or a voice note is too big", extra={"channel": channel})
                content, content_type = found if found is not None else (None, "")
                await runner.run(attachment_fetched, desk, id, content, content_type)
        await asyncio.sleep(every)
