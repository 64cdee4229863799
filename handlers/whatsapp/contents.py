"""Content resources of Twilio: one a shape, all its texts variables, made when first needed.

A shape that cannot be made is no failure: the message leaves as numbered text.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

import orjson
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from handlers.whatsapp.draw import LIST, Shape
from handlers.whatsapp.receive import CHANNEL
from services.context import Desk
from services.key_value import delete_value, get_value, set_value, values_under
from services.loop import surviving
from services.runner import DatabaseUnavailable, Runner
from services.troubles import TroubleKind, note_trouble

log = logging.getLogger(__name__)

URL = "https://content.twilio.com/v1/Content"
AGAIN = 3600.0  # how long to do without a shape that could not be made
EDITION = "1"  # of the shapes below: another wording needs other resources
PREFIX = f"content.{EDITION}."
FIRST_CHECK_SECONDS, DAY_SECONDS = 30.0, 86_400.0


class Contents:
    """The SIDs of the shapes, made once and kept in the database."""

    def __init__(self, client: Client, runner: Runner, desk: Desk) -> None:
        self.client, self.runner, self.desk = client, runner, desk
        self._sids: dict[Shape, str] = {}
        self._failed: dict[Shape, float] = {}
        self._making = asyncio.Lock()

    async def sid(self, shape: Shape) -> str | None:
        """The ContentSid of a shape; None while it cannot be had."""
        if shape in self._sids:
            return self._sids[shape]
        if time.monotonic() - self._failed.get(shape, -AGAIN) < AGAIN:
            return None
        async with self._making:
            if shape not in self._sids:
                found = await self._kept_or_made(shape)
                if found is None:
                    self._failed[shape] = time.monotonic()
                    return None
                self._sids[shape] = found
        return self._sids[shape]

    async def check(self, templates: Mapping[str, str], every: float = DAY_SECONDS) -> None:
        """Ask Twilio each day whether it still has the shapes, which are made anew when next needed, and whether the
        templates of the settings are approved; until cancelled.
        """
        wait = FIRST_CHECK_SECONDS
        while True:
            await asyncio.sleep(wait)
            wait = every
            with surviving("checking what Twilio keeps", TwilioException, ValueError, KeyError):
                await self._forget_missing()
                refused = [name for name, sid in templates.items() if not await self._is_approved(sid)]
                if refused:
                    kind, detail = TroubleKind.TEMPLATE, ", ".join(refused)
                    await self.runner.run(note_trouble, self.desk, kind, CHANNEL, len(refused), detail)

    async def _forget_missing(self) -> None:
        for name, sid in (await self.runner.read(values_under, PREFIX)).items():
            answer = await self.client.request_async("GET", f"{URL}/{sid}")
            if answer.status_code == 404:
                log.info("a shape is gone at Twilio: it is made anew when needed")
                await self.runner.run(delete_value, name)
                self._sids = {shape: known for shape, known in self._sids.items() if known != sid}

    async def _is_approved(self, sid: str) -> bool:
        """Whether WhatsApp approves of a template; one Twilio tells nothing of is left alone."""
        answer = await self.client.request_async("GET", f"{URL}/{sid}/ApprovalRequests")
        if answer.status_code != 200:
            return int(answer.status_code) != 404
        asked = orjson.loads(answer.text).get("whatsapp") or {}
        return asked.get("status") in (None, "approved")

    async def _kept_or_made(self, shape: Shape) -> str | None:
        name = f"{PREFIX}{shape.name}"
        try:
            found = await self.runner.read(get_value, name)
            if found is None:
                found = await self._make(shape)
                if found is not None:
                    await self.runner.run(set_value, name, found)
        except (TwilioException, DatabaseUnavailable, ValueError, KeyError) as error:
            log.warning("a shape could not be made", extra={"error": type(error).__name__})
            return None
        return found

    async def _make(self, shape: Shape) -> str | None:
        answer = await self.client.request_async(
            "POST", URL, data=resource(shape), headers={"Content-Type": "application/json"}
        )
        if answer.status_code not in (200, 201):
            log.warning("a shape was refused", extra={"error": str(answer.status_code)})
            return None
        return str(orjson.loads(answer.text)["sid"])


def resource(shape: Shape) -> dict[str, Any]:
    """What is posted to make a shape. Variables: the question, then label and id of each option,
    the exits if it has them, and of a list the word on its button.
    """
    labels = [f"{{{{{2 + 2 * at}}}}}" for at in range(shape.options)]
    ids = [f"{{{{{3 + 2 * at}}}}}" for at in range(shape.options)]
    last = 2 + 2 * shape.options
    lines = "\n".join(f"{place}. {label}" for place, label in enumerate(labels, 1))
    body = "{{1}}\n\n" + lines + (f"\n\n{{{{{last}}}}}" if shape.exits else "")
    pairs = list(zip(labels, ids, strict=True))
    if shape.kind == LIST:
        button = last + shape.exits
        items = [{"item": label, "id": id, "description": ""} for label, id in pairs]
        types = {"twilio/list-picker": {"body": body, "button": f"{{{{{button}}}}}", "items": items}}
        count = button
    else:
        actions = [{"type": "QUICK_REPLY", "title": label, "id": id} for label, id in pairs]
        types = {"twilio/quick-reply": {"body": body, "actions": actions}}
        count = last if shape.exits else last - 1
    examples = {str(place): "1" for place in range(1, count + 1)}
    return {"friendly_name": f"hirfa_{shape.name}", "language": "ar", "variables": examples, "types": types}
