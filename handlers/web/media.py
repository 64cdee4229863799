"""`/m/<delivery>/<signature>.<form>`: a card, for whoever was handed its signed address."""

import asyncio
import uuid

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from handlers.cards.draw import FORMATS, TYPES, draw, file_name
from services.desk import Desk
from services.media import sheet
from services.runner import Runner

HEADERS = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}


def routes(runner: Runner, desk: Desk) -> list[Route]:
    """The one route; an altered, old or unknown address is not found."""

    async def show(request: Request) -> Response:
        try:
            delivery = uuid.UUID(request.path_params["delivery"])
        except ValueError:
            return Response(status_code=404)
        found = await runner.read(sheet, desk, delivery, request.path_params["signature"])
        form = next((each for each in FORMATS if found and each == found.form), None)
        if found is None or form is None:
            return Response(status_code=404)
        drawn = await asyncio.to_thread(draw, found.media, found.language, form)
        head = {**HEADERS, "Content-Disposition": f'inline; filename="{file_name(form)}"'}
        return Response(drawn, media_type=TYPES[form], headers=head)

    return [Route("/m/{delivery}/{signature}", show)]
