"""Every place a person's values could stand, before she is erased and after: `make erased`.

A desk on a file of its own: one person registers, gives her card's number, asks a question of eligibility,
asks for a person, wishes to be told of meetings; then she asks to be erased, and the clock moves two days.
"""

import re
import sys
import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

from models import database, erasing
from models.rotation import opened_values
from models.session import Subscription
from services.people import id_card_links
from services.privacy.erasure import erase_due
from tests.counters import Counter, Person

PLANTED = ("Fatima Essai", "+212612345678", "AB123456")


def main() -> None:
    """Print both tables, and what a search of every file finds."""
    with tempfile.TemporaryDirectory(prefix="hirfa-erased-") as name:
        file = Path(name) / "desk.db"
        made = database.engine(f"sqlite:///{file}", writer=True)
        database.upgrade_schema(made)
        desk = Counter(made)
        person = story(desk)
        before, seen = places(desk, person), found(desk, file)
        person.says("supprimer mes données")
        person.does("what:everything", "sure_erase:erase")
        desk.hands.move(hours=49)
        for _ in range(4):
            desk.sends()
            desk.run(erase_due)
        after = places(desk, person)
        print(f"{'place':<16} {'before':>7} {'after':>6}")
        for place, count in before.items():
            print(f"{place:<16} {count:>7} {after[place]:>6}")
        print("\nin the clear, in every file of the folder (database, WAL), and opened with the key:")
        still = found(desk, file)
        for value, (plain, opened) in seen.items():
            now = still[value]
            print(f"  {value:<16} clear {plain} -> {now[0]}   sealed rows that hold it {opened} -> {now[1]}")
        made.dispose()
        left = sum(after.values()) + sum(map(sum, still.values()))
        print(f"\nleft of her: {left}")
        sys.exit(bool(left))


def story(desk: Counter) -> Person:
    """Something of her in every place there is."""
    person = desk.person()
    person.registers()
    token = re.search(r"/f/([A-Za-z0-9_-]+)", person.text)
    assert token is not None
    _, read = desk.run(id_card_links.read_number, token[1], PLANTED[2])
    desk.run(id_card_links.give_number, token[1], read.again)
    person.says("menu")
    person.presses("menu:eligibility")
    person.does("work:employee", "30", "declared:no")
    person.says("personne")
    person.says(f"je suis {PLANTED[0]}")
    person.says("menu")
    with Session(desk.engine) as db:
        given = {"commune": "10.261.01.03", "province": "guelmim", "reach": "province", "text_version": "1"}
        since = desk.hands.at
        db.add(Subscription(contact_id=person.contact_id, language="fr", channel="telegram", since=since, **given))
        db.commit()
    desk.sends()
    return person


def places(desk: Counter, person: Person) -> dict[str, int]:
    """Rows by table."""
    with Session(desk.engine) as db:
        return erasing.count_rows_about(db, person.contact_id)


def found(desk: Counter, file: Path) -> dict[str, tuple[int, int]]:
    """How often each value stands in the clear, and in how many sealed values."""
    raw = b"".join(path.read_bytes() for path in file.parent.glob(file.name + "*"))
    with Session(desk.engine) as db:
        opened = list(opened_values(db, desk.desk.sealer))
    return {value: (raw.count(value.encode()), sum(value.encode() in each for each in opened)) for value in PLANTED}


if __name__ == "__main__":
    main()
