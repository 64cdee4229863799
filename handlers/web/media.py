"""`/m/<delivery>/<signature>.<form>`: what goes beside a message, for who was handed its signed address."""

import asyncio
import logging
import re
import uuid

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.cards.files import maker
from services.context import Desk
from services.delivery.media import media_file
from services.runner import Runner

log = logging.getLogger(__name__)

NAMED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
SAVED = ("json", "xlsx")
HEADERS = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}


def routes(runner: Runner, desk: Desk) -> list[Route]:
    """The one route; an altered, old or unknown address is not found."""
    drawing = asyncio.Semaphore(2)  # the threads are everybody's
    make = maker(runner, desk)

    async def show(request: Request) -> Response:
        name = request.path_params["delivery"]
        if not NAMED.match(name):
            return Response(status_code=404)
        delivery = uuid.UUID(name)
        found = await runner.read(media_file, desk, delivery, request.path_params["signature"])
        if found is None:
            return Response(status_code=404)
        try:
            async with drawing:
                file = await make(found.media, found.language, found.form)
        except (ValueError, KeyError, TypeError, RuntimeError, OSError) as error:
            log.warning("a card failed", extra={"delivery": name, "error": type(error).__name__})
            return Response(status_code=404)
        how = "attachment" if found.form in SAVED else "inline"
        head = {**HEADERS, "Content-Disposition": f'{how}; filename="{file.name}"'}
        return Response(file.content, media_type=file.content_type, headers=head)

    return [Route("/m/{delivery}/{signature}", show)]
