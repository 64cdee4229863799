"""Troubles told beside the chat: posted as JSON to the address of a setting."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict

import aiohttp
import orjson

from services.people.status import Alert

log = logging.getLogger(__name__)

WAIT = aiohttp.ClientTimeout(total=15)
JSON = {"Content-Type": "application/json"}


def poster(url: str) -> Callable[[Alert], Awaitable[bool]]:
    """Return what posts an alert: kind, channel, since, count, text, nothing about anybody; whether it was taken."""

    async def post(alert: Alert) -> bool:
        body = orjson.dumps({**asdict(alert), "from": "hirfa"})
        try:
            async with (
                aiohttp.ClientSession(timeout=WAIT) as session,
                session.post(url, data=body, headers=JSON, allow_redirects=False) as answer,
            ):
                return answer.status < 300
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("an alert was not taken", extra={"error": type(error).__name__})
            return False

    return post
