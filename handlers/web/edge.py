"""The edge of the site: the path people and proxies write, made one; the headers every answer carries."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.web.pages import HEADERS

EVERY: Mapping[str, str] = {
    **{name: HEADERS[name] for name in ("Content-Security-Policy", "X-Content-Type-Options")},
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
A_YEAR = "max-age=31536000"


class Edge:
    """Around the application. `public_url`: its path may stand before ours, where a proxy keeps it."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        parts = urlsplit(public_url or "")
        self.app, self.prefix = app, parts.path.rstrip("/")
        headers = dict(EVERY)
        if parts.scheme == "https":
            headers["Strict-Transport-Security"] = A_YEAR
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on; what it was asked as stays in `raw_path`, which a signature counts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if self.prefix and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            path = path.removeprefix(self.prefix)
        if len(path) > 1 and path.endswith("/") and not path.endswith("//"):
            path = path[:-1]
        scope = {**scope, "path": path or "/"}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", ())}
                more = [(name, value) for name, value in self.headers if name not in given]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        await self.app(scope, receive, sending)
