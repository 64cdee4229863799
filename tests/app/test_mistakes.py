"""The administrator's mistakes (docs/mistakes.md): each is seen by `doctor`, in a plain line, and stops or harms nothing."""

import os
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typing_extensions import override

from locales.server import SERVER_LANGUAGES, sentences
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import ACCOUNT, SENDER, Twilio
from tests.fakes.twilio import TOKEN as AUTH
from tests.faketime import shifted
from tests.proof.figures import note
from tests.proof.installation import bot
from tests.running import KEY, ROOT, TOKEN, Desk, free_port

DOC = ROOT / "docs" / "mistakes.md"
CASES: dict[str, tuple[Callable[["Home"], None], str]] = {}


class Api(BotApi):
    """Telegram that knows one token."""

    @override
    async def _call(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        return await super()._call(request)


@dataclass
class Home:
    """An installation that is well, for a case to spoil. `more`: of the environment; `first`: what is
    mounted before a command, where nobody else sees it.
    """

    path: Path
    api: Api
    twilio: Twilio
    settings: dict[str, str]
    more: dict[str, str] = field(default_factory=dict)
    closing: list[Callable[[], None]] = field(default_factory=list)
    first: str = ""

    def write(self, **changed: str | None) -> None:
        self.settings = {**self.settings, **{k: v for k, v in changed.items() if v is not None}}
        for name in [name for name, value in changed.items() if value is None]:
            self.settings.pop(name, None)
        file = self.path / ".env"
        file.write_text("".join(f"{name}={value}\n" for name, value in self.settings.items()), encoding="utf-8")
        file.chmod(0o600)

    def run(self, *words: str) -> Any:
        return bot(self.path, *words, first=self.first, **{"DATA_KEY": "", **self.more})

    def desk(self) -> Desk:
        desk = Desk(self.path)
        desk.environment = {**desk.environment, **self.more}
        desk.environment.pop("PORT")
        desk.port = int(self.settings["PORT"])
        desk.url = f"http://127.0.0.1:{desk.port}"
        self.closing.append(desk.close)
        return desk


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    api, twilio = Api(tmp_path), Twilio(tmp_path)
    path = tmp_path / "home"
    path.mkdir()
    given = {"PORT": str(free_port()), "TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "BACKUP_AT": ""}
    made = Home(path, api, twilio, given)
    made.write()
    assert made.run("staff", "invite", "--role", "admin").returncode == 0
    yield made
    for close in reversed(made.closing):
        close()
    api.close()
    twilio.close()


def mistake(name: str, address: str) -> Callable[[Callable[[Home], None]], Callable[[Home], None]]:
    """A case of the table: what spoils the installation, and the sentence that says so."""

    def keep(spoil: Callable[[Home], None]) -> Callable[[Home], None]:
        CASES[name] = (spoil, address)
        return spoil

    return keep


@mistake("misspelt-setting", "doctor.unknown_setting")
def _misspelt(home: Home) -> None:
    home.write(TELEGRAM_TOKN="1:x")


@mistake("setting-of-another-shape", "doctor.bad_setting")
def _bad(home: Home) -> None:
    home.write(PUBLIC_URL="chambre.example.ma")


@mistake("no-channel", "doctor.no_door")
def _no_channel(home: Home) -> None:
    home.write(TELEGRAM_TOKEN=None)


@mistake("half-a-channel", "doctor.shut")
def _half(home: Home) -> None:
    home.write(TWILIO_ACCOUNT_SID=ACCOUNT)


@mistake("lost-key", "doctor.bad_key")
def _lost(home: Home) -> None:
    (home.path / "var" / "data.key").unlink()


@mistake("another-key", "doctor.bad_key")
def _other_key(home: Home) -> None:
    home.write(DATA_KEY="another key of thirty-two characters".replace(" ", "-"))
    home.more["DATA_KEY"] = home.settings["DATA_KEY"]


@mistake("refused-telegram-token", "doctor.bad_token")
def _token(home: Home) -> None:
    home.write(TELEGRAM_TOKEN="43:revoked")


@mistake("refused-twilio-token", "doctor.bad_token")
def _twilio(home: Home) -> None:
    given = {"TWILIO_API_URL": home.twilio.url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "revoked"}
    home.write(**given, TWILIO_WHATSAPP_FROM=SENDER, PUBLIC_URL=f"http://127.0.0.1:{home.settings['PORT']}")


@mistake("templates-not-approved", "doctor.missing_templates")
def _templates(home: Home) -> None:
    given = {"TWILIO_API_URL": home.twilio.url, "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": AUTH}
    home.write(**given, TWILIO_WHATSAPP_FROM=SENDER, PUBLIC_URL=f"http://127.0.0.1:{home.settings['PORT']}")


@mistake("no-internet", "doctor.no_provider")
def _no_internet(home: Home) -> None:
    home.write(TELEGRAM_API_URL="http://127.0.0.1:9")


@mistake("webhook-elsewhere", "doctor.other_webhook")
def _elsewhere(home: Home) -> None:
    home.api.webhook = ("https://old.example.ma/telegram/webhook", "x")


@mistake("postgresql-not-started", "doctor.no_database")
def _no_server(home: Home) -> None:
    home.write(DATABASE_URL=f"postgresql+psycopg://hirfa@127.0.0.1:{free_port()}/hirfa")


@mistake("no-such-folder", "doctor.no_database")
def _no_folder(home: Home) -> None:
    (home.path / "file").write_text("not a folder")
    home.write(DATABASE_URL=f"sqlite:///{home.path}/file/desk.db")


@mistake("not-a-database", "doctor.no_database")
def _no_database(home: Home) -> None:
    (home.path / "text.db").write_text("this is no database\n" * 100)
    home.write(DATABASE_URL=f"sqlite:///{home.path}/text.db")


@mistake("read-by-others", "doctor.open_file")
def _open(home: Home) -> None:
    (home.path / ".env").chmod(0o644)


@mistake("clock-wrong", "doctor.bad_clock")
def _clock(home: Home) -> None:
    home.more |= shifted("+10m")


@mistake("clock-years-wrong", "doctor.far_clock")
def _far(home: Home) -> None:
    desk = home.desk().start()
    desk.stop()
    home.more |= shifted("+1826d")


@mistake("port-taken", "doctor.port_taken")
def _port(home: Home) -> None:
    taken = socket.socket()
    taken.bind(("127.0.0.1", int(home.settings["PORT"])))
    taken.listen()
    home.closing.append(taken.close)

    def answer() -> None:
        try:
            while True:
                found, _ = taken.accept()
                found.close()
        except OSError:
            pass

    threading.Thread(target=answer, daemon=True).start()


@mistake("not-started", "doctor.not_running")
def _stopped(home: Home) -> None:
    """Nothing is spoilt: the desk was never started."""


@mistake("nobody-is-admin", "status.no_admin")
def _nobody(home: Home) -> None:
    """Nothing is spoilt: the invitation was not used."""


@mistake("no-backup", "status.no_backup")
def _no_backup(home: Home) -> None:
    """Nothing is spoilt: no backup was made."""


@mistake("backup-folder-is-no-folder", "trouble.backup")
def _backup_folder(home: Home) -> None:
    (home.path / "backups").write_text("not a folder")
    home.write(BACKUP_FOLDER=str(home.path / "backups"), BACKUP_AT="00:00")
    said = home.run("backup")
    assert said.returncode == 1
    assert "no backup:" in said.stderr


@mistake("public-address-leads-elsewhere", "doctor.bad_proxy")
def _no_proxy(home: Home) -> None:
    home.write(PUBLIC_URL=f"http://127.0.0.1:{free_port()}")


@mistake("proxy-without-headers", "doctor.bare_proxy")
def _bare_proxy(home: Home) -> None:
    desk = home.desk().start()

    class Passes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                with urllib.request.urlopen(f"{desk.url}{self.path}", timeout=10) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                status, body = error.code, b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, *args: Any) -> None:
            """Nothing is said."""

    proxy = HTTPServer(("127.0.0.1", 0), Passes)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    home.closing += [proxy.server_close, proxy.shutdown]
    home.write(PUBLIC_URL=f"http://127.0.0.1:{proxy.server_port}")


@mistake("full-disk", "trouble.disk")
def _full(home: Home) -> None:
    """A disk of two megabytes, where the machine lets us mount one; else a place that never has any room."""
    small = home.path / "small"
    small.mkdir()
    if os.geteuid() != 0:
        home.write(DATABASE_URL="sqlite:////proc/hirfa.db")
        return
    database = home.path / "var" / "hirfa.db"
    home.first = f"mount -t tmpfs -o size=2m tmpfs {small} && cp {database} {small}/ && chmod 600 {small}/hirfa.db"
    home.write(DATABASE_URL=f"sqlite:///{small}/hirfa.db")


@pytest.mark.parametrize("name", list(CASES))
def test_a_mistake_is_seen(home: Home, name: str) -> None:
    spoil, address = CASES[name]
    spoil(home)
    said = home.run("doctor", "--lang", "fr")
    words = re.escape(sentences()[address]["fr"].replace("python bot.py", "bot.py"))
    shape = re.compile("^✗ " + re.sub(r"\\{[a-z]+\\}", ".*", words), re.M)
    plain = re.sub(r"[\u2066-\u2069]", "", said.stdout)
    assert shape.search(plain), said.stdout + said.stderr
    assert said.returncode == (2 if address == "doctor.bad_setting" else 1)
    assert "Traceback" not in said.stdout + said.stderr
    assert KEY not in said.stdout
    note(27, name, address)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("setting-of-another-shape", "PUBLIC_URL"),
        ("no-channel", "no channel is set"),
        ("lost-key", "data.key is missing"),
        ("another-key", "DATA_KEY is not the key"),
        ("postgresql-not-started", "DATABASE_URL"),
        ("no-such-folder", "DATABASE_URL"),
        ("not-a-database", "DATABASE_URL"),
    ],
)
def test_a_start_that_cannot_be_ends_with_one_plain_line(home: Home, name: str, line: str) -> None:
    CASES[name][0](home)
    desk = home.desk().start(wait=False)
    assert desk.wait() == 2
    assert line in desk.log().strip().splitlines()[-1]
    assert "Traceback" not in desk.log()


