"""python-telegram-bot's requests over one aiohttp session: JSON bodies, orjson answers.

It also keeps apart what the stock transport does not: a request that was never written (safe to
repeat) and one that may have been accepted (not safe).
"""

from collections.abc import Callable
from typing import Any

import aiohttp
import orjson
from telegram.error import NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

JSON = {"Content-Type": "application/json"}
CONNECT = 5.0
READ = 15.0


class NotWritten(NetworkError):
    """Nothing reached the server: refused, no name, no free connection, no answer to the connection."""


class NotSecure(NotWritten):
    """Nothing reached the server: there is no secure connection (TLS, a certificate)."""


class NoAnswer(NetworkError):
    """The request left, and no whole answer came."""


class Unreadable(TelegramError):
    """An answer came that is no JSON. `body`: its bytes."""

    def __init__(self, body: bytes) -> None:
        super().__init__("the answer is not JSON")
        self.body = body


class WebhookSet(NetworkError):
    """Updates cannot be fetched, because a webhook is set: somebody else's, for we took ours off."""


class OtherPoller(NetworkError):
    """Another program asks for the same bot's updates: each of the two gets some of them."""


class TokenRefused(NetworkError):
    """Telegram does not know the token: it was revoked, or mistyped."""


class AiohttpRequest(BaseRequest):
    """A transport for `telegram.Bot` on a session that others share and somebody else closes."""

    def __init__(
        self, session: aiohttp.ClientSession, read_timeout: float = READ, connect_timeout: float = CONNECT
    ) -> None:
        """Timeouts are in seconds; reading has one for each wait, not for the whole answer."""
        self.session, self._connect_timeout = session, connect_timeout
        self._read_timeout = read_timeout

    @override
    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    @override
    async def initialize(self) -> None:
        """The session is opened by who made it."""

    @override
    async def shutdown(self) -> None:
        """The session is closed by who made it."""

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        read = self._read_timeout if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        if request_data is not None and request_data.contains_files:
            return await self._exchange(method, url, _form(request_data), read)
        payload = b"{}" if request_data is None else orjson.dumps(request_data.parameters)
        return await self._exchange(method, url, payload, read)

    async def fetch(
        self, url: str, payload: dict[str, Any], read_timeout: float, read: Callable[[bytes], Any] = orjson.loads
    ) -> Any:
        """Call a method and give its result as plain JSON, for what must be stored unread.

        `read` turns the answer's bytes into JSON; it raises ValueError. Raises NetworkError (of which NotWritten,
        WebhookSet, OtherPoller, TokenRefused), Unreadable.
        """
        status, body = await self._exchange("POST", url, orjson.dumps(payload), read_timeout)
        try:
            answer = read(body)
        except ValueError:
            raise Unreadable(body) from None
        if status == 409 and isinstance(answer, dict) and "webhook" in str(answer.get("description")):
            raise WebhookSet("a webhook is set")
        if status == 409:
            raise OtherPoller("another program asks for updates")
        if status in (401, 404):
            raise TokenRefused(f"answered {status}")
        if status != 200 or not isinstance(answer, dict) or not answer.get("ok"):
            raise NetworkError(f"answered {status}")
        return answer.get("result")

    async def _exchange(
        self, method: str, url: str, payload: bytes | aiohttp.FormData, read_timeout: float
    ) -> tuple[int, bytes]:
        try:
            async with self.session.request(
                method,
                url,
                data=payload,
                headers=JSON if isinstance(payload, bytes) else {},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout, sock_read=read_timeout),
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except aiohttp.ClientSSLError as error:
            raise NotSecure(type(error).__name__) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotWritten(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            # the exception's text may hold the address, and the address holds the token
            raise NoAnswer(type(error).__name__) from None

    @override
    @staticmethod
    def parse_json_payload(payload: bytes) -> Any:
        try:
            return orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise TelegramError("the answer is not JSON") from None


def _form(request_data: RequestData) -> aiohttp.FormData:
    """What goes with a file: its parameters as text, its bytes by name."""
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, mime) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime)
    return form
