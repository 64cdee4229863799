"""Personal values at rest: sealed with AES-256-GCM-SIV, looked up by a keyed hash.

A sealed value is `v1|<key id>|<nonce><ciphertext>`; the table, the column and the row are bound
to it, so that it opens nowhere else. The blind index has a key of its own.
"""

import contextlib
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
SHORTEST = 32


class SealBroken(Exception):
    """A sealed value was altered, moved to another row, or sealed with another key."""


# What reading a sealed row back may raise: altered, another key, or of a shape nobody knows.
UNREADABLE = (SealBroken, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Sealer:
    """The keys of this installation, ready for use."""

    key_id: bytes
    cipher: AESGCMSIV
    index_key: bytes

    def seal(self, table: str, column: str, id: str, value: bytes) -> bytes:
        """`value` sealed for one column of one row."""
        nonce = os.urandom(NONCE)
        sealed = self.cipher.encrypt(nonce, value, _bound(table, column, id))
        return b"|".join((b"v1", self.key_id, nonce + sealed))

    def unseal(self, table: str, column: str, id: str, sealed: bytes) -> bytes:
        """What was sealed for this very place. SealBroken otherwise."""
        try:
            version, key_id, rest = sealed.split(b"|", 2)
            if version != b"v1" or key_id != self.key_id:
                raise SealBroken(f"{table}.{column}: sealed with another key")
            return self.cipher.decrypt(rest[:NONCE], rest[NONCE:], _bound(table, column, id))
        except (ValueError, InvalidTag):
            raise SealBroken(f"{table}.{column}: altered, or of another row") from None

    def blind(self, purpose: str, value: str) -> bytes:
        """A keyed hash (32 bytes) to look a value up by, different for each purpose."""
        return hmac.digest(self.index_key, f"{purpose}|{value}".encode(), "sha256")


def sealer(data_key: str) -> Sealer:
    """The keys drawn from one secret of at least 32 characters."""
    if len(data_key) < SHORTEST:
        raise ValueError("the data key is too short")
    secret = data_key.encode()
    return Sealer(
        key_id=hashlib.sha256(b"hirfa key id|" + secret).hexdigest()[:8].encode(),
        cipher=AESGCMSIV(_drawn(secret, b"hirfa data v1")),
        index_key=_drawn(secret, b"hirfa index v1"),
    )


def kept_key(path: Path) -> tuple[str, bool]:
    """The key kept in a file that only its owner may read, made on first use; and whether it was."""
    made = False
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(os.urandom(32).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process made it meanwhile: that one counts
            os.link(draft, path)
            made = True
        draft.unlink()
    return path.read_text(encoding="ascii").strip(), made


def _bound(table: str, column: str, id: str) -> bytes:
    return f"{table}|{column}|{id}".encode()


def _drawn(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret)
