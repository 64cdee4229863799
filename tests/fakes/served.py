"""What the fakes share: an HTTP server in a thread of its own, a log with its own fsync, waiting."""

import asyncio
import json
import os
import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web


class Served:
    """A fake provider. `url` is the base to give to the program.

    Each accepted message is written to a log with its own fsync before it is answered, so that what
    a killed desk had sent is known for certain. `rate`: accepts a second, beyond which it answers 429.
    """

    def __init__(self, folder: Path, log: str, rate: int | None = None) -> None:
        self.log = (folder / log).open("a", encoding="utf-8")
        self.accepted: list[dict[str, Any]] = []
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.broken_rules: list[str] = []
        self.answers: deque[Callable[[], web.StreamResponse | None]] = deque()
        self.answer_to: dict[Any, Iterator[tuple[int, dict[str, Any]]]] = {}  # by recipient, in order
        self.kill: tuple[int, int] | None = None  # (how many more accepts, pid)
        self.posted: list[int] = []
        self.rate, self.throttled = rate, 0
        self._recent: deque[float] = deque()
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=log, daemon=True)
        self._thread.start()
        self._started.wait(10)

    def close(self) -> None:
        if self.log.closed:
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self.log.close()

    def wait(self, ready: Callable[[], Any], seconds: float = 20) -> Any:
        """Wait until `ready()` of what was accepted is true; AssertionError when it never is."""
        end = time.monotonic() + seconds
        with self._changed:
            while not (found := ready()):
                if time.monotonic() > end:
                    calls = f"calls {dict(self.calls)}, posts {self.posted[-20:]}, {self.broken_rules[:5]}"
                    raise AssertionError(f"waited {seconds} s in vain; {calls}")
                self._changed.wait(0.05)
        return found

    def routes(self, app: web.Application) -> None:
        """What the fake answers; each provider's own."""

    def refusal(self, recipient: Any) -> web.StreamResponse | None:
        """What this recipient's next message is answered, where a test said so."""
        found = next(self.answer_to.get(recipient, iter(())), None)
        return None if found is None else web.json_response(found[1], status=found[0])

    def too_fast(self) -> bool:
        """Whether one more now is beyond the rate: a second's burst beside the second itself."""
        if self.rate is None:
            return False
        now = time.monotonic()
        while self._recent and now - self._recent[0] > 1:
            self._recent.popleft()
        if len(self._recent) >= self.rate * 2:
            self.throttled += 1
            return True
        self._recent.append(now)
        return False

    def accept(self, message: dict[str, Any]) -> None:
        """Keep a message for good, then kill whom the test asked to."""
        self.log.write(json.dumps(message, ensure_ascii=False, default=str) + "\n")
        self.log.flush()
        os.fsync(self.log.fileno())
        self.accepted.append(message)
        if self.kill is not None:
            left, pid = self.kill
            self.kill = (left - 1, pid) if left > 1 else None
            if left == 1:
                os.kill(pid, signal.SIGKILL)
        self._tell()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._asked = asyncio.Event()
        self._posters: set[asyncio.Task[None]] = set()
        app = web.Application(client_max_size=10_000_000)
        self.routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
        self._started.set()
        await self._stop.wait()
        for task in self._posters:
            task.cancel()
        await self.session.close()
        await runner.cleanup()

    def background(self, work: Any) -> None:
        """Something to do beside answering."""
        task = asyncio.create_task(work)
        self._posters.add(task)
        task.add_done_callback(self._posters.discard)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()
