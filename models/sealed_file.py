"""A file sealed with the installation's key: a line that says what it is, then age's own format.

age (https://age-encryption.org/v1) through pyrage. The line is not secret: the key's id, the moment, the schema.
Who has the key, or the identity it was sealed for, opens it with the program `age` too, without its first line.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import orjson
import pyrage

from models.sealed import Sealer

MAGIC = b"hirfa-backup "
LONGEST_HEAD = 4096


class NotABackup(RuntimeError):
    """The file is none of ours, or was cut or altered; its message says so."""


class WrongKey(RuntimeError):
    """The file was made with another key; its message names both."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on the first line. `key`: id of the data key; `payload`: `sqlite` or `pg_dump`; `at`: ISO, UTC."""

    key: str
    payload: str
    database: str
    schema: str
    version: str
    at: str


def seal_file(sealer: Sealer, head: Head, source: Path, target: Path, recipient: str = "") -> None:
    """Write a sealed copy of a file, for the installation's key and for a recipient of age, and flush it to the disk.
    Raises OSError.
    """
    to: list[pyrage.x25519.Recipient] = [_identity(sealer, head.key).to_public()]
    if recipient:
        to.append(pyrage.x25519.Recipient.from_str(recipient))
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with source.open("rb") as plain, os.fdopen(file, "wb") as sealed:
        sealed.write(MAGIC + orjson.dumps(asdict(head)) + b"\n")
        pyrage.encrypt_io(plain, sealed, to)
        sealed.flush()
        os.fsync(sealed.fileno())


def read_head(path: Path) -> Head:
    """Return what a sealed file says of itself. Raises NotABackup, OSError."""
    with path.open("rb") as file:
        return _head(file, path)


def unseal_file(sealer: Sealer, path: Path, target: Path, identities: Sequence[str] = ()) -> Head:
    """Write the opened copy of a sealed file, readable by its owner alone. `identities`: lines of an identity file of
    age, beside the installation's key. Returns what it says of itself. Raises NotABackup, WrongKey, OSError.
    """
    with path.open("rb") as sealed:
        head = _head(sealed, path)
        keys = [pyrage.x25519.Identity.from_str(line) for line in identities if line.startswith("AGE-SECRET-KEY-")]
        if head.key.encode() in sealer.ciphers:
            keys.append(_identity(sealer, head.key))
        if not keys:
            raise WrongKey(
                f"{path.name} was made with the key {head.key}; the key here is {sealer.key_id.decode()}: "
                "put that key into DATA_KEY (or its file in the place of var/data.key)"
            )
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as plain:
            try:
                pyrage.decrypt_io(sealed, plain, keys)
            except (pyrage.DecryptError, OSError) as error:
                if getattr(error, "errno", None):  # the disk's own
                    raise
                raise NotABackup(f"{path.name} does not open: it was cut or altered ({error})") from None
            plain.flush()
            os.fsync(plain.fileno())
    return head


def _head(file: IO[bytes], path: Path) -> Head:
    line = file.readline(LONGEST_HEAD)
    if not line.startswith(MAGIC):
        raise NotABackup(f"{path.name} is no backup of this program")
    try:
        return Head(**orjson.loads(line.removeprefix(MAGIC)))
    except (ValueError, TypeError):
        raise NotABackup(f"{path.name}: its first line cannot be read") from None


def _identity(sealer: Sealer, key_id: str) -> pyrage.x25519.Identity:
    """The identity of age that is drawn from a data key."""
    return pyrage.x25519.Identity.from_str(_bech32("age-secret-key-", sealer.file_keys[key_id.encode()]).upper())


# -- bech32 (BIP 173), in which age writes its keys -----------------------------------------------------------

CHARS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def _bech32(prefix: str, value: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in value)
    bits += "0" * (-len(bits) % 5)
    data = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    spread = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    check = 1
    for each in (*spread, *data, 0, 0, 0, 0, 0, 0):
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ each
        for bit, generator in enumerate(GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    check ^= 1
    data += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1" + "".join(CHARS[each] for each in data)
