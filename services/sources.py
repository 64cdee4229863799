"""The data behind searches, read from files the chamber may replace; ids once known stay known."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from conversations.context import Source
from conversations.language.catalogue import Catalogue, Entry
from conversations.language.crafts import TRADE_CHOICES, TradesAndSectors
from conversations.language.trades import Trades
from conversations.places import COMMUNES, PROVINCES
from conversations.questions.flow import TOPICS
from conversations.questions.guards import Guards, GuardWords
from conversations.questions.match import Example, Matcher, Meaning
from conversations.staff.approvals import WAITING
from conversations.staff.broadcast import CHANNELS
from conversations.staff.people import TEAM
from conversations.staff.requests import COLLEAGUES, REQUESTS
from conversations.staff.unanswered import UNANSWERED
from conversations.values import Spellings
from models import known_option
from models.known_option import KnownOption
from services.clock import Clock

DATA = Path(__file__).parent.parent / "data"
TRADES_SOURCE = "trades"
BOX_EDGE = 0.01  # degrees: a town goes on a little beyond its box, and a phone's place is not exact
OTHER_SOURCES = (
    TEAM,
    COLLEAGUES,
    REQUESTS,
    WAITING,
    "sessions",
    "editions",
    "files",
    "doors",
    "known_sessions",
    "sendings",
    UNANSWERED,
    CHANNELS,
)


def read_trades(folder: Path = DATA) -> tuple[Entry, ...]:
    """Return trades with their names and everyday spellings, from files. Raises OSError, KeyError when a file is not
    right.
    """
    also: defaultdict[str, list[str]] = defaultdict(list)
    with (folder / "crafts_also.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            also[row["id"]].append(row["words"])
    with (folder / "crafts.csv").open(encoding="utf-8-sig", newline="") as file:
        return tuple(
            Entry(
                row["id"],
                {"ar": row["name_ar"], "fr": row["name_fr"]},
                tuple(also[row["id"]]),
                (row["sector_ar"], row["sector_fr"]),
                of=_slug(row["sector_fr"]),
            )
            for row in csv.DictReader(file)
        )


def read_places(folder: Path = DATA) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """Return provinces, then communes, the most peopled first, from files. Raises OSError, KeyError when a file is
    not right.
    """
    with (folder / "communes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: -int(row["pop_2024"]))
    people: defaultdict[str, int] = defaultdict(int)
    provinces: dict[str, Entry] = {}
    for row in rows:
        id = _slug(row["province_fr"])
        people[id] += int(row["pop_2024"])
        provinces[id] = Entry(id, {"ar": row["province_ar"], "fr": row["province_fr"]})
    communes = tuple(
        Entry(
            row["code"],
            {"ar": row["commune_ar"], "fr": row["commune_fr"]},
            tuple(filter(None, (*row["commune_ar_alt"].split(" / "), *row["commune_fr_alt"].split(" / ")))),
            of=_slug(row["province_fr"]),
            box=_box(row),
        )
        for row in rows
    )
    return tuple(sorted(provinces.values(), key=lambda entry: -people[entry.id])), communes


def read_topics(folder: Path = DATA) -> Matcher:
    """Return the questions people ask: examples, words by what they mean, the guards before them. Raises OSError,
    KeyError when a file
    is not right.
    """
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as file:
        examples = [Example(row["topic"], row["words"]) for row in csv.DictReader(file)]
    with (folder / "question_words.csv").open(encoding="utf-8", newline="") as file:
        meanings = [Meaning(row["meaning"], row["words"], row["about"]) for row in csv.DictReader(file)]
    with (folder / "guards.csv").open(encoding="utf-8", newline="") as file:
        guards = Guards(GuardWords(row["guard"], row["class"], row["words"]) for row in csv.DictReader(file))
    return Matcher(TOPICS, examples, meanings, guards)


def _slug(name: str) -> str:
    """An id from a name: 32 characters of a-z and _ at most, as a button carries."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "_", plain)[:32].strip("_")


def _box(row: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    corners = [row[f"bbox_{corner}"] for corner in ("min_lat", "min_lng", "max_lat", "max_lng")]
    if not all(corners):
        return None
    south, west, north, east = map(float, corners)
    edge = BOX_EDGE if row["kind"] == "municipality" else 0.0
    return south - edge, west - edge, north + edge, east + edge


def _read(folder: Path) -> dict[str, tuple[Entry, ...]]:
    provinces, communes = read_places(folder)
    return {TRADES_SOURCE: read_trades(folder), PROVINCES: provinces, COMMUNES: communes}


def sources_from_files(spellings: Spellings, folder: Path = DATA) -> Mapping[str, Source]:
    """Return every source as the files have it today; without a memory and channels, theirs are empty."""
    every = _read(folder)
    found = {name: _listed(name, every, spellings, {}) for name in every}
    return {
        **found,
        **{name: Catalogue(()) for name in OTHER_SOURCES},
        TRADE_CHOICES: TradesAndSectors(found[TRADES_SOURCE]),
    }


def load_sources(db: Session, clock: Clock, spellings: Spellings, folder: Path = DATA) -> Mapping[str, Source]:
    """Return every source; ids the files no longer have are kept in the database, retired, with their last names."""
    every = _read(folder)
    found = {
        name: _listed(name, every, spellings, _retired(db, clock, name, entries)) for name, entries in every.items()
    }
    return {**found, TRADE_CHOICES: TradesAndSectors(found[TRADES_SOURCE])}


def _listed(
    name: str,
    every: Mapping[str, tuple[Entry, ...]],
    spellings: Spellings,
    retired: Mapping[str, Mapping[str, str]],
) -> Catalogue:
    entries = every[name]
    if name == TRADES_SOURCE:
        sectors = {entry.of: {"ar": entry.group[0], "fr": entry.group[1]} for entry in entries}
        return Trades(entries, _openers(spellings), retired, among=sectors)
    if name == COMMUNES:
        provinces = {entry.id: entry.names for entry in every[PROVINCES]}
        return Catalogue(entries, (), retired, "province", provinces)
    return Catalogue(entries, (), retired)


def _openers(spellings: Spellings) -> tuple[str, ...]:
    return tuple(sorted(spellings["search.opener"], key=len, reverse=True))


def _retired(db: Session, clock: Clock, source: str, entries: Iterable[Entry]) -> dict[str, dict[str, str]]:
    """Keep what the data has today, and give the names of what it had once and has no more."""
    known = known_option.known_options(db, source)
    for entry in entries:
        row = known.pop(entry.id, None)
        if row is None:
            db.add(KnownOption(source=source, id=entry.id, names=dict(entry.names)))
        elif row.names != entry.names or row.retired_at is not None:
            row.names, row.retired_at = dict(entry.names), None
    for row in known.values():
        row.retired_at = row.retired_at or clock.now()
    return {id: row.names for id, row in known.items()}
