"""A desk as a process, both fake providers, and a crowd on one channel or on both."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.proof.crowd import Crowd
from tests.running import Desk, telegram, whatsapp

BOTH = ("telegram", "whatsapp")


class Scene:
    """Both channels open, nothing at night withheld, no limit of a day."""

    def __init__(
        self,
        folder: Path,
        url: str,
        channels: tuple[str, ...],
        people: int,
        bot_api: BotApi | None = None,
        twilio: Twilio | None = None,
        **settings: str,
    ) -> None:
        self.folder, self.url = folder, url
        self.telegram, self.twilio = bot_api or BotApi(folder), twilio or Twilio(folder)
        self.crowd = Crowd(url, channels, people)
        now = self.twilio.now()
        self.twilio.heard = {name: now for name in self.crowd.known if isinstance(name, str)}
        self.settings = {"QUIET_HOURS": "", "WHATSAPP_DAILY": "0", **settings}
        self.desk = self.another()
        self.twilio.webhook = f"{self.desk.url}/twilio/whatsapp"

    def another(self, name: str = "") -> Desk:
        """A desk on the same database."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        made = Desk(folder)
        made.environment |= {
            **telegram(self.telegram.url, self.url, made.url),
            **whatsapp(self.twilio.url, self.url, made.url),
            **self.settings,
        }
        return made

    def reached(self) -> list[Any]:
        """Whom the providers accepted a message for, of the crowd, as often as they did."""
        every = [each["chat_id"] for each in list(self.telegram.accepted)]
        every += [each["To"] for each in list(self.twilio.accepted)]
        return [name for name in every if name in self.crowd.known]

    def copies(self) -> Counter[Any]:
        """How many messages each person was sent."""
        return Counter(self.reached())

    def wait(self, ready: Callable[[], Any], seconds: float = 120) -> None:
        """Until it is so; AssertionError with the last of the log otherwise."""
        end = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < end, (self.broken_rules[:3], self.desk.log()[-2000:])
            time.sleep(0.05)

    def closed(self, id: int, seconds: float = 120) -> None:
        """Until a message to many has come to its end."""
        self.wait(lambda: self.crowd.state(id) == "closed", seconds)

    @property
    def broken_rules(self) -> list[str]:
        """What the providers would not have taken."""
        return self.telegram.broken_rules + self.twilio.broken_rules

    def close(self) -> None:
        """End everything."""
        self.desk.close()
        self.telegram.close()
        self.twilio.close()
        self.crowd.close()
