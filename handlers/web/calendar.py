"""A session as a calendar file: public, as the session is."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from locales.speech import LANGUAGES
from services.context import Desk
from services.runner import Runner
from services.sessions.ics import calendar_file

NUMBER = re.compile(r"[0-9]{1,9}\Z", re.ASCII)


def routes(runner: Runner, desk: Desk) -> list[Route]:
    """`/calendar/<language>/<session>.ics`."""

    async def show(request: Request) -> Response:
        language, number = request.path_params["language"], request.path_params["session"]
        if language not in LANGUAGES or not NUMBER.match(number):
            return Response(status_code=404)
        found = await runner.read(calendar_file, desk, int(number), language)
        if found is None:
            return Response(status_code=404)
        head = {"Content-Disposition": f'attachment; filename="session-{number}.ics"'}
        return Response(found, media_type="text/calendar", headers=head)

    return [Route("/calendar/{language}/{session}.ics", show)]
