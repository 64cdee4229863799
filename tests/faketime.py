"""Another hour for a process: libfaketime (Debian's package faketime), which the clock's own tests need."""

from pathlib import Path

PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")


def library() -> str:
    """Where it is. AssertionError when it is not installed."""
    found = [str(path) for place in PLACES for path in sorted(Path("/").glob(place.lstrip("/")))]
    assert found, "libfaketime is not installed (apt install faketime)"
    return found[0]


def shifted(by: str, monotonic: bool = False) -> dict[str, str]:
    """The environment of a process whose clock is `by` (like +5h) away. `monotonic`: its other clock jumps as well."""
    return {"LD_PRELOAD": library(), "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "0" if monotonic else "1"}


def followed(file: Path, monotonic: bool = False) -> dict[str, str]:
    """The environment of a process whose clock is as far away as a file says, which a test changes while it runs."""
    given = shifted("+0", monotonic)
    del given["FAKETIME"]
    return {**given, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
