"""Personal values at rest: sealed with AES-256-GCM-SIV, looked up by a keyed hash.

A sealed value is `v1|<key id>|<nonce><ciphertext>`; the table, the column and the row are bound
to it, so that it opens nowhere else. Values of an earlier key open as long as that key is given, and are
sealed anew under the present one (models/rotation.py). The blind index has a key of its own, which stays.
"""

import contextlib
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
SHORTEST_KEY = 32


class SealBroken(Exception):
    """A sealed value was altered, moved to another row, or sealed with another key."""


# What reading a sealed row back may raise: altered, another key, or of a shape nobody knows.
UNREADABLE = (SealBroken, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Sealer:
    """The keys of this installation, ready for use: what is sealed is sealed by `key_id`'s. `file_keys`: 32 bytes each,
    for whole files.
    """

    key_id: bytes
    ciphers: Mapping[bytes, AESGCMSIV]
    index_key: bytes
    file_keys: Mapping[bytes, bytes]

    @property
    def head(self) -> bytes:
        """Return what every value sealed by the present key begins with."""
        return b"v1|" + self.key_id + b"|"

    @property
    def rotates(self) -> bool:
        """Return whether an earlier key is given beside the present one."""
        return len(self.ciphers) > 1

    def indexed_by(self, key: bytes) -> "Sealer":
        """Return the same with another key for the blind index."""
        return replace(self, index_key=key)

    def seal(self, table: str, column: str, id: str, value: bytes) -> bytes:
        """Return `value` sealed for one column of one row."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.ciphers[self.key_id].encrypt(nonce, value, _bound(table, column, id))
        return self.head + nonce + sealed

    def unseal(self, table: str, column: str, id: str, sealed: bytes) -> bytes:
        """Return what was sealed for this very place. Raises SealBroken."""
        try:
            version, key_id, rest = sealed.split(b"|", 2)
            if version != b"v1" or key_id not in self.ciphers:
                raise SealBroken(f"{table}.{column}: sealed with another key")
            return self.ciphers[key_id].decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _bound(table, column, id))
        except (ValueError, InvalidTag):
            raise SealBroken(f"{table}.{column}: altered, or of another row") from None

    def blind(self, purpose: str, value: str) -> bytes:
        """Return a keyed hash (32 bytes) to look a value up by, different for each purpose."""
        return hmac.digest(self.index_key, f"{purpose}|{value}".encode(), "sha256")


def sealer(data_key: str, *earlier: str) -> Sealer:
    """Return the keys drawn from secrets of at least `SHORTEST_KEY` characters: the present one, and earlier ones.
    Raises ValueError for a shorter one.
    """
    if any(len(each) < SHORTEST_KEY for each in (data_key, *earlier)):
        raise ValueError("the data key is too short")
    secrets = [each.encode() for each in (data_key, *earlier)]
    return Sealer(
        key_id=_id(secrets[0]),
        ciphers={_id(secret): AESGCMSIV(_drawn(secret, b"hirfa data v1")) for secret in secrets},
        index_key=_drawn(secrets[-1], b"hirfa index v1"),
        file_keys={_id(secret): _drawn(secret, b"hirfa file v1") for secret in secrets},
    )


def _id(secret: bytes) -> bytes:
    return hashlib.sha256(b"hirfa key id|" + secret).hexdigest()[:8].encode()


def read_keys(path: Path) -> tuple[list[str], bool]:
    """Return the keys kept in a file that only its owner may read, the present one first, made on first use; and
    whether it was made now.
    """
    made = False
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _written(path, [os.urandom(32).hex()])
        with contextlib.suppress(FileExistsError):  # another process made it meanwhile: that one counts
            os.link(draft, path)
            made = True
        draft.unlink()
    return path.read_text(encoding="ascii").split(), made


def add_key(path: Path) -> None:
    """Put a fresh key before those of the file: what is sealed from the next start on is sealed by it."""
    _written(path, [os.urandom(32).hex(), *read_keys(path)[0]]).replace(path)


def _written(path: Path, keys: list[str]) -> Path:
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft


def _bound(table: str, column: str, id: str) -> bytes:
    return f"{table}|{column}|{id}".encode()


def _drawn(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret)
