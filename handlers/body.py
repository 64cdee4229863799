"""Reading a request's body without trusting its length or its patience."""

import asyncio

from starlette.requests import Request

PATIENCE = 10.0


class TooLong(Exception):
    """More bytes than the door takes."""


class TooSlow(Exception):
    """The body did not come in time."""


async def read_body(request: Request, longest: int) -> bytes:
    """The body, at most `longest` bytes, within ten seconds. TooLong, TooSlow otherwise."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > longest:
        raise TooLong
    chunks, size = [], 0
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                size += len(chunk)
                if size > longest:
                    raise TooLong
                chunks.append(chunk)
    except TimeoutError:
        raise TooSlow from None
    return b"".join(chunks)
