"""`/f/<token>`: the page where the number of the identity card is given, behind a link used once.

Nothing of the file is on it but the last digits of its reference. It works without JavaScript. A link that is
altered, unknown, used or old is answered with the same words.
"""

import re
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from conversations.values import Say
from handlers.body import TooLong, TooSlow, read_body
from handlers.web.pages import page
from locales.speech import LANGUAGES, Speech
from services.context import Desk
from services.people.id_card_links import OpenedLink, ReadNumber, give_number, open_link, read_number, show_at_counter
from services.runner import Runner

PATH = "/f/{token}"
TOKEN = re.compile(r"[A-Za-z0-9_-]{40,64}\Z")
Wanted = tuple[str | None, str]
FORM = "application/x-www-form-urlencoded"
LONGEST, MOST_FIELDS = 4000, 10
# The address is the secret: it goes nowhere else.
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
WORDS = ("title", "who", "file", "label", "hint", "why", "next", "counter", "unclear", "masked", "unusual",
         "yes",
         "again", "done", "shown", "close", "gone", "gone.how")  # fmt: skip


def routes(runner: Runner, desk: Desk) -> list[Route]:
    """The one page."""

    async def show(request: Request) -> Response:
        token = request.path_params["token"]
        link = await runner.read(open_link, desk, token) if TOKEN.match(token) else None
        return drawn(desk.speech, _asked(request), link, "ask" if link else "gone")

    async def sent(request: Request) -> Response:
        token, wanted = request.path_params["token"], _asked(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return Response(status_code=415)
        try:
            fields = parse_qs((await read_body(request, LONGEST)).decode(), max_num_fields=MOST_FIELDS)
        except TooLong:
            return Response(status_code=413)
        except TooSlow:
            return Response(status_code=408)
        except ValueError:
            return Response(status_code=400)
        if not TOKEN.match(token):
            return drawn(desk.speech, wanted, None, "gone")
        return await _heard(runner, desk, token, {name: values[0] for name, values in fields.items()}, wanted)

    return [Route(PATH, show, methods=["GET"]), Route(PATH, sent, methods=["POST"])]


async def _heard(runner: Runner, desk: Desk, token: str, fields: dict[str, str], wanted: Wanted) -> Response:
    if "counter" in fields:
        link = await runner.run(show_at_counter, desk, token)
        return drawn(desk.speech, wanted, link, "shown" if link else "gone")
    if "yes" in fields:
        link = await runner.run(give_number, desk, token, fields.get("again", ""))
        return drawn(desk.speech, wanted, link, "done" if link else "gone")
    if "no" in fields:
        link = await runner.read(open_link, desk, token)
        return drawn(desk.speech, wanted, link, "ask" if link else "gone")
    found = await runner.run(read_number, desk, token, fields.get("cin", ""))
    if found is None:
        return drawn(desk.speech, wanted, None, "gone")
    link, what = found
    return drawn(desk.speech, wanted, link, "sure" if what.masked else "unclear", what)


def _asked(request: Request) -> Wanted:
    """The language asked for on the page, and the one the browser would like."""
    language, likes = request.query_params.get("lang"), request.headers.get("accept-language", "").lower()
    return language if language in LANGUAGES else None, "fr" if likes.startswith("fr") else "ar"


def drawn(
    speech: Speech, wanted: Wanted, link: OpenedLink | None, state: str, what: ReadNumber | None = None
) -> Response:
    """The page in a state: ask, unclear, sure, done, shown at the counter, or gone."""
    language = wanted[0] or (link.language if link else wanted[1])
    other = next(each for each in LANGUAGES if each != language)
    digits = {"digits": what.digits if what else 0}
    words = {name.replace(".", "_"): speech.say(Say(f"cin.page.{name}", digits), language) for name in WORDS}
    response = page(
        "card_number.html",
        status=410 if state == "gone" else 200,
        language=language,
        direction="rtl" if language == "ar" else "ltr",
        words=words,
        state=state,
        reference=link.reference if link else "",
        what=what or ReadNumber(),
        other=other,
        other_name=speech.say(Say(f"welcome.language.option.{other}"), other),
    )
    response.headers.update(HEADERS)
    return response
