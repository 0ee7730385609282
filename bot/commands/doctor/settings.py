"""Checks the settings, and finds misspelt variables."""

from __future__ import annotations

import difflib
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning

if TYPE_CHECKING:
    from bot.config import Settings


def read_settings() -> Generator[Finding, None, Settings | None]:
    """Read the settings. An invalid value is reported and replaced by its default, so that other checks can run.

    Returns:
        The settings; None if there are errors other than invalid values.
    """
    from bot.config import load_with_defaults

    settings, faults = load_with_defaults()
    advice = "correct it" if settings is None else "correct it; the lines below go on with its default"
    for fault in faults:
        yield failed("settings", str(fault), advice)
    if not faults:
        yield ok("settings", _described())
    return settings


def _described() -> str:
    """Describe which settings are set, and where. The values are left out, as some are secret."""
    from bot.commands.setting_sources import variables_by_source
    from bot.config import PREFIX, Settings

    told = []
    for place, names in variables_by_source().items():
        known = [PREFIX + name for name in names if name.lower() in Settings.model_fields]
        if known:
            told.append(f"{', '.join(known)} in {place}")
    return "; ".join(told) or "all have their defaults"


def check_unknown_variables() -> Findings:
    """Find variables that look like settings but are not. Most likely they are misspelt."""
    from bot.commands.setting_sources import variables_by_source
    from bot.config import Settings

    known = [name.upper() for name in Settings.model_fields]
    for place, names in variables_by_source().items():
        for name in names:
            if name not in known:
                yield _unknown(name, place, known)


def _unknown(name: str, place: str, known: Sequence[str]) -> Finding:
    from bot.config import PREFIX

    detail = f"{PREFIX}{name} in {place} is not a setting"
    nearest = difflib.get_close_matches(name, known, n=1)
    if nearest:
        return warning("settings", detail, f"did you mean {PREFIX}{nearest[0]}?")
    return warning("settings", detail, "remove it; `labelbot config` prints all settings")
