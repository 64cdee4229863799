"""An artisan on Telegram: builds the updates her phone would cause, presses what she was shown."""

import itertools
import json
import time
from typing import Any

from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.usual import ELIGIBILITY, said

_updates = itertools.count(700_000_000)


class Artisan:
    """One private chat with the fake Bot API."""

    def __init__(self, api: BotApi, chat: int) -> None:
        self.api, self.chat = api, chat
        self.sent = 0
        self.past: list[dict[str, Any]] = []
        self.told: list[tuple[int, str]] = []  # what she said or pressed, after how many words of ours

    def says(self, text: str) -> None:
        self.told.append((len(self.words), text))
        self._inject(message=self._message(text=text))

    def sends(self, **content: Any) -> None:
        self._inject(message=self._message(**content))

    def presses(self, data: str) -> None:
        """A button of the last message, by `step:option`; AssertionError when it is not there."""
        found = [each for each in self.buttons if each.startswith(data + ":")]
        assert found, (data, self.buttons, self.texts)
        self.presses_exactly(found[0])

    def presses_exactly(self, data: str) -> None:
        last = self.messages[-1] if self.messages else {"message_id": 1, "text": "?"}
        self.told.append((len(self.words), f"[{_face(last, data)}]"))
        query = {
            "id": str(next(_updates)),
            "from": self._me,
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": last["message_id"],
                "date": int(time.time()),
                "text": last["text"],
                "chat": {"id": self.chat, "type": "private"},
                "reply_markup": last.get("reply_markup"),
            },
        }
        self._inject(callback_query=query)

    def hears(self, count: int | None = None) -> dict[str, Any]:
        """Wait for the answer to everything sent so far (one message each); the last one."""
        wanted = self.sent if count is None else count
        self.api.wait(lambda: len(self.messages) >= wanted)
        return self.messages[wanted - 1]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """But for those that only take a keyboard away."""
        every = self.api.to(self.chat)
        return [each for each in every if not (each.get("reply_markup") or {}).get("remove_keyboard")]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    @property
    def words(self) -> list[str]:
        """But for pictures and the like."""
        return [each["text"] for each in self.messages if self.has_words(each)]

    @staticmethod
    def has_words(message: dict[str, Any]) -> bool:
        return message["text"] not in ("(photo)", "(document)", "(pin)", "(voice)")

    @property
    def buttons(self) -> list[str]:
        """The callback data under the last message."""
        markup = self.messages[-1].get("reply_markup") or {}
        return [b["callback_data"] for row in markup.get("inline_keyboard", []) for b in row]

    def again(self, update: dict[str, Any]) -> None:
        """A past update, once more."""
        self.api.inject(update)

    @property
    def _me(self) -> dict[str, Any]:
        return {"id": self.chat, "is_bot": False, "first_name": "Test"}

    def _message(self, **content: Any) -> dict[str, Any]:
        return {
            "message_id": next(_updates),
            "date": int(time.time()),
            "from": self._me,
            "chat": {"id": self.chat, "type": "private"},
            **content,
        }

    def _inject(self, **content: Any) -> None:
        update = {"update_id": next(_updates), **content}
        self.past.append(update)
        self.sent += 1
        self.api.inject(update)


class WhatsAppArtisan:
    """One number on the fake Twilio; she presses buttons where there are, and types digits elsewhere."""

    def __init__(self, api: Twilio, number: str, hidden: bool = False) -> None:
        self.api, self.number = api, f"whatsapp:{number}"
        self.user_id = "whatsapp:MA." + number.strip("+")
        self.hidden = hidden
        self.sent = 0
        self.told: list[tuple[int, str]] = []

    def says(self, text: str, **fields: str) -> None:
        self.told.append((len(self.words), text))
        self._inject({"Body": text, **fields})

    def presses(self, data: str) -> None:
        """An option of the last message, by `step:option`: its button, or the digit of its line."""
        button = next(data_of for data_of in self.payloads if data_of.startswith(data + ":"))
        self._inject({"Body": "?", "ButtonText": "?", "ButtonPayload": button})

    def sends(self, **fields: str) -> None:
        self._inject(fields)

    def hears(self, count: int | None = None) -> dict[str, Any]:
        """Wait for the answer to everything sent so far (one message each); the last one."""
        wanted = self.sent if count is None else count
        self.api.wait(lambda: len(self.messages) >= wanted)
        return self.messages[wanted - 1]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [message for name in (self.number, self.user_id) for message in self.api.to(name)]

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    @property
    def words(self) -> list[str]:
        """But for pictures, and places on the map."""
        return [each["text"] for each in self.messages if self.has_words(each)]

    @staticmethod
    def has_words(message: dict[str, Any]) -> bool:
        return not message["MediaUrl"] and not message["PersistentAction"]

    @property
    def payloads(self) -> list[str]:
        """What the buttons of the last message carry, if it has any."""
        variables = json.loads(self.messages[-1].get("ContentVariables", "{}"))
        return [value for value in variables.values() if value.count(":") == 2 and " " not in value]

    def _inject(self, fields: dict[str, str]) -> None:
        self.sent += 1
        sender = self.user_id if self.hidden else self.number
        self.api.inject({"From": sender, "ExternalUserId": self.user_id, **fields})


def _face(message: dict[str, Any], data: str) -> str:
    """What a button says, or the line its digit stands for."""
    markup = message.get("reply_markup") or {}
    faces = [b["text"] for row in markup.get("inline_keyboard", []) for b in row if b["callback_data"] == data]
    face = str(faces[0]) if faces else data
    lines = str(message.get("text", "")).splitlines()
    return next((line.partition(". ")[2] for line in lines if line.startswith(f"{face}. ")), face)


def walk(artisan: Artisan, language: str, plan: list[str]) -> dict[str, Any]:
    """Hello, a language, eligibility, then each answer: `step:option` is pressed, the rest is said."""
    artisan.says("/start")
    artisan.hears()
    for answer in (f"language:{language}", "menu:eligibility", *plan):
        if ":" in answer:
            artisan.presses(answer)
        else:
            artisan.says(answer)
        artisan.hears()
    return artisan.messages[-1]


POTTER = said(ELIGIBILITY)
WEAVER_CPU = [
    "work:own_account",
    "age:unsure",
    "cover:none",
    "tax_status:cpu",
    "in_rna:yes",
    "zarbia",
    "trade:C027",
    "annual_tax:500_1000",
    "rsu_score:unsure",
]
