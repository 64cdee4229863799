"""The first page of a deployed desk: who this is, and where to write to it."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from conversations.values import Say
from handlers.web.pages import page
from locales.speech import LANGUAGES
from services.context import Desk


def welcome(desk: Desk, links: Callable[[], dict[str, str]]) -> Callable[[Request], Response]:
    """The page. `links`: the channels that are open now, each with its address."""
    speech = desk.speech

    def show(request: Request) -> Response:
        open_now = links()
        sides = [
            {
                "language": language,
                "direction": "rtl" if language == "ar" else "ltr",
                "title": speech.say(Say("web.title"), language),
                "words": speech.say(Say("web.welcome"), language).split("\n"),
                "channels": [
                    (speech.say(Say("web.channel", {"channel": desk.channel_name(name)}), language), url)
                    for name, url in open_now.items()
                ],
                "none": speech.say(Say("web.no_channel"), language),
            }
            for language in LANGUAGES
        ]
        return page("welcome.html", sides=sides)

    return show
