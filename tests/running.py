"""The real program as a process, with real HTTP to fakes on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

from tests.fakes.twilio import ACCOUNT, SENDER
from tests.fakes.twilio import TOKEN as AUTH

ROOT = Path(__file__).parent.parent
KEY = "only for tests, thirty-two characters"
SECRET = "only-for-tests-0123456789"
TOKEN = "42:only-for-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Desk:
    """`bot.py run` in a folder of its own, started and killed as a test likes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {**plain, "PORT": str(self.port), "HIRFA_HOME": str(folder), "BACKUP_AT": "", **settings}
        self.process: subprocess.Popen[bytes] | None = None
        self.started_in = 0.0
        self.output = (folder / "desk.log").open("ab")

    def start(self, *, wait: bool = True, **more: str) -> "Desk":
        began = time.monotonic()
        environment = {**self.environment, **more}
        starts = [str(ROOT / "tests" / "failing.py")] if environment.get("FAILPOINT") else [str(ROOT / "bot.py"), "run"]
        self.process = subprocess.Popen(
            [sys.executable, *starts],
            cwd=self.folder,
            env=environment,
            stdout=self.output,
            stderr=self.output,
        )
        if wait:
            self.ready()
        self.started_in = time.monotonic() - began
        return self

    def ready(self, path: str = "/readyz") -> None:
        for _ in range(1500):
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}: {self.log()}")
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise AssertionError(f"never ready: {self.log()}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def wait(self, seconds: float = 20) -> int:
        """How it ended."""
        assert self.process is not None
        return self.process.wait(seconds)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        """End it whatever it does."""
        if self.process is not None:
            self.kill()
        self.output.close()

    def stop(self) -> int:
        """SIGTERM, and how it ended."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(25)

    def unheard(self) -> float:
        """How much was not heard, by the metrics."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("hirfa_unheard_total"))

    def log(self) -> str:
        return (self.folder / "desk.log").read_text(encoding="utf-8")


def telegram(api: str, database_url: str, port_url: str | None = None) -> dict[str, str]:
    """Settings of a desk on Telegram: webhook when a public address is given, polling otherwise."""
    settings = {
        "DATABASE_URL": database_url,
        "DATA_KEY": KEY,
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": api,
        "TELEGRAM_RATE": "10000",
    }
    if port_url:
        settings |= {"PUBLIC_URL": port_url, "TELEGRAM_MODE": "webhook", "TELEGRAM_WEBHOOK_SECRET": SECRET}
    return settings


def whatsapp(api: str, database_url: str, url: str) -> dict[str, str]:
    """Settings of a desk on WhatsApp, by the fake Twilio's account."""
    return {
        "DATABASE_URL": database_url,
        "DATA_KEY": KEY,
        "PUBLIC_URL": url,
        "TWILIO_API_URL": api,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH,
        "TWILIO_WHATSAPP_FROM": SENDER,
        "WHATSAPP_RATE": "10000",
    }
