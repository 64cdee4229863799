"""Twilio's requests over the aiohttp session that others share.

It keeps apart a request that was never written (safe to repeat) and one that may have been accepted
(not safe). Twilio's library has no base address: the one of its paths is exchanged for ours.
"""

import logging
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response as TwilioResponse

log = logging.getLogger(__name__)

CONNECT, READ = 5.0, 15.0
OFFICIAL = "https://api.twilio.com"
KEEPERS = ("twiliocdn.com", "twilio.com")


class NotWritten(TwilioException):  # type: ignore[misc]
    """Nothing reached the server: refused, no name, no free connection, no answer to the connection."""


class NotSecure(NotWritten):
    """Nothing reached the server: there is no secure connection (TLS, a certificate)."""


class NoAnswer(TwilioException):  # type: ignore[misc]
    """The request left, and no whole answer came."""


class AiohttpClient(AsyncHttpClient):  # type: ignore[misc]
    """A transport for `twilio.rest.Client` on a session that somebody else closes."""

    def __init__(self, session: aiohttp.ClientSession, base: str, connect_timeout: float = CONNECT) -> None:
        """`connect_timeout` is in seconds."""
        super().__init__(log, is_async=True)
        self.session, self.base, self.connect_timeout = session, base, connect_timeout

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature is twilio's
        allow_redirects: bool = False,
    ) -> TwilioResponse:
        if self.base != OFFICIAL:
            parts = urlsplit(uri)
            uri = f"{self.base}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        as_json = (headers or {}).get("Content-Type") == "application/json"
        if auth:
            headers = {**(headers or {}), "Authorization": aiohttp.encode_basic_auth(*auth)}
        body: dict[str, Any] = {"json": data} if as_json else {"data": _flat(data)}
        try:
            async with self.session.request(
                method,
                uri,
                params=_flat(params),
                headers=headers,
                **body,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.connect_timeout, sock_read=READ),
                allow_redirects=False,
            ) as response:
                text = (await response.read()).decode("utf-8", "replace")
                return TwilioResponse(response.status, text, response.headers)
        except aiohttp.ClientSSLError as error:
            raise NotSecure(type(error).__name__) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotWritten(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswer(type(error).__name__) from None

    async def fetch(self, url: str, auth: tuple[str, str], most: int) -> tuple[bytes, str] | None:
        """What Twilio keeps at an address of its own, and its type; None when it is not to be had.

        Its answer leads on to where the bytes are: followed once, without our credentials.
        """
        parts = urlsplit(url)
        at: str | None = f"{self.base}{parts.path}"
        headers = {"Authorization": aiohttp.encode_basic_auth(*auth)}
        wait = aiohttp.ClientTimeout(total=30, sock_connect=CONNECT)
        try:
            for _ in range(2):
                async with self.session.get(str(at), headers=headers, timeout=wait, allow_redirects=False) as answer:
                    if answer.status == 200:
                        content = await answer.content.read(most + 1)
                        while not answer.content.at_eof() and len(content) <= most:
                            content += await answer.content.read(most + 1 - len(content))
                        return content, answer.content_type
                    at, headers = answer.headers.get("Location"), {}
                    if answer.status not in (301, 302, 303, 307, 308) or not self._may_follow(at):
                        return None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        return None

    def _may_follow(self, url: str | None) -> bool:
        """Only to where Twilio keeps media; beside our own base in tests."""
        parts = urlsplit(url or "")
        host = parts.hostname or ""
        if parts.scheme == "https" and any(host == each or host.endswith(f".{each}") for each in KEEPERS):
            return True
        return self.base != OFFICIAL and bool(url) and str(url).startswith(f"{self.base}/")


def _flat(values: dict[str, object] | None) -> list[tuple[str, str]]:
    """A value that is a list is sent once for each of its members."""
    found = []
    for key, value in (values or {}).items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                found.append((key, str(each)))
    return found
