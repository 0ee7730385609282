"""The types of options and arguments in the help, in plain words instead of those of Python."""

from __future__ import annotations

import typer
from typer.core import TyperArgument, TyperOption

PLAIN = {
    "<str>": "TEXT",
    "<int>": "NUMBER",
    "<int range>": "NUMBER",
    "<float>": "NUMBER",
    "<float range>": "NUMBER",
    "<path>": "PATH",
    "<file>": "FILE",
    "<dir>": "FOLDER",
}


def name_types(command: object, context: typer.Context) -> None:
    """Name the types of a command's options, and of those below it. Arguments have names that say enough.

    Args:
        command: a command or a group of commands.
        context: context of the program.
    """
    for parameter in getattr(command, "params", ()):
        shown = getattr(parameter, "display_type", None)  # older versions of Typer have no such types
        if shown is None:
            continue
        if isinstance(parameter, TyperArgument):
            parameter.display_type = _no_type  # type: ignore[assignment, method-assign]
        elif isinstance(parameter, TyperOption) and parameter.metavar is None:
            parameter.metavar = PLAIN.get(shown(context))
    for below in getattr(command, "commands", {}).values():
        name_types(below, context)


def _no_type(_context: object) -> str:
    return ""
