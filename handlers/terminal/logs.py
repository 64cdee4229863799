"""How events are written: a sentence and ids. Only keys of a short list leave; never words heard."""

import logging
import sys

ALLOWED = ("channel", "contact", "inbound", "delivery", "count", "path", "error", "use_case")


class Events(logging.Formatter):
    """One line an event: level, where, what, then the ids that may be told."""

    def format(self, record: logging.LogRecord) -> str:
        told = [f"{key}={record.__dict__[key]}" for key in ALLOWED if key in record.__dict__]
        line = " ".join([record.levelname, record.name, record.getMessage(), *told])
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


def write_events() -> None:
    """Events go to standard error, from information up; libraries speak from warnings up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Events())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for room in ("handlers", "jobs", "services", "hirfa"):
        logging.getLogger(room).setLevel(logging.INFO)
