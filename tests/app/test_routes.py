"""Every route of the real application, with every channel open, is open to all by name or refuses who has no key."""

import ast
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Mount, Route, Router

from handlers.web.demonstration import Demonstration, Hub
from handlers.web.site import site
from models import database
from tests.whole import Whole

OPEN_TO_ALL = {"/", "/static", "/healthz", "/readyz", "/calendar/{language}/{session}.ics"}
# The demonstration's, which is of this machine only: tests/web/test_page.py asks each from elsewhere.
DEMONSTRATION = {"/say", "/forget", "/events"}
# method, path, as somebody without the secret or from another machine asks for it, and what she is answered
REFUSED = {
    ("POST", "/telegram/webhook"): ("/telegram/webhook", 403),
    ("POST", "/twilio/whatsapp"): ("/twilio/whatsapp", 403),
    ("POST", "/twilio/status/{delivery}"): ("/twilio/status/00000000-0000-0000-0000-000000000000", 403),
    ("GET", "/m/{delivery}/{signature}"): ("/m/00000000-0000-0000-0000-000000000000/forged.png", 404),
    ("GET", "/f/{token}"): ("/f/forged", 410),
    ("POST", "/f/{token}"): ("/f/forged", 410),
    ("GET", "/metrics"): ("/metrics", 403),
}


@pytest.fixture
def whole(sqlite_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, sqlite_url) as made:
        yield made


def asked(routes: list[BaseRoute]) -> set[tuple[str, str]]:
    """Method and path of each; HEAD goes with GET. Any other kind of route has the method `?`."""
    found = set()
    for route in routes:
        methods = (route.methods or {"*"}) - {"HEAD"} if isinstance(route, Route) else {"?"}
        if isinstance(route, Mount):
            methods = {"GET"}
        found |= {(method, getattr(route, "path", repr(route))) for method in methods}
    return found


def routes_of(whole: Whole) -> list[BaseRoute]:
    """Those the server serves, whatever stands around the application."""
    app = whole.doors.server.config.app
    while not hasattr(app, "router"):
        app = app.app
    router: Router = app.router
    return list(router.routes)


def test_every_route_is_open_by_name_or_refuses_who_has_no_key(whole: Whole) -> None:
    assert all(channel.name in whole.doors.lanes for channel in whole.house.desk.channels.values() if channel.opening)
    served = asked(routes_of(whole))
    assert served == {("GET", path) for path in OPEN_TO_ALL} | set(REFUSED)
    for (method, _), (path, status) in REFUSED.items():
        sent = urllib.request.Request(
            f"{whole.settings.public_url}{path}",
            b"x=1" if method == "POST" else None,
            {"X-Forwarded-For": "192.0.2.1"},
            method=method,
        )
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(sent, timeout=10)
        error.value.close()
        assert error.value.code == status, (method, path)


def test_the_demonstration_adds_its_own_and_no_other() -> None:
    demonstration = Demonstration(None, None, Hub(), None)  # type: ignore[arg-type]
    made = site([], lambda request: None, demonstration)  # type: ignore[arg-type, return-value]
    assert {path for _, path in asked(made.routes)} == {"/", "/static"} | DEMONSTRATION


def test_no_route_is_made_that_the_application_does_not_serve(whole: Whole) -> None:
    """A route written anywhere in handlers/ or app/ is one of those above: counted where they are made."""
    made = []
    for folder in ("handlers", "app"):
        for path in (database.ROOT / folder).rglob("*.py"):
            calls = [
                node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            ]
            for call in calls:
                name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                if name.endswith(("Route", "Mount", "add_route", "add_websocket_route", "Host")):
                    made.append(f"{path.relative_to(database.ROOT)}:{call.lineno}")
    assert len(made) == len(routes_of(whole)) + len(DEMONSTRATION), made
