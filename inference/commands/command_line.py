"""The command that somebody gave, for the card of what came of it."""

from __future__ import annotations

import shlex
from collections.abc import Collection

import typer


def command_line(context: typer.Context, *, leave_out: Collection[str]) -> str:
    """The command that does the same again, with the options that differ from their defaults.

    Args:
        context: of the running command.
        leave_out: parameters that belong to this run only.
    """
    words = ["labelbot", context.command.name or ""]
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if parameter.name in leave_out or value in (None, parameter.default):
            continue
        if parameter.param_type_name == "argument":
            words.append(str(value))
        elif value is True:
            words.append(parameter.opts[0])
        else:
            words += [parameter.opts[0], str(value)]
    return shlex.join(words)
