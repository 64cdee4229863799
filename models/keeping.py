"""Small things the installation keeps about itself, by name."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, sealed_column
from models.sealed import SealBroken, Sealer


class Keeping(Row):
    """A named value."""

    __tablename__ = "keeping"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    value: Mapped[bytes] = sealed_column("name")


KEY_CHECK, INDEX_KEY = "key_check", "index_key"


def check_key(db: Session, sealer: Sealer) -> None:
    """Seal a mark on first use; later, check it. Raises SealBroken when the key is not the one of that day."""
    row = db.get(Keeping, KEY_CHECK)
    if row is None:
        mark = sealer.seal("keeping", "value", KEY_CHECK, b"hirfa")
        db.add(Keeping(name=KEY_CHECK, value=mark))
    elif sealer.unseal("keeping", "value", KEY_CHECK, row.value) != b"hirfa":
        raise SealBroken("keeping: not the mark that was sealed")


def with_index_key(db: Session, sealer: Sealer) -> Sealer:
    """Return the sealer with the key of the blind index, kept sealed from the first start on: it stays whatever key
    seals.
    """
    row = db.get(Keeping, INDEX_KEY)
    if row is None:
        sealed = sealer.seal("keeping", "value", INDEX_KEY, sealer.index_key)
        db.add(Keeping(name=INDEX_KEY, value=sealed))
        return sealer
    return sealer.indexed_by(sealer.unseal("keeping", "value", INDEX_KEY, row.value))
