"""The site: routes from the doors that are open, and one edge that answers for a bug."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from handlers.web.demonstration import Demonstration
from handlers.web.local import is_local, is_visit
from handlers.web.pages import HERE
from services.runner import DatabaseUnavailable

log = logging.getLogger(__name__)


def site(
    routes: Sequence[BaseRoute],
    welcome: Callable[[Request], Response],
    demonstration: Demonstration | None,
) -> Starlette:
    """The ASGI application. `/` is the demonstration on this machine, the welcome elsewhere."""

    async def front(request: Request) -> Response:
        if demonstration is not None and is_local(request) and is_visit(request):
            return await demonstration.show(request)
        return welcome(request)

    every: list[BaseRoute] = [
        Route("/", front),
        Mount("/static", StaticFiles(directory=HERE / "static")),
        *routes,
    ]
    if demonstration is not None:
        every.extend(demonstration.routes())
    handlers: dict[Any, Any] = {DatabaseUnavailable: _unavailable, Exception: _bug}
    made = Starlette(routes=every, exception_handlers=handlers)
    made.router.redirect_slashes = False  # it would repeat whatever name the visitor gave
    return made


def _where(request: Request) -> str:
    """The route, without what stood in its address: that may be a secret."""
    return str(getattr(request.scope.get("route"), "path", "?"))


async def _unavailable(request: Request, error: Exception) -> Response:
    """Nothing was stored: the channel will try again."""
    log.error("the database does not answer", extra={"path": _where(request)})
    return PlainTextResponse("not now\n", status_code=503)


async def _bug(request: Request, error: Exception) -> Response:
    """Marked place 3 of 3: the edge."""
    log.error("unhandled", exc_info=error, extra={"path": _where(request)})
    return PlainTextResponse("a problem on our side\n", status_code=500)
