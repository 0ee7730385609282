"""`labelbot config`: every setting with its value, where the value came from, and what it means."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from pydantic import SecretStr

from bot.commands.doctor.settings import check_unknown_variables
from bot.commands.setting_sources import variables_by_source
from bot.config import PREFIX, UNSET, ConfigError, Settings, load_with_defaults
from inference import AUTO
from inference.system.terminal import print_message

HIDDEN = "[hidden]"
INDENT = "    "
MAX_WIDTH = 100
LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it applies now.

    Attributes:
        name: name of its variable.
        value: value as it is written in a variable, or what applies if it is not set; never a secret.
        source: "the environment", ".env", "labelbot models use" or "default".
        meaning: what the setting does.
    """

    name: str
    value: str
    source: str
    meaning: str


def run(*, as_json: bool) -> int:
    """Print all settings.

    Args:
        as_json: True for one JSON object per line.

    Returns:
        The exit status: 0, or 2 if a setting cannot be used; its default is shown then.

    Raises:
        ConfigError: the settings cannot be read.
    """
    settings, faults = load_with_defaults()
    if settings is None:
        raise ConfigError("\n".join(map(str, faults)))
    width = min(shutil.get_terminal_size().columns, MAX_WIDTH)
    for setting in current_settings(settings, faults):
        if as_json:
            print(json.dumps(asdict(setting), ensure_ascii=False))
        else:
            print(f"{setting.name}: {setting.value} ({setting.source})")
            print(textwrap.fill(setting.meaning, width, initial_indent=INDENT, subsequent_indent=INDENT))
    for fault in faults:
        print_message(str(fault))
    for unknown in check_unknown_variables():
        print_message(f"{unknown.detail}; {unknown.advice}")
    return 2 if faults else 0


def current_settings(settings: Settings, faults: Sequence[ConfigError]) -> Iterator[Setting]:
    """Yield each setting in the order of docs/settings.md.

    Args:
        settings: settings of this process.
        faults: errors of settings that are replaced by their defaults.
    """
    unusable = {fault.setting for fault in faults}
    variables = variables_by_source()
    for field, information in Settings.model_fields.items():
        sources = [source for source, names in variables.items() if field.upper() in names]
        source = "default" if field in unusable or not sources else sources[0]
        value = getattr(settings, field)
        if field == "model" and source == "default" and value != AUTO:
            source = "labelbot models use"
        shown = value_text(value) or plain(UNSET[field])
        yield Setting(PREFIX + field.upper(), shown, source, plain(information.description or ""))


def value_text(value: object) -> str:
    """Return a value as it is written in a variable; "" if there is none."""
    match value:
        case None:
            return ""
        case SecretStr():
            return HIDDEN
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case frozenset():
            return ",".join(map(str, sorted(value)))
        case tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)


def plain(markdown: str) -> str:
    """Return a text of the settings without Markdown, in one line."""
    return " ".join(LINK.sub(r"\1", markdown).replace("`", "").split())
