"""A day at the desk, both channels, as one transcript to read: three of the chamber, six artisans.

A race for a request, voice both ways, an open question answered in her place, handed over, closed; an announcement a second
person agrees to; a colleague removed in the middle of her wizard; the sole admin's phone lost, and `bot.py staff`.
"""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.attachment import Attachment
from models.person_request import PersonRequest
from models.staff import Staff
from tests.artisans import Artisan, WhatsAppArtisan
from tests.fakes.twilio import ACCOUNT
from tests.recorded import compare
from tests.running import ROOT
from tests.stories import Story, says, steady
from tests.whole import INVITE, Whole, subscribed

VOICE, ANSWER = b"OggS from an artisan", b"OggS from the chamber"
PLAN = {
    "ar": ["1", "1", "دار الشباب", "Maison des jeunes", "1", "27/11/2026", "10h", "1", "more:no", "بدون حد"],
    "fr": ["1", "1", "دار الشباب", "Maison des jeunes", "1", "27/11/2026", "10h", "1", "more:no", "sans limite"],
}
WORDS: dict[str, dict[str, str]] = {
    "ar": {"person": "موظف", "choice": "1", "menu": "القائمة", "yes": "نعم", "queue": "الطلبات", "team": "الفريق"},
    "fr": {"person": "agent", "choice": "2", "menu": "menu", "yes": "oui", "queue": "/demandes", "team": "/equipe"},
}


def invited(whole: Whole, boss: Artisan, person: Artisan | WhatsAppArtisan, role: str, choice: str, name: str) -> None:
    """A colleague invited, joined in her language, confirmed and named."""
    says(boss, "/invite", f"role:{role}")
    code = next(word for word in re.findall(r"j-[0-9a-z]+", boss.words[-1]))
    says(person, code, choice)
    whole.settle()
    whole.hands.move(minutes=1)
    says(boss, "admit:yes", name)
    whole.settle()


