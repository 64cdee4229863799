"""Parts of a desk for tests: fixed day, real words, real data, real databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import amo
from app.build import CHANNELS
from conversations.context import Chamber, NothingKnown, TurnContext
from conversations.flows import FLOWS
from conversations.questions.match import Matcher
from conversations.staff.broadcast import CHANNELS as CHANNELS_SOURCE
from locales import speech
from models import database, sealed
from services import clock, sources
from services.context import Desk, channel_source
from services.spellings import folded_spellings

TODAY = date(2026, 11, 23)
KEY = "only for tests, thirty-two characters"


class Hands:
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@cache
def words() -> speech.Speech:
    return speech.load()


@cache
def facts() -> amo.Facts:
    return amo.load()


@cache
def world(today: date = TODAY) -> TurnContext:
    spellings = folded_spellings(words())
    return TurnContext(today, facts(), spellings, sources.sources_from_files(spellings), topics=topics())


def knowing(context: TurnContext, **answers: Any) -> TurnContext:
    """The same context with a memory that answers so: each a function by the name of a lookup."""
    lookups = NothingKnown()
    for name, answer in answers.items():
        assert hasattr(lookups, name), name
        setattr(lookups, name, answer)
    return replace(context, lookups=lookups)


@cache
def topics() -> Matcher:
    return sources.read_topics()


def desk(hands: Hands | None = None, chamber: Chamber | None = None) -> Desk:
    return Desk(
        sealer=sealed.sealer(KEY),
        clock=clock.Clock(clock.zone(), hands or Hands()),
        speech=words(),
        flows=FLOWS,
        facts=facts(),
        spellings=world().spellings,
        sources={**world().sources, CHANNELS_SOURCE: channel_source(CHANNELS)},
        chamber=chamber or Chamber(),
        topics=topics(),
        channels={channel.name: channel for channel in CHANNELS},
    )


@contextmanager
def engine(url: str) -> Iterator[sa.Engine]:
    made = database.engine(url, writer=True)
    try:
        yield made
    finally:
        made.dispose()


@contextmanager
def session(made: sa.Engine) -> Iterator[Session]:
    """A transaction, committed at the end."""
    with Session(made) as db:
        yield db
        db.commit()
