"""`labelbot deploy`: prints files to run the bot with, filled in with this machine's paths and settings."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.commands.config import value_text
from bot.commands.deployment_files import TEMPLATES, DeploymentFile
from bot.commands.setting_sources import variables_by_source
from bot.config import PREFIX, Settings
from bot.domain.web_addresses import DEFAULT_PATH, ListenAddress, listen_address, webhook_parts
from bot.storage.database_url import SQLITE_FILE
from inference.system.terminal import print_message

# What the files assume if the settings do not say it.
LISTEN = ListenAddress("127.0.0.1", 8080)
HOST = "bot.example.org"
HTTPS_PORT = 443
TOKEN_FILE = Path("/etc/labelbot.token")
# Folders that other users, such as the service's, cannot look into.
ROOT_HOME = Path("/root")
HOMES = (Path("/home"), ROOT_HOME)
PLACEHOLDER = re.compile(r"@([A-Z_]+)@")
SETTINGS_LINE = "@SETTINGS@\n"


@dataclass(frozen=True, slots=True)
class Deployment:
    """A file for a person's machine.

    Attributes:
        text: content of the file.
        hints: what the person should know about it, one sentence each.
    """

    text: str
    hints: tuple[str, ...]


def run(file: DeploymentFile, settings: Settings) -> None:
    """Print a file to standard output, and hints to standard error."""
    deployment = deploy(file, settings)
    sys.stdout.write(deployment.text)
    for hint in deployment.hints:
        print_message(hint)


def deploy(file: DeploymentFile, settings: Settings) -> Deployment:
    """Fill in a file.

    Args:
        file: kind of the file.
        settings: settings of the bot that the file is for.
    """
    hints: dict[str, None] = {}  # ordered, without repetitions
    values = _Values(file, settings, lambda hint: hints.setdefault(hint))
    template = (files("bot") / "deploy" / TEMPLATES[file]).read_text(encoding="utf-8")
    fillers: Mapping[str, Callable[[], str]] = {
        "HOST": values.host,
        "LISTEN": values.listen,
        "PORT": values.port,
        "PROGRAM": values.program,
        "PROTECT_HOME": values.protect_home,
        "SITE": values.site,
        "STATE_DIRECTORY": values.state_directory,
        "TOKEN_FILE": values.token_file,
        "VERSION": lambda: version("labelbot"),
        "WEBHOOK_PATH": values.webhook_path,
    }
    before, found, after = template.partition(SETTINGS_LINE)
    before, after = (PLACEHOLDER.sub(lambda match: fillers[match[1]](), part) for part in (before, after))
    own = "".join(f"{line}\n" for line in values.settings_lines()) if found else ""
    return Deployment(before + own + after, tuple(hints))


class _Values:
    """What the placeholders of a file stand for.

    Args:
        file: kind of the file.
        settings: settings of the bot.
        hint: called with each sentence that the person should read.
    """

    def __init__(self, file: DeploymentFile, settings: Settings, hint: Callable[[str], object]) -> None:
        self._file = file
        self._settings = settings
        self._hint = hint

    def listen(self) -> str:
        """Return the address at which this machine reaches the web server."""
        address = listen_address(self._settings)
        if address is None:
            self._hint(f"{PREFIX}LISTEN is not set. The file assumes {LISTEN}; set it for the bot, too.")
        return str((address or LISTEN).from_here)

    def host(self) -> str:
        return urlsplit(self._webhook_url()).hostname or HOST

    def port(self) -> str:
        return str(urlsplit(self._webhook_url()).port or HTTPS_PORT)

    def site(self) -> str:
        """Return the address of a site as Caddy has it: without a scheme, it gets a certificate."""
        parts = urlsplit(self._webhook_url())
        return parts.netloc if parts.scheme == "https" else f"{parts.scheme}://{parts.netloc}"

    def webhook_path(self) -> str:
        return webhook_parts(self._webhook_url()).path

    def _webhook_url(self) -> str:
        url = self._settings.webhook_url
        if url is None:
            url = f"https://{HOST}{DEFAULT_PATH}"
            self._hint(f"{PREFIX}WEBHOOK_URL is not set. The file assumes {url}; set it for the bot, too.")
        return url

    def token_file(self) -> str:
        return str((self._settings.token_file or TOKEN_FILE).absolute())

    def program(self) -> str:
        for what, folder in (("This program", sys.prefix), ("The Python of this program", sys.base_prefix)):
            if ROOT_HOME in Path(folder).parents:
                self._hint(
                    f"{what} is in {folder}, which the service's user may not enter. Install the program in "
                    "/opt/labelbot, for example, with the system's Python."
                )
        return _quoted(str(Path(sys.executable).with_name("labelbot")))

    def protect_home(self) -> str:
        """Return how the unit protects home folders: it hides them, unless what the bot needs lies in one."""
        settings = (getattr(self._settings, field) for field in self._set_fields() if not field.endswith("_file"))
        paths = [value.absolute() for value in settings if isinstance(value, Path)]
        needed = [Path(sys.prefix), Path(sys.base_prefix), *paths]
        return "read-only" if any(home in path.parents for path in needed for home in HOMES) else "yes"

    def state_directory(self) -> str:
        """Return the name of the folder in /var/lib that is the bot's home."""
        if (self._settings.home / SQLITE_FILE).exists():
            self._hint(
                f"The bot's home will be /var/lib/labelbot. To keep what is in {self._settings.home}, move it there."
            )
        return "labelbot"

    def settings_lines(self) -> Iterator[str]:
        """Yield the lines of the settings that are set, without secrets."""
        for field in self._set_fields():
            yield from self._lines(field)

    def _set_fields(self) -> Iterator[str]:
        """Yield the settings that the file does not set by itself."""
        names = {name for source in variables_by_source().values() for name in source}
        for field, information in Settings.model_fields.items():
            if field in ("home", "token_file") or field.upper() not in names:
                continue
            if information.annotation == SecretStr | None:
                if field != "token":
                    self._hint(f"{PREFIX}{field.upper()} is a secret, and left out. Use {PREFIX}{field.upper()}_FILE.")
                continue
            yield field

    def _lines(self, field: str) -> Iterator[str]:
        name, value = PREFIX + field.upper(), getattr(self._settings, field)
        if isinstance(value, Path):
            value = value.absolute()
        if self._file == "kubernetes":
            if isinstance(value, Path):
                self._hint(f"{name} names a file of this machine, and is left out.")
                return
            yield f"            - name: {name}\n              value: {json.dumps(value_text(value))}"
        elif field.endswith("_file"):
            # systemd reads the file as root, and the bot gets a copy.
            yield f"LoadCredential={field.removesuffix('_file')}:{value}"
            yield f"Environment={name}=%d/{field.removesuffix('_file')}"
            self._hint(f"The bot gets a copy of {value} when it starts: restart it after a change.")
        else:
            yield f"Environment={_quoted(f'{name}={value_text(value)}')}"


def _quoted(text: str) -> str:
    """Return a word of a systemd unit (systemd.syntax and systemd.unit, "Specifiers")."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return escaped if re.fullmatch(r"[\w%:/.,=@+-]+", text) else f'"{escaped}"'
