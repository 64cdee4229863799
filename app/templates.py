"""`bot.py templates`: which templates there are, which are approved; `--create` makes the missing ones."""

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from handlers.whatsapp.templates import Refused, Template, all_templates, body, create, listed, name
from handlers.whatsapp.transport import AiohttpClient
from locales import speech
from settings import BadSetting, Settings

APPROVED = "approved"


def show(settings: Settings, make: bool, say: Callable[[str], None]) -> int:
    """Print every template, and the line to put into the settings; 1 when Twilio refuses something."""
    if not settings.twilio_account_sid or not settings.twilio_auth_token:
        raise BadSetting("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed to ask Twilio for its templates")
    return asyncio.run(_show(settings, make, say))


async def _show(settings: Settings, make: bool, say: Callable[[str], None]) -> int:
    spoken = speech.load()
    async with aiohttp.ClientSession() as session:
        account = (settings.twilio_account_sid, settings.twilio_auth_token)
        client = Client(*account, http_client=AiohttpClient(session, settings.twilio_api_url))
        failed, ready = 0, []
        try:
            known = await listed(client)
        except (Refused, TwilioException) as error:
            say(f"Twilio does not give its list: {error}")
            return 1
        for kind, language in all_templates():
            found = known.get(name(kind, language))
            if found is None and make:
                try:
                    found = await create(client, spoken, kind, language)
                except (Refused, TwilioException) as error:
                    say(f"{kind}.{language}: not made ({error})")
                    failed = 1
                    continue
            used = settings.templates.get(f"{kind}.{language}")
            say(_line(kind, language, found, used))
            say(f"    {body(spoken, kind, language)}")
            if found is not None and found.status == APPROVED:
                ready.append(f"{kind}.{language}={found.sid}")
        say(f"TWILIO_TEMPLATES={' '.join(ready)}" if ready else "No template is approved yet.")
    return failed


async def create_missing(settings: Settings) -> int:
    """Make the templates Twilio does not have, and hand them in. Returns how many were taken."""
    spoken, made = speech.load(), 0
    async with aiohttp.ClientSession() as session:
        account = (settings.twilio_account_sid, settings.twilio_auth_token)
        client = Client(*account, http_client=AiohttpClient(session, settings.twilio_api_url))
        with contextlib.suppress(Refused, TwilioException, ValueError):
            known = await listed(client)
            for kind, language in all_templates():
                if name(kind, language) not in known:
                    await create(client, spoken, kind, language)
                    made += 1
    return made


def _line(kind: str, language: str, found: Template | None, used: str | None) -> str:
    if found is None:
        return f"{kind}.{language}: not at Twilio" + (f", the setting names {used}" if used else "")
    why = f" ({found.why})" if found.why else ""
    use = "in use" if used == found.sid else f"the setting names {used}" if used else "not in the settings"
    return f"{kind}.{language}: {found.sid} {found.status}{why}, {use}"
