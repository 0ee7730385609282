"""Where settings come from: the environment or the file `.env`."""

from __future__ import annotations

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bot.config import PREFIX, Settings

ENVIRONMENT = "the environment"
DOT_ENV = ".env"


def variables_by_source() -> dict[str, list[str]]:
    """Return the names of the variables that look like settings, by their source, the one that overrides first.

    The names are in capitals and without the prefix. An empty variable counts as not set.
    """
    return {
        place: [
            name.upper().removeprefix(PREFIX) for name in source(Settings).env_vars if name.upper().startswith(PREFIX)
        ]
        for place, source in ((ENVIRONMENT, EnvSettingsSource), (DOT_ENV, DotEnvSettingsSource))
    }
