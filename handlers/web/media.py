"""`/m/<delivery>/<signature>.<form>`: a card, for whoever was handed its signed address."""

import asyncio
import logging
import re
import uuid

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.cards.draw import FORMATS, TYPES, draw, file_name
from services.desk import Desk
from services.media import sheet
from services.runner import Runner

log = logging.getLogger(__name__)

NAMED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
HEADERS = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}


def routes(runner: Runner, desk: Desk) -> list[Route]:
    """The one route; an altered, old or unknown address is not found."""
    drawing = asyncio.Semaphore(2)  # the threads are everybody's

    async def show(request: Request) -> Response:
        name = request.path_params["delivery"]
        if not NAMED.match(name):
            return Response(status_code=404)
        delivery = uuid.UUID(name)
        found = await runner.read(sheet, desk, delivery, request.path_params["signature"])
        if found is not None and found.media.kind == "data":
            head = {
                **HEADERS,
                "Content-Disposition": f'attachment; filename="{file_name("json", found.media)}"',
            }
            return Response(found.media.words, media_type="application/json", headers=head)
        form = next((each for each in FORMATS if found and each == found.form), None)
        if found is None or form is None:
            return Response(status_code=404)
        try:
            async with drawing:
                drawn = await asyncio.to_thread(draw, found.media, found.language, form)
        except (ValueError, KeyError, TypeError, RuntimeError, OSError) as error:
            log.warning("a card failed", extra={"delivery": name, "error": type(error).__name__})
            return Response(status_code=404)
        head = {**HEADERS, "Content-Disposition": f'inline; filename="{file_name(form, found.media)}"'}
        return Response(drawn, media_type=TYPES[form], headers=head)

    return [Route("/m/{delivery}/{signature}", show)]
