"""Commands of the program, of an installation in a folder."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from tests.running import KEY, ROOT


def bot(
    home: Path, *words: str, given: str | None = None, first: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """A command of the program; `given` on its standard input. `first`: a line of the shell before it, in a mount
    namespace of its own, whose mounts nobody else sees and which end with it.
    """
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**plain, "HIRFA_HOME": str(home), "DATA_KEY": KEY, **settings}
    command = [sys.executable, str(ROOT / "bot.py"), *words]
    if first:
        alone = ["unshare", "--mount", "--propagation", "private", "sh", "-c"]
        command = [*alone, f"{first} && exec {shlex.join(command)}"]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, cwd=home, input=given, check=False
    )
