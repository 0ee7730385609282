"""Builds what a Dockerfile describes without Docker, in a folder with a minimal Debian."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

# Debian 12, whose Python is that of the Dockerfile.
SUITE = "bookworm"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What a base image lacks of what debootstrap leaves.
LEFT_OUT = (
    *("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man", "usr/share/python-wheels"),
    *("var/cache/apt", "var/lib/apt/lists", "var/log"),
)
# Of this machine, so that the network and pip work inside as outside.
SETTINGS = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs/ca-certificates.crt")
# Mounts that end with the process that makes them, then the command.
INSIDE = """
for place in /proc /dev $SETTINGS; do
    [ -d "$place" ] && mkdir -p "$ROOT$place" || { mkdir -p "$(dirname "$ROOT$place")" && touch "$ROOT$place"; }
    mount --rbind "$place" "$ROOT$place"
done
exec chroot "$ROOT" "$@"
"""
# The same, where nothing but the home and temporary files can be written, as another user.
READ_ONLY = """
mkdir -p "$ROOT/proc" "$ROOT/dev"
mount --bind "$ROOT" "$ROOT"
mount -o remount,ro,bind "$ROOT"
mount --rbind /proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
mount -t tmpfs -o mode=700,uid="$USER_ID" tmpfs "$ROOT$HOME_FOLDER"
cd "$ROOT"
exec chroot --userspec="$USER_ID:$USER_ID" "$ROOT" "$@"
"""


@dataclass
class Image:
    """A root file system, and how a container of it starts.

    Attributes:
        root: folder with the files.
        environment: variables of its programs.
        working_directory: folder of the next instructions.
        instructions: the last of each other kind, such as USER and ENTRYPOINT.
    """

    root: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    working_directory: str = "/"
    instructions: dict[str, str] = field(default_factory=dict)

    @property
    def size_mb(self) -> float:
        """Size of the files in millions of bytes, as registries count it."""
        files = (path.lstat() for path in self.root.rglob("*") if not path.is_symlink() and path.is_file())
        return sum({(status.st_dev, status.st_ino): status.st_size for status in files}.values()) / 1e6

    def run(self, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run the image's program as a container that can write nothing but its home and temporary files."""
        command = [*json.loads(self.instructions["ENTRYPOINT"]), *arguments]
        places = {"ROOT": str(self.root), "USER_ID": self._user_id(), "HOME_FOLDER": self.instructions["VOLUME"]}
        program = ["env", "--ignore-environment", *(f"{name}={value}" for name, value in self.environment.items())]
        return subprocess.run(
            ["unshare", "--mount", "sh", "-ec", READ_ONLY, "sh", *program, *command],
            env=os.environ | places,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def _user_id(self) -> str:
        users = (self.root / "etc/passwd").read_text()
        found = re.search(rf"^{self.instructions['USER']}:[^:]*:([0-9]+):", users, re.MULTILINE)
        assert found is not None
        return found[1]


def build_image(context: Path, stages: tuple[str, ...], root: Path) -> Image:
    """Build stages of a Dockerfile, one upon the other; skip the test if this machine cannot.

    Args:
        context: folder with the Dockerfile.
        stages: names of the stages, in their order.
        root: folder of the root file system, which does not exist yet.
    """
    lacking = [program for program in ("debootstrap", "unshare", "chroot") if shutil.which(program) is None]
    if os.geteuid() != 0 or lacking or not KEYRING.exists():
        pytest.skip(
            f"needs root on a Debian with debootstrap; uid {os.geteuid()}, lacking: {', '.join(lacking) or '-'}"
        )
    _bootstrap(root)
    image = Image(root)
    # The base image has a `python` and a pip.
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    _run_inside(image, "python -m venv /usr/local/pip && ln -s /usr/local/pip/bin/pip /usr/local/bin/pip", context)
    for stage, keyword, arguments in _instructions((context / "Dockerfile").read_text()):
        if stage in stages:
            _follow(image, context, keyword, arguments)
    for folder in (*LEFT_OUT, "usr/local/pip", "source"):
        shutil.rmtree(root / folder)
    return image


def _bootstrap(root: Path) -> None:
    packages = "--include=python3,python3-venv,ca-certificates"
    command = ["debootstrap", "--variant=minbase", packages, SUITE, str(root), *_mirror()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def _mirror() -> list[str]:
    """The mirror that apt uses here for the same Debian, if any."""
    targets = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", f"Codename: {SUITE}"]
    return subprocess.run(targets, capture_output=True, text=True, check=False).stdout.split()[:1]


def _instructions(dockerfile: str) -> Iterator[tuple[str, str, str]]:
    """Yield each instruction: the name of its stage, its keyword, and its arguments."""
    stage = ""
    text = re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        keyword, arguments = line.split(maxsplit=1)
        if keyword == "FROM":
            stage = arguments.split()[-1]
        yield stage, keyword, arguments


def _follow(image: Image, context: Path, keyword: str, arguments: str) -> None:
    match keyword:
        case "RUN":
            _run_inside(image, re.sub(r"^(--mount=\S+ )+", "", arguments), context)
        case "ENV":
            for word in shlex.split(arguments):
                name, value = word.split("=", 1)
                image.environment[name] = value.replace("$PATH", image.environment["PATH"])
        case "COPY" if not arguments.startswith("--from="):
            *sources, target = arguments.split()
            folder = image.root / image.working_directory.lstrip("/") / target
            folder.mkdir(parents=True, exist_ok=True)
            for source in sources:
                if (context / source).is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(context / source, folder, dirs_exist_ok=True, ignore=ignored)
                else:
                    shutil.copy(context / source, folder)
        case "WORKDIR":
            image.working_directory = arguments
            (image.root / arguments.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "FROM" | "COPY":
            pass
        case _:
            image.instructions[keyword] = arguments


def _run_inside(image: Image, script: str, context: Path) -> None:
    """Run a shell script as root, with the network and pip's settings of this machine."""
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")} | {"PIP_NO_CACHE_DIR": "1"}
    named = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    folders = [
        path for path in re.findall(r"(?<![\w/])/[\w./-]+", named.stdout.replace("file://", "")) if Path(path).exists()
    ]
    places = [place for place in dict.fromkeys((*SETTINGS, *folders)) if Path(place).exists()]
    variables: Mapping[str, str] = pip | image.environment
    program = ["env", *(f"{name}={value}" for name, value in variables.items()), "sh", "-ec"]
    program.append(f"cd {image.working_directory}\n{script}")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", INSIDE, "sh", *program],
        env=os.environ | {"ROOT": str(image.root), "SETTINGS": " ".join(places)},
        cwd=context,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
