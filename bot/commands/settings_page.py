"""Writes docs/settings.md from the settings in the source: `python -m bot.commands.settings_page`."""

from __future__ import annotations

from pathlib import Path

from bot.commands.config import value_text
from bot.config import PREFIX, UNSET, Settings

PAGE = Path("docs/settings.md")
HEAD = """\
# Settings

Each setting is an environment variable, or a line of a file `.env` in the working directory, which the environment
overrides. An empty one counts as not set. `label`, `models`, `evaluate`, `export`, `records`, `retrain` and `train`
read only the environment, so set `LABELBOT_HOME` there if they are to use the same models.

`labelbot config` prints all settings with their values, and where each value comes from. Secrets are hidden.

| variable | what it sets | default |
|---|---|---|
"""


def settings_page() -> str:
    return HEAD + "".join(
        f"| `{PREFIX}{field.upper()}` | {' '.join((information.description or '').split())} | {default} |\n"
        for field, information in Settings.model_fields.items()
        for default in [UNSET.get(field) or f"`{value_text(information.default)}`"]
    )


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
