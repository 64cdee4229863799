"""Reading a request's body without trusting its length, its patience or its letters."""

import asyncio
import json
from typing import Any

from starlette.requests import Request

PATIENCE = 10.0


class TooLong(Exception):
    """More bytes than the door takes."""


class TooSlow(Exception):
    """The body did not come in time."""


def mended_json(raw: bytes) -> Any:
    """Return what JSON says whose text is damaged: bytes that are not UTF-8, and halves of signs, are replaced.

    Raises ValueError when it is no JSON all the same, or nested too deep.
    """
    try:
        return _mended(json.loads(raw.decode("utf-8", "replace")))
    except RecursionError:
        raise ValueError("nested too deep") from None


def mended_text(text: str) -> str:
    """Return a text whose halves of signs (surrogates without their other half) are replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return mended_text(value)
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if isinstance(value, dict):
        return {mended_text(key): _mended(each) for key, each in value.items()}
    return value


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
