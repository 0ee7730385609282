"""Writes docs/settings.md from the settings in the source: `python -m bot.commands.settings_page`."""

from __future__ import annotations

from pathlib import Path

from bot.commands.config import value_text
from bot.config import PREFIX, UNSET, Settings

PAGE = Path("docs/settings.md")
HEAD = """\
# Settings

Each setting is an environment variable. An empty one counts as not set. `run`, `try`, `config`, `doctor`, `migrate`,
`backup`, `restore` and `benchmark` also read a file `.env` in the working directory. The other commands do not, so set
`LABELBOT_HOME` in the environment if they are to use the same models.

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
