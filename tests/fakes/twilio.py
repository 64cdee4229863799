"""A fake Twilio over real HTTP: it signs what it posts, and enforces WhatsApp's limits.

Limits: Body 1600, ContentSid without Body, variables without line ends, titles of buttons and items,
free words only within 24 hours of the person's last message, a status callback for each message.
"""

import asyncio
import base64
import itertools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator
from typing_extensions import override

from tests.fakes.served import Served

ACCOUNT, TOKEN = "AC" + "1" * 32, "only-for-tests-auth-token"
SENDER = "whatsapp:+212500000000"
WINDOW = timedelta(hours=24)
GEO = re.compile(r"geo:-?[0-9.]+,-?[0-9.]+\|.{1,100}\Z")
_sids = itertools.count(1)


class Twilio(Served):
    """Twilio's side. `templates`: approved ContentSids, which leave at any hour."""

    def __init__(
        self,
        folder: Path,
        templates: tuple[str, ...] = (),
        now: Callable[[], datetime] | None = None,
        rate: int | None = None,
    ) -> None:
        self.templates = templates
        self.now = now or (lambda: datetime.now(UTC))
        self.contents: dict[str, dict[str, Any]] = {}
        self.heard: dict[str, datetime] = {}
        self.inbound: list[dict[str, Any]] = []
        self.tries = 5
        self.silent = False  # no statuses
        self.refuse_contents = False
        self.statuses: list[int] = []
        self.errors: dict[str, int] = {}  # an error code by recipient
        self.webhook = ""
        self.approvals: dict[str, str] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.lose_answers: set[str] = set()  # to these it accepts, and its answer never comes
        self.validator = RequestValidator(TOKEN)
        self.accepts_tokens: tuple[str, ...] = ()  # beside the first
        super().__init__(folder, "accepted-whatsapp.jsonl", rate)

    @override
    def routes(self, app: web.Application) -> None:
        app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", self._create)
        app.router.add_get("/2010-04-01/Accounts/{account}/Messages.json", self._list)
        app.router.add_get("/2010-04-01/Accounts/{account}.json", self._account)
        app.router.add_post("/v1/Content", self._content)
        app.router.add_get("/v1/Content/{sid}", self._one_content)
        app.router.add_get("/v1/ContentAndApprovals", self._contents)
        app.router.add_post("/v1/Content/{sid}/ApprovalRequests/whatsapp", self._approve)
        app.router.add_get("/2010-04-01/Accounts/{account}/Messages/{message}/Media/{media}", self._media_of_a_message)
        app.router.add_get("/kept/{media}", self._kept_media)

    def to(self, number: str) -> list[dict[str, Any]]:
        """The messages accepted for a number, in order."""
        return [message for message in self.accepted if message["To"] == number]

    def fail_next(self, status: int, code: int) -> None:
        """The next message is refused."""
        body = {"code": code, "message": "refused", "status": status, "more_info": ""}
        self.answers.append(lambda: web.json_response(body, status=status))

    def inject(self, fields: dict[str, str], *, posted: bool = True) -> None:
        """A person writes: posted to the webhook (or lost on the way), and kept for the sweep."""
        whole = {
            "MessageSid": f"SM{next(_sids):032x}",
            "AccountSid": ACCOUNT,
            "To": SENDER,
            "NumMedia": "0",
            "ApiVersion": "2010-04-01",
            "ProfileName": "Test",
            **fields,
        }
        asyncio.run_coroutine_threadsafe(self._deliver(whole, posted), self._loop).result(5)

    def sign(self, url: str, fields: dict[str, str]) -> str:
        """Twilio's own signature."""
        return str(self.validator.compute_signature(url, fields))

    async def _deliver(self, fields: dict[str, str], posted: bool) -> None:
        self.heard[fields["From"]] = self.now()
        self.inbound.append({**fields, "at": self.now()})
        if posted:
            self.background(self._post(self.webhook, fields))

    async def _post(self, url: str, fields: dict[str, str]) -> None:
        headers = {
            "X-Twilio-Signature": self.sign(url, fields),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        for tried in range(self.tries + 1):
            try:
                async with self.session.post(url, data=urlencode(fields), headers=headers) as answer:
                    self.posted.append(answer.status)
                    if answer.status < 500:
                        self._tell()
                        return
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.1 * 2**tried)

    # -- the server -------------------------------------------------------------------------

    def _allowed(self, request: web.Request) -> bool:
        pairs = [base64.b64encode(f"{ACCOUNT}:{each}".encode()).decode() for each in (TOKEN, *self.accepts_tokens)]
        return request.headers.get("Authorization") in [f"Basic {pair}" for pair in pairs]

    async def _account(self, request: web.Request) -> web.StreamResponse:
        if not self._allowed(request):
            return _refused(401, 20003)
        return web.json_response({"sid": ACCOUNT, "status": "active"})

    async def _one_content(self, request: web.Request) -> web.StreamResponse:
        found = self.contents.get(request.match_info["sid"])
        return web.json_response(found or {"code": 20404}, status=200 if found else 404)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        self.calls["Messages"] += 1
        if not self._allowed(request):
            return _refused(401, 20003)
        given: dict[str, Any] = {key: str(value) for key, value in form.items()}
        given["PersistentAction"] = [str(each) for each in form.getall("PersistentAction", [])]
        given["MediaUrl"] = [str(each) for each in form.getall("MediaUrl", [])]
        if self.answers:
            answer = self.answers.popleft()()
            if answer is not None:
                self._tell()
                return answer
        told = self.refusal(given["To"])
        if told is not None:
            return told
        if self.too_fast():
            return _refused(429, 20429)
        self._check(given)
        sid = f"SM{next(_sids):032x}"
        self.accept({**given, "sid": sid, "text": self._text(given), "at": self.now()})
        if given["To"] in self.lose_answers:
            return await self.lost(given["To"])
        if given.get("StatusCallback") and not self.silent:
            self.background(self._report(given["StatusCallback"], sid, given["To"], self._is_closed(given)))
        return web.json_response(
            {
                "sid": sid,
                "status": "queued",
                "to": given["To"],
                "from": given["From"],
                "account_sid": ACCOUNT,
            },
            status=201,
        )

    async def lost(self, recipient: str) -> web.StreamResponse:
        """What becomes of an answer that is lost."""
        raise web.HTTPBadGateway

    def _text(self, given: dict[str, Any]) -> str:
        """What the person sees."""
        if "ContentSid" not in given:
            return str(given.get("Body", ""))
        variables = json.loads(given.get("ContentVariables", "{}"))
        content = self.contents.get(given["ContentSid"])
        if content is None:
            return f"[{given['ContentSid']}] " + " | ".join(variables.values())
        body = next(iter(content["types"].values()))["body"]
        return _filled(body, variables)

    def _is_closed(self, given: dict[str, Any]) -> bool:
        if given.get("ContentSid") in self.templates:
            return False
        heard = self.heard.get(given["To"])
        return heard is None or self.now() - heard > WINDOW

    def _check(self, given: dict[str, Any]) -> None:
        rules = self.broken_rules
        body, sid = given.get("Body"), given.get("ContentSid")
        if not given["MediaUrl"] and (body is None) == (sid is None):
            rules.append("Body or ContentSid, one of the two")
        if len(given["MediaUrl"]) > 1:
            rules.append("one media a message")
        if body is not None and not 1 <= len(body) <= 1600:
            rules.append(f"Body of {len(body)}")
        if given.get("From") != SENDER or not given.get("To", "").startswith("whatsapp:"):
            rules.append(f"From {given.get('From')} To {given.get('To')}")
        if any(not GEO.match(action) for action in given["PersistentAction"]):
            rules.append(f"PersistentAction {given['PersistentAction']}")
        if self._is_closed(given):
            rules.append(f"free words outside the window: {self._text(given)[:40]}")
        if sid is not None:
            self._check_content(sid, given.get("ContentVariables", "{}"))

    def _check_content(self, sid: str, raw: str) -> None:
        rules, variables = self.broken_rules, json.loads(raw)
        if not all(isinstance(value, str) and value and "\n" not in value for value in variables.values()):
            rules.append(f"a variable is empty or holds a line end: {variables}")
        content = self.contents.get(sid)
        if content is None:
            if sid not in self.templates:
                rules.append(f"nobody knows {sid}")
            return
        if set(variables) != set(content["variables"]):
            rules.append(f"variables {sorted(variables)} for {sorted(content['variables'])}")
        (kind, shape), *_ = content["types"].items()
        if len(_filled(shape["body"], variables)) > 1024:
            rules.append("a body with buttons of more than 1024")
        if kind == "twilio/quick-reply":
            faces, most, longest = shape["actions"], 3, 20
        else:
            faces, most, longest = shape["items"], 10, 24
            if len(_filled(shape["button"], variables)) > 20:
                rules.append("the list's button")
        if not 1 <= len(faces) <= most:
            rules.append(f"{len(faces)} of {kind}")
        for face in faces:
            title = _filled(face.get("title") or face.get("item"), variables)
            if not 1 <= len(title) <= longest or len(_filled(face["id"], variables)) > 200:
                rules.append(f"{kind} {title!r}")

    async def _content(self, request: web.Request) -> web.StreamResponse:
        self.calls["Content"] += 1
        if not self._allowed(request):
            return _refused(401, 20003)
        if self.refuse_contents:
            return _refused(400, 20001)
        sid = f"HX{next(_sids):032x}"
        self.contents[sid] = await request.json()
        return web.json_response({"sid": sid}, status=201)

    async def _contents(self, request: web.Request) -> web.StreamResponse:
        """Two a page, as long as there are."""
        if not self._allowed(request):
            return _refused(401, 20003)
        page = int(request.query.get("Page", "0"))
        every = list(self.contents.items())
        some = [
            {
                "sid": sid,
                "friendly_name": each["friendly_name"],
                "approval_requests": {"status": self.approvals.get(sid, ""), "rejection_reason": ""},
            }
            for sid, each in every[page * 2 : page * 2 + 2]
        ]
        more = f"{request.path}?Page={page + 1}" if len(every) > page * 2 + 2 else None
        url = f"https://content.twilio.com{more}" if more else None
        return web.json_response({"contents": some, "meta": {"next_page_url": url}})

    async def _approve(self, request: web.Request) -> web.StreamResponse:
        if not self._allowed(request):
            return _refused(401, 20003)
        given, sid = await request.json(), request.match_info["sid"]
        words = next(iter(self.contents[sid]["types"].values()))["body"]
        if not re.match(r"[a-z0-9_]{1,512}\Z", given["name"]) or given["category"] not in (
            "UTILITY",
            "MARKETING",
        ):
            self.broken_rules.append(f"approval {given}")
        if words.startswith("{{") or words.endswith("}}") or len(words) > 1024:
            self.broken_rules.append(f"template {words[:40]}")
        self.approvals[sid] = "received"
        return web.json_response({"status": "received", **given}, status=201)

    async def _media_of_a_message(self, request: web.Request) -> web.StreamResponse:
        """Leads on to where the bytes are, as Twilio does; only with our credentials."""
        self.calls["media"] += 1
        if not self._allowed(request):
            return _refused(401, 20003)
        raise web.HTTPTemporaryRedirect(f"{self.url}/kept/{request.match_info['media']}")

    async def _kept_media(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self.broken_rules.append("credentials handed on")
        kind, content = self.media[request.match_info["media"]]
        return web.Response(body=content, content_type=kind)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.calls["list"] += 1
        if not self._allowed(request):
            return _refused(401, 20003)
        if request.query.get("To", SENDER) != SENDER:
            return self._sent_to(request)
        since = datetime.fromisoformat(request.query["DateSent>"])
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        found = [
            {
                "sid": each["MessageSid"],
                "direction": "inbound",
                "from": each["From"],
                "to": each["To"],
                "body": each.get("Body", ""),
                "num_media": each["NumMedia"],
                "status": "received",
                "date_sent": format_datetime(each["at"]),
            }
            for each in self.inbound
            if each["at"] >= since
        ]
        return web.json_response({"messages": found, "next_page_uri": None, "page": 0, "page_size": 1000})

    def _sent_to(self, request: web.Request) -> web.StreamResponse:
        """What we sent to somebody since a moment."""
        since = datetime.fromisoformat(request.query["DateSent>"])
        since = since if since.tzinfo else since.replace(tzinfo=UTC)
        found = [
            {
                "sid": each["sid"],
                "direction": "outbound-api",
                "from": each["From"],
                "to": each["To"],
                "body": each["text"],
                "num_media": "0",
                "status": "delivered",
                "date_sent": format_datetime(each["at"]),
                "date_created": format_datetime(each["at"]),
            }
            for each in self.accepted
            if each["To"] == request.query["To"] and each["at"] >= since
        ]
        return web.json_response({"messages": found, "next_page_uri": None, "page": 0, "page_size": 1000})

    async def _report(self, url: str, sid: str, to: str, closed: bool) -> None:
        code = 63016 if closed else self.errors.get(to)
        for state in ("sent", "delivered") if code is None else ("failed",):
            fields = {
                "MessageSid": sid,
                "AccountSid": ACCOUNT,
                "MessageStatus": state,
                "To": to,
                "From": SENDER,
            }
            if code is not None:
                fields["ErrorCode"] = str(code)
            await self._post(url, fields)


def _filled(text: str, variables: dict[str, str]) -> str:
    return re.sub(r"\{\{([0-9]+)\}\}", lambda found: variables[found[1]], text)


def _refused(status: int, code: int) -> web.StreamResponse:
    return web.json_response({"code": code, "message": "refused", "status": status}, status=status)
