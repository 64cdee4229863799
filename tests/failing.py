"""The desk as a process that dies right after the nth commit of a use case: `FAILPOINT=converse:3`, by SIGKILL.

The crash tests start this file in place of `bot.py run` (tests/running.py); the desk itself knows nothing of it.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import uvloop

from app.build import build
from app.serve import serve
from handlers.terminal.logs import write_events
from settings import read_settings

use_case, _, nth = os.environ["FAILPOINT"].partition(":")
left = int(nth)


def committed(name: str, result: Any) -> None:
    """Count the commits of the use case that did something, and die at the last of them."""
    global left
    if name == use_case and result:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    write_events()
    uvloop.run(serve(build(read_settings(), committed=committed)))