def server(whole: Whole, *command: str) -> str:
    """What `bot.py` prints beside the running desk."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {"DATABASE_URL": whole.settings.database_url, "DATA_KEY": whole.settings.data_key}
    done = subprocess.run(
        [sys.executable, str(ROOT / "bot.py"), *command],
        cwd=whole.folder,
        env={**plain, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def fetched(whole: Whole, count: int) -> bool:
    with Session(whole.reader) as db:
        here = sa.select(sa.func.count()).select_from(Attachment).where(Attachment.content_type.is_not(None))
        return (db.scalar(here) or 0) == count


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_day_at_the_desk(database_url: str, tmp_path: Path, language: str) -> None:
    said = WORDS[language]
    with Whole(tmp_path, database_url) as whole:
        whole.limits(approve_above=2)
        boss, agent, second = whole.artisan(5001), whole.number("+212600000501"), whole.artisan(5002)
        people: dict[str, Any] = {
            "admin, Telegram": boss,
            "agent and broadcaster, WhatsApp": agent,
            "agent and approver, Telegram": second,
            "weaver, Telegram": whole.artisan(1001),
            "potter, WhatsApp": whole.number("+212600000601"),
            "tanner, Telegram": whole.artisan(1002),
            "smith, WhatsApp": whole.number("+212600000602"),
            "saddler, Telegram": whole.artisan(1003),
            "joiner, WhatsApp": whole.number("+212600000603"),
        }
        weaver, potter, tanner = (people[name] for name in list(people)[3:6])
        for name in list(people)[3:7]:
            subscribed(people[name], "fr" if "Telegram" in name else "ar", "1")
        says(boss, f"/start j-{INVITE}", said["choice"])
        story = Story(whole, people)
        story.seen = {name: len(person.texts) for name, person in people.items()}
        invited(whole, boss, agent, "agent", said["choice"], "Amina")
        invited(whole, boss, second, "agent", said["choice"], "Brahim")
        for place, role in (("2", "role:broadcaster"), ("3", "role:approver")):
            says(boss, f"/staff {place}", "one:role", role)
        story.phase("the team: two colleagues invited, confirmed, named, each with two roles")

        whole.hands.at = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
        whole.telegram.kept["voice-1"] = VOICE
        says(weaver, "/start", "menu:eligibility", "work:own_account", said["person"])
        before = len(weaver.words)
        weaver.sends(voice={"file_id": "voice-1"})
        weaver.api.wait(lambda: len(weaver.words) > before)
        whole.telegram.wait(lambda: fetched(whole, 1))
        story.phase("the weaver stops at her age, asks for a person, and speaks")
        says(agent, {"ar": "أتكفل به", "fr": "je prends"}[language])
        before = len(second.words)
        second.presses_exactly("claim:yes:1")  # under the words, above the voice
        second.api.wait(lambda: len(second.words) > before)
        story.phase("two reach for her request: one has it")
        whole.twilio.media["ME1"] = ("audio/ogg", ANSWER)
        url = f"{whole.twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
        says(agent, f"{said['queue']}", "1", "1")
        before = len(agent.words)
        agent.sends(Body="", NumMedia="1", MediaContentType0="audio/ogg", MediaUrl0=url)
        agent.api.wait(lambda: len(agent.words) > before)
        whole.telegram.wait(lambda: fetched(whole, 2))
        story.phase("she is answered by a voice note")
        assert (1001, "voice", ANSWER) in whole.telegram.files
        before = len(weaver.words)
        weaver.says({"ar": "عندي 35 سنة، ما نعرفش نكتب", "fr": "J'ai 35 ans, je ne sais pas écrire"}[language])
        weaver.api.wait(lambda: len(weaver.words) > before)
        whole.settle()
        says(agent, said["queue"], "1", "2", "35")
        story.phase("her open question is answered in her place, and she is told")
        says(agent, said["queue"], "1", "4", "Brahim")
        story.phase("the agent hands her over")
        says(second, said["queue"], "request:1", "one:close")
        story.phase("and her request is closed: her own question stands again")

        says(agent, "/session", *PLAN[language], said["yes"])
        whole.settle()
        says(agent, "4")
        story.phase("a session planned: its count typed, a second person asked")
        says(second, said["yes"])
        story.phase("who agrees by a bare yes")
        whole.hands.move(seconds=61)
        whole.look()
        story.phase("the minute is over: four are told")
        says(potter, {"ar": "سأحضر", "fr": "سأحضر"}[language])
        says(tanner, "attend:no")
        story.phase("two answer")

        says(agent, "/broadcast", "القاعة تغيرت. نلتقي في دار الشباب.")
        says(boss, "/staff 2", {"ar": "إخراج", "fr": "retirer"}[language])
        whole.settle()
        says(agent, "La salle change. Rendez-vous à la maison des jeunes.")
        story.phase("a colleague is removed in the middle of her message: it goes nowhere")

        listed = server(whole, "staff", "list")
        code = server(whole, "staff", "invite", "--role", "admin").strip()
        fresh = whole.artisan(5009)
        people["admin's new phone, Telegram"] = fresh
        story.seen["admin's new phone, Telegram"] = story.answered["admin's new phone, Telegram"] = 0
        story.words["admin's new phone, Telegram"] = 0
        says(fresh, f"/start {code}", said["choice"])
        with Session(whole.reader) as db:
            contacts = sa.select(Staff.id).where(Staff.roles == "admin").order_by(Staff.since)
            lost = db.scalars(contacts).first()
        assert str(lost) in listed
        assert "removed" in server(whole, "staff", "remove", str(lost))
        says(fresh, "/journal")
        says(boss, said["team"])
        story.phase("the sole admin's phone is lost: the server lets another in, and that one out")
        assert "is whole" in server(whole, "journal", "verify")
        with Session(whole.reader) as db:
            assert list(db.scalars(sa.select(PersonRequest.state))) == ["closed"]
        assert whole.telegram.broken_rules == []
        assert whole.twilio.broken_rules == []
        compare(f"day.{language}", unchanging("\n".join(story.lines)))


def unchanging(text: str) -> str:
    """What is drawn by chance, and the server's own clock, are not compared."""
    text = re.sub(r"j-[0-9a-z]{14}", "j-23456789abcdef", steady(text))
    text = re.sub(r"(ce nombre\s?: |a le nombre |أرسل الدعوة: |عنده الرقم )\d\d", r"\g<1>42", text)
    return re.sub(
        r"\d\d/\d\d \d\d:\d\d(?=[^\n]{0,3}[,،] (?:l'administrateur technique|المسؤول التقني))", "28/11 12:00", text
    )
