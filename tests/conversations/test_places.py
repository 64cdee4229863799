"""Communes from places shared by phone: towns are found, elsewhere the box's commune or a question among few."""

import csv
import random
from pathlib import Path

import pytest

from conversations.forms.flow import Asked, Case, Look, Maybe, Unclear
from conversations.register.flow import FLOW
from tests.desks import world

ROWS = list(csv.DictReader((Path(__file__).parents[2] / "data" / "communes.csv").open(encoding="utf-8-sig")))
TOWNS = [row for row in ROWS if row["coord_precision"] == "town"]
STEP = FLOW.step("commune")


def heard(latitude: float, longitude: float) -> object:
    assert STEP is not None
    asked = Asked("register", STEP, Case({}, world()), {})
    return STEP.kind.read(f"{latitude:.6f},{longitude:.6f}", asked)


def candidates(found: object) -> list[str]:
    match found:
        case Maybe(value):
            return [value]
        case Look(now):
            return list(now["near"])
        case _:
            return []


def points() -> list[tuple[str, str, float, float]]:
    """Sixty places: seven towns at their middle and twice around it, and a point in each of 39 other communes."""
    dice, found = random.Random(5), []
    for row in TOWNS:
        middle = float(row["latitude"]), float(row["longitude"])
        found.append(("town", row["code"], *middle))
        south, north = float(row["bbox_min_lat"]), float(row["bbox_max_lat"])
        west, east = float(row["bbox_min_lng"]), float(row["bbox_max_lng"])
        for _ in range(2):
            found.append(("town", row["code"], dice.uniform(south, north), dice.uniform(west, east)))
    others = [row for row in ROWS if row["coord_precision"] != "town" and row["bbox_min_lat"]]
    for row in others[: 60 - len(found)]:
        found.append(("elsewhere", row["code"], float(row["latitude"]), float(row["longitude"])))
    return found


def test_sixty_places() -> None:
    every = points()
    assert len(every) == 60
    towns = [(code, candidates(heard(lat, lng))) for kind, code, lat, lng in every if kind == "town"]
    others = [(code, candidates(heard(lat, lng))) for kind, code, lat, lng in every if kind != "town"]
    first = sum(found[:1] == [code] for code, found in towns)
    among = sum(code in found for code, found in others)
    alone = sum(found == [code] for code, found in others)
    print(
        f"\ntowns first: {first} of {len(towns)}; elsewhere among those asked: {among} of {len(others)}, alone {alone}"
    )
    assert first == len(towns)
    assert among == len(others)
    assert max(len(found) for _, found in towns + others) <= 8


@pytest.mark.parametrize(
    ("name", "place", "commune"),
    [
        ("Guelmim", (28.9869, -10.0574), "Guelmim"),
        ("Sidi Ifni", (29.3797, -10.1730), "Sidi Ifni"),
        ("Tan-Tan", (28.4380, -11.1031), "Tan-Tan"),
        ("Assa", (28.6086, -9.4269), "Assa"),
        ("Zag", (28.0173, -9.3333), "Zag"),
        ("El Ouatia", (28.4936, -11.3400), "El Ouatia"),
        ("Bouizakarne", (29.1745, -9.7124), "Bouizakarne"),
        ("Lakhsas", (29.3664, -9.7328), "Lakhsas"),
    ],
)
def test_the_towns_people_name(name: str, place: tuple[float, float], commune: str) -> None:
    found = candidates(heard(*place))
    assert found, name
    assert world().sources["communes"].label(found[0]).names["fr"] == commune


@pytest.mark.parametrize("place", [(33.57, -7.59), (0.0, 0.0), (28.0, -20.0)])
def test_a_place_far_away_is_none(place: tuple[float, float]) -> None:
    assert heard(*place) == Unclear("elsewhere", own=False)
