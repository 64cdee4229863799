"""How events are written: a sentence and ids. Only keys of a short list leave; never words heard."""

import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

from typing_extensions import override

ALLOWED = (
    "channel",
    "contact",
    "inbound",
    "delivery",
    "file",
    "assessment",
    "count",
    "path",
    "error",
    "use_case",
    "reason",
)
# What must not leave even inside a sentence: a bot's token, a one-time link, a phone, a card's number.
SCRUBBED = (
    (re.compile(r"\b[0-9]{2,20}:[A-Za-z0-9_-]{20,}"), "<token>"),
    (re.compile(r"/f/[A-Za-z0-9_-]+"), "/f/<token>"),
    (re.compile(r"(?<![\w-])\+?[0-9](?:[ .-]?[0-9]){8,14}(?![\w-])"), "<number>"),
    (re.compile(r"(?<![\w-])[A-Za-z]{1,2}[0-9]{5,8}(?![\w-])"), "<card>"),
)


class Events(logging.Formatter):
    """One line an event: when (UTC), the program's version, level, where, what, then the ids that may be told."""

    def __init__(self, version: str = "") -> None:
        super().__init__()
        self.version = version

    @override
    def format(self, record: logging.LogRecord) -> str:
        told = [f"{key}={record.__dict__[key]}" for key in ALLOWED if key in record.__dict__]
        if record.name == "asyncio":  # its later lines hold the words of whatever went wrong
            first = record.getMessage().split("\n")[0]
            record = logging.makeLogRecord({**record.__dict__, "msg": first, "args": ()})
        head = scrubbed(" ".join([record.levelname, record.name, record.getMessage()]))
        when = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}"
        line = " ".join([when, *filter(None, (self.version,)), head, *told])
        if record.exc_info and record.exc_info[0] is not None:
            line = f"{line}\n{_places(record.exc_info[0], record.exc_info[2])}"
        return line


def scrubbed(text: str) -> str:
    """A sentence without numbers and tokens that may be somebody's."""
    for pattern, instead in SCRUBBED:
        text = pattern.sub(instead, text)
    return text


def _places(kind: type[BaseException], at: TracebackType | None) -> str:
    """Where it happened and what kind it is; its own words may hold what somebody said."""
    frames = (f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(at))
    return "\n".join(("Traceback, without words:", *frames, f"{kind.__module__}.{kind.__qualname__}"))


def write_events(version: str = "") -> None:
    """Events go to standard error, from information up; libraries speak from warnings up. `version`: the program's."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Events(version))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for room in ("handlers", "jobs", "services", "hirfa"):
        logging.getLogger(room).setLevel(logging.INFO)
