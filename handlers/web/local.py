"""Who is on this very machine: a loopback name, no proxy on the way, our own page."""

from starlette.requests import Request

NAMES = ("127.0.0.1", "localhost", "[::1]")
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def is_local(request: Request) -> bool:
    """Whether the request came straight to a loopback name."""
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return name in NAMES and not any(header in request.headers for header in FORWARDED)


def is_own_page(request: Request) -> bool:
    """Whether a POST came from a page of this very origin."""
    host = request.headers.get("host", "")
    return is_local(request) and request.headers.get("origin") == f"http://{host}"


def is_visit(request: Request) -> bool:
    """Whether a person opened the page, rather than another site's page asked for it."""
    return request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
