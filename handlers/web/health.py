"""/healthz, /readyz, /metrics."""

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from handlers.web.local import is_local
from services.health import database_answers, metrics_lines
from services.runner import DatabaseUnavailable, Runner
from services.unheard import Unheard

log = logging.getLogger(__name__)


def routes(runner: Runner, unheard: Unheard) -> list[Route]:
    """The process is alive; its memory answers; its counts, on this machine only."""

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        try:
            async with asyncio.timeout(3):
                await runner.read(database_answers)
        except (DatabaseUnavailable, TimeoutError):
            log.warning("not ready: the database does not answer")
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def metrics(request: Request) -> Response:
        if not is_local(request):
            return Response(status_code=403)
        lines = await runner.read(metrics_lines, dict(runner.faults), dict(unheard.counts))
        return PlainTextResponse("\n".join(lines) + "\n")

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
