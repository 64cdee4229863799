"""Commands of the program, of an installation in a folder."""

import os
import subprocess
import sys
from pathlib import Path

from tests.running import KEY, ROOT


def bot(home: Path, *words: str, given: str | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of the program; `given` on its standard input."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**plain, "HIRFA_HOME": str(home), "DATA_KEY": KEY, **settings}
    command = [sys.executable, str(ROOT / "bot.py"), *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, cwd=home, input=given, check=False
    )