def test_started_elsewhere_it_uses_its_own_files_and_says_so(home: Home, tmp_path: Path) -> None:
    desk = home.desk()
    desk.folder, here = tmp_path, Path.cwd()
    desk.start()
    log = (home.path / "desk.log").read_text()
    assert f"the installation is at {home.path}" in log
    assert (home.path / "var" / "hirfa.db").exists()
    assert here == Path.cwd()
    assert not (tmp_path / "var").exists()


def test_a_second_desk_with_the_same_database_sends_nothing_twice_and_a_desk_without_a_terminal_shows_no_code(
    home: Home,
) -> None:
    desk = home.desk().start()
    assert "bot.py staff invite" in desk.log()
    assert "j-" not in desk.log()
    assert desk.stop() == 0


def test_every_row_of_the_table_is_a_test() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", DOC.read_text(encoding="utf-8"), re.M)
    assert sorted(rows) == sorted([*CASES, "started-elsewhere", "second-desk", "copy-put-back"])
    assert len(rows) >= 20


def test_every_sentence_is_there_in_each_language() -> None:
    for address, said in sentences().items():
        assert set(said) == set(SERVER_LANGUAGES), address
        blanks = {language: set(re.findall(r"\{([a-z_]+)\}", words)) for language, words in said.items()}
        assert blanks["fr"] == blanks["ar"] == blanks["en"], address
