"""Telegram as the desk sees it."""

from handlers.telegram.receive import CHANNEL, hear
from services.context import Channel, ChannelTraits

TELEGRAM = Channel(
    CHANNEL,
    {"ar": "تيليغرام", "fr": "Telegram"},
    hear,
    ChannelTraits(edits=True, deep_link="{link}?start={code}"),
    opening="handlers.telegram.opening",
)
