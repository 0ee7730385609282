"""The settings: from environment variables, a `.env` file, and files with secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from inference import AUTO, default_model
from inference.cluster.address import is_address
from inference.errors import ProgramError
from inference.system.expectations import expectation
from inference.system.home import NoHome, default_home
from inference.system.terminal import mask

PREFIX = "LABELBOT_"
# Ids of Telegram's shared accounts, which write for anonymous admins of groups, for channels, and for linked channels.
SHARED_ACCOUNTS = frozenset({1087968824, 136817688, 777000})
# Settings without limits, for the local Bot API server (in tests and `labelbot try`).
UNLIMITED = {
    "messages_per_second": 1_000_000,
    "messages_per_second_per_chat": 1_000_000.0,
    "messages_per_minute_per_group": 1_000_000,
    "requests_per_minute_per_person": 1_000_000.0,
    "requests_per_minute_per_group": 1_000_000.0,
}
# Expected values of those settings for which the type of the error does not describe them.
EXPECTED = {
    "admins": "the ids of people, which are whole numbers",
    "allowed": "the ids of people and chats, which are whole numbers",
    "api_url": "an address that begins with http:// or https://",
    "cluster": "HOST:PORT of the cluster's head, or auto",
    "device": "a device such as CPU:0 or GPU:0",
    "listen": "HOST:PORT, such as 127.0.0.1:8080",
    "trusted_proxies": "IP addresses and networks, such as 10.0.0.0/8",
    "webhook_url": "an address such as https://bot.example/telegram, with letters, digits and ._~- in its path",
}
# What applies if a setting without a fixed default is not set.
UNSET = {
    "token": "none",
    "token_file": "none",
    "home": "the user's data folder",
    "database_url": "an SQLite file in `LABELBOT_HOME`",
    "database_url_file": "none",
    "model": "the one of [`labelbot models use`](models.md), else `auto`",
    "catalog": "the list that comes with the program",
    "admins": "nobody",
    "allowed": "everybody",
    "workers": "one per core",
    "cluster": "none: the workers run on this machine",
    "device": "the first GPU, else the CPU",
    "max_batch_size": "16 on a GPU, else 1",
    "api_local_files": "none: such files are refused",
    "listen": "none",
    "trusted_proxies": "none",
    "api_keys_file": "none",
    "webhook_url": "none: the bot fetches them",
    "webhook_secret": "derived from the token",
    "webhook_secret_file": "none",
    "webhook_certificate": "none",
}
TOKEN_SHAPE = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
# What Telegram accepts: https://core.telegram.org/bots/api#setwebhook
SECRET_SHAPE = re.compile(r"[A-Za-z0-9_-]{1,256}")


class ConfigError(ProgramError):
    """A setting is missing or invalid. The message is one sentence for the operator.

    Attributes:
        setting: field of `Settings` with the invalid value; None for other errors.
        faults: this error or, if several settings are invalid, one error per setting. The message has a line for each.
    """

    exit_status = 2

    def __init__(self, message: str, setting: str | None = None, faults: Sequence[ConfigError] = ()) -> None:
        super().__init__(message)
        self.setting = setting
        self.faults = tuple(faults) or (self,)


class Settings(BaseSettings):
    """The settings of a bot. Each setting is read from the variable `LABELBOT_<NAME>`.

    The text below a setting says what it means; `labelbot config` and docs/settings.md show these texts.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    token: SecretStr | None = None
    """The bot's token from @BotFather. `run` needs it, or a file that holds it."""

    token_file: Path | None = None
    """File that holds the token, instead of `LABELBOT_TOKEN`. Container platforms mount secrets as files."""

    home: Path = Field(default_factory=default_home)
    """[Folder](operation.md#the-home-folder) of the models, and of the SQLite database."""

    database_url: SecretStr | None = None
    """PostgreSQL database, as `postgresql://USER:PASSWORD@HOST:PORT/NAME`."""

    database_url_file: Path | None = None
    """File that holds the address of the database, instead of `LABELBOT_DATABASE_URL`."""

    replicas: bool = False
    """`true`: this process is one of several [replicas of the bot](scaling.md#replicas-of-the-bot) that share a
    PostgreSQL database."""

    model: str = Field(default_factory=lambda known: _default_model(known), min_length=1)
    """Model that answers until an admin chooses another. A [published one](models.md#published-models) is downloaded
    before the start; [`auto`](models.md#auto) is Inception-v3 if it is installed, else the best built-in model."""

    auto_pull: bool = True
    """`false`: with the model `auto`, the bot does not download Inception-v3 by itself."""

    catalog: Path | None = None
    """File that lists the [published models](models.md#published-models), such as a copy of
    `inference/catalog/catalog.toml` with the addresses of a mirror."""

    admins: Annotated[frozenset[int], NoDecode] = frozenset()
    """Ids of the [bot's admins](admins.md), separated by commas."""

    allowed: Annotated[frozenset[int], NoDecode] = frozenset()
    """Ids, separated by commas, of people who may use the bot anywhere, and of groups and channels where everyone may.
    Admins always may."""

    added_by_admins: bool = False
    """`true`: the bot leaves a group or channel unless one of its admins added it."""

    workers: int | None = Field(default=None, ge=1)
    """Number of worker processes."""

    cluster: str | None = None
    """[Ray cluster](scaling.md#workers-on-a-ray-cluster) whose nodes label: `HOST:PORT` of its head, or `auto` for the
    cluster that this machine belongs to."""

    device: str | None = Field(default=None, pattern=r"^(CPU|GPU):[0-9]+$")
    """Device of TensorFlow models, such as `GPU:1` or `CPU:0`."""

    # The maximum is the limit of TensorFlow's engine.
    max_batch_size: int | None = Field(default=None, ge=1, le=256)
    """Photos that a TensorFlow model labels at once, from 1 to 256."""

    # A later answer would be about a photo that is no longer of interest.
    max_age: float = Field(default=3600.0, gt=0)
    """Age in seconds above which a message is no longer answered. Messages wait while the program is stopped."""

    # Number of days: people send the same photo again, or press an old button, within days.
    retention_days: int = Field(default=30, ge=1)
    """Days for which answers, what people say about them, and labels are stored."""

    taught_classes: int = Field(default=100, ge=0)
    """Classes that people can teach in one chat; 0 turns teaching off."""

    # From about a hundred photos of a class on, further photos hardly change how well it is recognised.
    photos_per_class: int = Field(default=200, ge=1)
    """Photos of one taught class."""

    requests_per_minute_per_person: float = Field(default=30.0, gt=0)
    """Photos and commands of one person that are answered; after a pause, twice as many at once in groups, and ten
    times as many in a private chat."""

    # Telegram accepts no more messages per minute in a group; see below.
    requests_per_minute_per_group: float = Field(default=20.0, gt=0)
    """Photos and commands in one group that are answered; after a pause, twice as many at once."""

    # Telegram's limits: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    messages_per_second: int = Field(default=30, ge=1)
    """Messages that the bot sends in all. Telegram's paid broadcasts allow more."""

    messages_per_second_per_chat: float = Field(default=1.0, gt=0)
    """Messages to one chat, on average."""

    messages_per_minute_per_group: int = Field(default=20, ge=1)
    """Messages to one group or channel."""

    api_url: str = Field(default="https://api.telegram.org", pattern=r"^https?://[^/\s]+(/\S*)?$")
    """Address of the Bot API server."""

    api_local_files: Path | None = None
    """Absolute path of the folder of a Bot API server in local mode, as that server names it. The bot reads no other
    files that the server names."""

    # Docker kills a container ten seconds after the request to stop. The remaining three seconds are for closing down.
    stop_timeout_s: float = Field(default=7.0, gt=0)
    """Seconds for photos in flight when the program is asked to stop."""

    listen: str | None = None
    """`HOST:PORT` of the [web server](web.md)."""

    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    """Addresses and networks, separated by commas, of the
    [proxies before the web server](web.md#behind-a-reverse-proxy)."""

    api_keys_file: Path | None = None
    """File with the keys of the clients of the [HTTP API](http.md). Without keys, only programs on this machine can use
    the API, and it is off if a webhook or proxies are set."""

    webhook_url: str | None = None
    """Public address to which Telegram [delivers updates](web.md#webhook)."""

    webhook_secret: SecretStr | None = None
    """Text that Telegram sends with each update."""

    webhook_secret_file: Path | None = None
    """File that holds the text, instead of `LABELBOT_WEBHOOK_SECRET`."""

    webhook_certificate: Path | None = None
    """File with the self-signed certificate of the webhook's address."""

    # Telegram's limits: https://core.telegram.org/bots/api#setwebhook
    webhook_max_connections: int = Field(default=40, ge=1, le=100)
    """Updates that Telegram delivers at once, from 1 to 100."""

    @field_validator("api_url")
    @classmethod
    def _strip_slash(cls, api_url: str) -> str:
        try:
            _ = urlsplit(api_url).port
        except ValueError:
            raise ValueError(f"expected {EXPECTED['api_url']}") from None
        return api_url.rstrip("/")

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, listen: str | None) -> str | None:
        if listen is not None and not (_is_place(listen) and re.search(r":[0-9]+$", listen)):
            raise ValueError(f"expected {EXPECTED['listen']}")
        return listen

    @field_validator("cluster")
    @classmethod
    def _check_cluster(cls, cluster: str | None) -> str | None:
        if cluster is not None and not is_address(cluster):
            raise ValueError(f"expected {EXPECTED['cluster']}")
        return cluster

    @field_validator("webhook_url")
    @classmethod
    def _check_webhook_url(cls, url: str | None) -> str | None:
        # Bot API servers in local mode accept http://; Telegram itself refuses it, and says so.
        found = None if url is None else re.fullmatch(r"https?://([^/\s]+)(/[\w.~/-]*)?", url, re.ASCII)
        if url is not None and (found is None or not _is_place(found[1])):
            raise ValueError(f"expected {EXPECTED['webhook_url']}")
        return url

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, networks: object) -> object:
        return networks.replace(",", " ").split() if isinstance(networks, str) else networks

    @field_validator("api_local_files")
    @classmethod
    def _check_absolute(cls, folder: Path | None) -> Path | None:
        if folder is not None and (not folder.is_absolute() or ".." in folder.parts or folder == Path("/")):
            raise ValueError("expected the absolute path of a folder, as the Bot API server names it")
        return folder

    @field_validator("admins", "allowed", mode="before")
    @classmethod
    def _split_ids(cls, ids: object) -> object:
        return ids.replace(",", " ").split() if isinstance(ids, str) else ids

    @field_validator("admins")
    @classmethod
    def _check_admins(cls, admins: frozenset[int]) -> frozenset[int]:
        wrong = [admin for admin in admins if admin <= 0 or admin in SHARED_ACCOUNTS]
        if wrong:
            raise ValueError(f"expected the ids of people, but {_not_one(wrong)}")
        return admins

    @field_validator("allowed")
    @classmethod
    def _check_allowed(cls, allowed: frozenset[int]) -> frozenset[int]:
        wrong = [known for known in allowed if known == 0 or known in SHARED_ACCOUNTS]
        if wrong:
            raise ValueError(f"expected the ids of people and chats, but {_not_one(wrong)}")
        return allowed

    def command_variables(self) -> dict[str, str]:
        """Return the environment variables for a command in a child process, as commands ignore `.env`."""
        read = {"DEVICE": self.device, "MAX_BATCH_SIZE": self.max_batch_size, "CATALOG": self.catalog}
        return {f"{PREFIX}{name}": str(value) for name, value in read.items() if value is not None}

    def read_token(self) -> str:
        """Return the token from its setting or its file.

        Raises:
            ConfigError: the setting and the file are both set or both missing; or the file cannot be read; or the value
                is not a token.
        """
        found = _read_secret("TOKEN", self.token, self.token_file)
        if found is None:
            raise ConfigError(
                f"No bot token: set {PREFIX}TOKEN, or {PREFIX}TOKEN_FILE, to the token from @BotFather "
                "(`labelbot try` needs none)."
            )
        return _checked_token(*found)

    def read_database_url(self) -> str | None:
        """Return the database address from its setting or its file; None if neither is set.

        Raises:
            ConfigError: both the setting and the file are set, or the file cannot be read.
        """
        found = _read_secret("DATABASE_URL", self.database_url, self.database_url_file)
        return None if found is None else found[0].strip()

    def read_webhook_secret(self) -> str | None:
        """Return the webhook's secret from its setting or its file; None if neither is set.

        Raises:
            ConfigError: both are set, or the file cannot be read, or Telegram does not accept such a secret.
        """
        found = _read_secret("WEBHOOK_SECRET", self.webhook_secret, self.webhook_secret_file)
        if found is None:
            return None
        secret, place = found[0].strip(), found[1]
        if not SECRET_SHAPE.fullmatch(secret):
            raise ConfigError(f"{place} cannot be used: expected 1 to 256 letters, digits, - and _.")
        return secret


