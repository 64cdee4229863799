"""A new key takes the place of an old one: every sealed value moves, and opens all along."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import rotation
from models.keeping import check_key, with_index_key
from models.registration import Registration
from models.sealed import SealBroken, sealer
from models.tables import metadata
from services.privacy.rotate import VALUES_A_STEP, rotate_values, values_left
from tests.counters import Counter, counter
from tests.desks import KEY

NEW = "another key for tests, thirty-two characters"


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        with Session(made.engine) as db:
            check_key(db, made.desk.sealer)
            with_index_key(db, made.desk.sealer)
            db.commit()
        person = made.person()
        person.registers()
        person.presses("menu:eligibility")
        person.does("work:employee", "30", "declared:no")
        person.says("personne")
        person.says("j'attends")
        yield made


def turn_the_key(desk: Counter) -> None:
    desk.desk = replace(desk.desk, sealer=sealer(NEW, KEY))


def everything(desk: Counter) -> int:
    moved = 0
    for place in range(len(rotation.SEALED_COLUMNS)):
        while True:
            done, unread = desk.run(rotate_values, place, 0)
            moved += done
            if done + unread < VALUES_A_STEP:
                break
    return moved


def test_every_sealed_column_is_in_the_list() -> None:
    bytes_of = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    hashes = {
        "contact.address",
        "address.blind",
        "delivery.address",
        "inbound.external",
        "inbound.address",
        "broadcast.frozen",
        "broadcast.hash",
        "broadcast.text_hash",
        "delivery.words",
        "invitation.code",
        "registration.twins",
        "registration.cin_blind",
        "link.token",
        "unanswered.key",
        "journal.hash",
    }
    assert bytes_of - hashes == {f"{place.table.name}.{place.column.name}" for place in rotation.SEALED_COLUMNS}


def test_every_value_moves_and_the_old_key_may_go(desk: Counter) -> None:
    turn_the_key(desk)
    person = desk.person()
    person.says("menu")  # served all along, from values of either key
    before = desk.run(values_left)
    assert before > 5
    assert everything(desk) == before
    assert desk.run(values_left) == 0
    desk.desk = replace(desk.desk, sealer=sealer(NEW))
    with Session(desk.engine) as db:
        check_key(db, desk.desk.sealer)
        again = with_index_key(db, desk.desk.sealer)
        assert again.index_key == sealer(KEY).index_key  # what people are found by stays
        desk.desk = replace(desk.desk, sealer=again)
    person.says("mon dossier")
    assert "Fatima Essai" in person.spoken.options[0].label
    assert desk.files()[0]["name"] == "Fatima Essai"
    with Session(desk.engine) as db, pytest.raises(SealBroken):
        check_key(db, sealer(KEY))


def test_half_way_the_desk_starts_with_both_keys_only(desk: Counter) -> None:
    turn_the_key(desk)
    for place in range(3):
        desk.run(rotate_values, place, 0)
    with Session(desk.engine) as db:
        check_key(db, desk.desk.sealer)
        with pytest.raises(SealBroken):
            check_key(db, sealer(NEW))
    assert desk.files()[0]["name"] == "Fatima Essai"


def test_what_nobody_can_read_is_counted_and_left(desk: Counter) -> None:
    with Session(desk.engine) as db:
        row = db.scalars(sa.select(Registration)).one()
        row.person = row.person[:-1] + bytes([row.person[-1] ^ 1])
        db.commit()
    turn_the_key(desk)
    everything(desk)
    assert desk.run(values_left) == 1


def test_a_flipped_bit_and_a_moved_ciphertext_are_refused(desk: Counter) -> None:
    other = desk.person("telegram", 77)
    other.registers()
    with Session(desk.engine) as db:
        one, two = db.scalars(sa.select(Registration).order_by(Registration.id))
        whole = one.person
        for place in range(len(whole)):
            one.person = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
            with pytest.raises(SealBroken):
                rotation_open(desk, one)
        one.person, two.person = two.person, whole
        for row in (one, two):
            with pytest.raises(SealBroken):
                rotation_open(desk, row)
        db.rollback()


def rotation_open(desk: Counter, row: Registration) -> bytes:
    from models.registration import unseal_person

    return unseal_person(desk.desk.sealer, row)
