"""The page of the demonstration as the desk sees it; the app opens it beside its other pages."""

from handlers.web.demonstration import CHANNEL, hear
from services.context import Channel, ChannelTraits

WEB = Channel(
    CHANNEL, {"ar": "صفحة التجربة", "fr": "page d'essai"}, hear, ChannelTraits(deep_link="{link}?text={code}")
)
