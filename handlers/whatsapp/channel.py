"""WhatsApp as the desk sees it."""

from datetime import timedelta

from handlers.whatsapp.receive import CHANNEL, hear
from services.context import Channel, ChannelTraits

WHATSAPP = Channel(
    CHANNEL,
    {"ar": "واتساب", "fr": "WhatsApp"},
    hear,
    ChannelTraits(
        window=timedelta(hours=24),
        settles=timedelta(seconds=20),
        phones=True,
        charges=True,
        deep_link="{link}?text={code}",
    ),
    opening="handlers.whatsapp.opening",
)
