"""Follows docs/server.en.md in a bare Debian, as root: `python -m bench.bare_debian ROOT [--postgresql] [--bind PATH]`.

It runs in a mount namespace of its own, and what it shows of this machine (`--bind`) is read-only there: nothing that
is done to ROOT, or removed with it, can reach the machine. ROOT is what debootstrap made. The commands are those of the
page, read from it and typed as they stand; where systemd does not run, the unit's very ExecStart line is run as its
user. Ends when a message to the bot is answered, and prints how many commands were typed and how many minutes it took.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.artisans import Artisan
from tests.fakes.bot_api import BotApi
from tests.running import TOKEN

HERE = Path(__file__).parent.parent
PAGE = HERE / "docs" / "server.en.md"
UNIT = HERE / "deploy" / "hirfa.service"
ALONE = "BARE_DEBIAN_ALONE"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
ANSWERS = (TOKEN, "", "", "", "")  # token, no public address, no Twilio, the database, no phone


def blocks(section: str) -> list[str]:
    """The commands of a section of the page, a line each."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}. ")[1].split("\n## ")[0]
    found = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [line for block in found for line in block.strip().splitlines()]


class Root:
    """A Debian of its own, by chroot; the network is the machine's. Nobody else sees its mounts, which end with us."""

    def __init__(self, path: Path, binds: list[Path]) -> None:
        self.path, self.typed = path, 0
        subprocess.run(["mount", "-t", "proc", "proc", path / "proc"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path / "dev"], check=True)
        for name in DEVICES:  # a few nodes, never the machine's folder of them
            (path / "dev" / name).touch()
            subprocess.run(["mount", "--bind", f"/dev/{name}", path / "dev" / name], check=True)
        (path / "dev" / "shm").mkdir()
        (path / "dev" / "fd").symlink_to("/proc/self/fd")
        for place in binds:
            at = path / place.relative_to("/")
            at.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", place, at], check=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", at], check=True)

    def types(self, command: str, given: str = "", **more: str) -> str:
        """Type a command; what it said. SystemExit when it fails."""
        self.typed += 1
        plain = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        environment = {**plain, "PATH": path, "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8", **more}
        done = subprocess.run(
            ["chroot", self.path, "sh", "-c", command],
            env=environment, input=given, capture_output=True, text=True, check=False,
        )  # fmt: skip
        print(f"# {command}", *done.stdout.strip().splitlines()[-3:], sep="\n   ")
        if done.returncode not in (0, 1) or (done.returncode and "doctor" not in command):
            raise SystemExit(f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout


def main() -> int:
    """Follow the page; 0 when a message was answered."""
    if os.environ.get(ALONE) is None:  # in a namespace of our own, from the first mount on
        again = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "bench.bare_debian"]
        return subprocess.run([*again, *sys.argv[1:]], env={**os.environ, ALONE: "1"}, check=False).returncode
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--bind", type=Path, action="append", default=[])
    given = parser.parse_args()
    clone = given.root / "srv" / "hirfa.git"
    shutil.rmtree(clone, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "--bare", HERE, clone], check=True)
    began, root = time.monotonic(), Root(given.root, given.bind)
    folder = Path(tempfile.mkdtemp())
    api = BotApi(folder)
    process = None
    try:
        world = {"TELEGRAM_API_URL": api.url}
        answers = list(ANSWERS)
        if given.postgresql:
            for line in blocks("3"):
                root.types(line)
                if line.startswith("apt-get"):
                    root.types("service postgresql start")
            answers[3] = "postgresql+psycopg:///hirfa"
        for line in blocks("1"):
            line = line.replace("REPOSITORY", "/srv/hirfa.git")
            root.types(line, "\n".join(answers) + "\n" if line == "hirfa setup" else "", **world)
        code = ""
        for line in blocks("2"):
            if line.startswith("systemctl"):
                root.typed += 1
                if "enable" in line:
                    process = started(given.root, api.url)
            else:
                said = root.types(line, **world)
                code = said.strip() if "invite" in line else code
        artisan, admin = Artisan(api, 1001), Artisan(api, 5001)
        artisan.says("/start")
        artisan.hears()
        minutes = (time.monotonic() - began) / 60
        admin.says(f"/start {code}")
        admin.hears()
        print(f"{root.typed} commands typed, {minutes:.1f} minutes to a message answered: {artisan.texts[-1][:60]!r}")
        root.types("hirfa backup", **world)
        root.types("hirfa restore --drill", **world)
        return 0
    finally:
        if process is not None:
            process.terminate()
            process.wait(25)
        if given.postgresql:
            subprocess.run(["chroot", given.root, "service", "postgresql", "stop"], check=False, stdout=2)
        api.close()


def started(root: Path, api: str) -> "subprocess.Popen[bytes]":
    """The unit's own ExecStart, as its user, with its environment."""
    unit = UNIT.read_text(encoding="utf-8")
    command = re.search(r"^ExecStart=(.*)$", unit, re.M)
    user = re.search(r"^User=(.*)$", unit, re.M)
    given = re.search(r"^Environment=(.*)$", unit, re.M)
    assert command is not None
    assert user is not None
    assert given is not None
    environment = dict(pair.split("=", 1) for pair in given[1].split())
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TELEGRAM_API_URL": api, "LANG": "C.UTF-8"}
    line = f"cd /var/lib/hirfa && exec setpriv --reuid={user[1]} --regid={user[1]} --init-groups {command[1]}"
    process = subprocess.Popen(["chroot", root, "sh", "-c", line], env=environment)
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if (
            subprocess.run(
                ["chroot", root, "sh", "-c", "hirfa doctor | grep -q 'runs and answers\\|tourne et répond'"],
                env={**environment, "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                check=False,
            ).returncode
            == 0
        ):
            break
        time.sleep(0.5)
    return process


if __name__ == "__main__":
    sys.exit(main())
