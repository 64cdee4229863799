"""/healthz, /readyz, /metrics."""

import asyncio
import hmac
import logging
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from typing_extensions import override

from handlers.web.local import is_local
from services.context import Desk
from services.health import Measure, measures, why_unavailable, write_ready
from services.runner import DatabaseUnavailable, Runner
from services.unheard import Unheard

log = logging.getLogger(__name__)

READY_SECONDS = 3


class Measures(Collector):
    """What was measured, as prometheus_client collects it."""

    def __init__(self, found: Sequence[Measure]) -> None:
        self.found = found

    @override
    def collect(self) -> Iterator[Metric]:
        for each in self.found:
            names = sorted({name for labels, _ in each.samples for name in labels})
            made = (CounterMetricFamily if each.counter else GaugeMetricFamily)(each.name, each.help, labels=names)
            for labels, value in each.samples:
                made.add_metric([labels[name] for name in names], value)
            yield made


def routes(runner: Runner, desk: Desk, unheard: Unheard, token: str = "") -> list[Route]:
    """The process is alive; its memory can be written to, and if not, why; its counts, on this machine, or to who knows
    the token where one is set.
    """

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        try:
            async with asyncio.timeout(READY_SECONDS):
                await runner.run(write_ready, desk)
        except TimeoutError:
            why = f"the database did not take a mark within {READY_SECONDS} s: it is locked, frozen or too slow"
        except DatabaseUnavailable as error:
            why = why_unavailable(error)
        else:
            return PlainTextResponse("ready\n")
        log.warning("not ready: %s", why)
        return PlainTextResponse(f"{why}\n", status_code=503)

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        allowed = hmac.compare_digest(given.encode(), token.encode()) if token else is_local(request)
        if not allowed:
            return Response(status_code=403)
        found = await runner.read(measures, desk, dict(runner.faults), dict(unheard.counts))
        registry = CollectorRegistry()
        registry.register(Measures(found))
        ProcessCollector(registry=registry)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