def load_settings(**overrides: Any) -> Settings:
    """Read the settings of this process.

    Args:
        overrides: values of the command's options, which override the settings, by field name.

    Raises:
        ConfigError: variables have invalid values, or `.env` cannot be read.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        found: dict[str, list[ErrorDetails]] = {}
        for each in error.errors(include_url=False):
            # The default model depends on other settings, and is not read if these are invalid.
            if each["type"] != "default_factory_not_called":
                found.setdefault(str(each["loc"][0]), []).append(each)
        faults = [
            _unusable(setting, found[setting], is_option=setting in overrides)
            for setting in Settings.model_fields
            if setting in found
        ]
        raise faults[0] if len(faults) == 1 else ConfigError("\n".join(map(str, faults)), faults=faults) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file .env cannot be read: {_reason(error)}.") from None
    except NoHome as error:
        raise ConfigError(str(error)) from None


def load_with_defaults(**overrides: Any) -> tuple[Settings | None, Sequence[ConfigError]]:
    """Read the settings of this process, with defaults instead of invalid values.

    Args:
        overrides: values that override the settings, by field name.

    Returns:
        The settings (None if they cannot be read), and the errors.
    """
    try:
        return load_settings(**overrides), ()
    except ConfigError as error:
        unusable = [fault.setting for fault in error.faults if fault.setting is not None]
        if not unusable:
            return None, error.faults
        fields = [(setting, Settings.model_fields[setting]) for setting in unusable]
        defaults = {
            setting: field.get_default(call_default_factory=True, validated_data={}) for setting, field in fields
        }
        return load_settings(**overrides | defaults), error.faults


def _default_model(known: Mapping[str, Any]) -> str:
    """Return the default model of the home folder; `AUTO` while the home folder is not known."""
    return default_model(known["home"]) if "home" in known else AUTO


def _is_place(place: str) -> bool:
    """Return whether a text is a host, maybe with a port."""
    try:
        parts = urlsplit(f"//{place}")
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and parts.netloc == place and "@" not in place


def _not_one(ids: Sequence[int]) -> str:
    return f"{', '.join(map(str, sorted(ids)))} {'is not one' if len(ids) == 1 else 'are none'}"


def _unusable(setting: str, errors: Sequence[ErrorDetails], *, is_option: bool) -> ConfigError:
    name = f"--{setting}" if is_option else PREFIX + setting.upper()
    # Of a list, several items may be invalid.
    received = ", ".join(mask(repr(error["input"])) for error in errors)
    expected = f"expected {EXPECTED[setting]}" if setting in EXPECTED else expectation(errors[0])
    if "error" in errors[0].get("ctx", {}):
        expected = expectation(errors[0])
    return ConfigError(f"{name} cannot be used: {expected}. Received: {received}", setting)


def _read_secret(name: str, value: SecretStr | None, file: Path | None) -> tuple[str, str] | None:
    """Return a secret from its setting or its file, and the name of its source; None if neither is set."""
    if value is not None and file is not None:
        raise ConfigError(f"Both {PREFIX}{name} and {PREFIX}{name}_FILE are set: keep one of them.")
    if value is not None:
        return value.get_secret_value(), f"{PREFIX}{name}"
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8"), f"The file of {PREFIX}{name}_FILE ({file})"
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{PREFIX}{name}_FILE ({file}) cannot be read: {_reason(error)}.") from None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "it is not text"


def _checked_token(raw: str, place: str) -> str:
    token = raw.strip()
    if not token:
        raise ConfigError(f"{place} is empty: set it to the token from @BotFather.")
    if not TOKEN_SHAPE.fullmatch(token):
        raise ConfigError(f"{place} does not hold a bot token: expected digits, a colon, then letters and digits.")
    return token
