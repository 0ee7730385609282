"""Commands whose options are the fields of a dataclass."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields
from functools import wraps
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import typer

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Options = TypeVar("Options", bound="DataclassInstance")


def with_options(kind: type[Options]) -> Callable[[Callable[[typer.Context, Options], None]], Callable[..., None]]:
    """Return a decorator that turns a function with a dataclass of options into a Typer command.

    Args:
        kind: dataclass whose fields become the parameters of the command; the fields have Typer's annotations.
    """

    def decorate(run: Callable[[typer.Context, Options], None]) -> Callable[..., None]:
        @wraps(run)
        def command(context: typer.Context, **values: Any) -> None:
            run(context, kind(**values))

        hints = get_type_hints(kind, include_extras=True)
        parameters = [Parameter("context", Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)]
        for field in fields(kind):
            default = Parameter.empty if field.default is MISSING else field.default
            parameters.append(
                Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name])
            )
        command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return decorate


def command_line(
    context: typer.Context, *, leave_out: Collection[str], replacements: Mapping[str, object] | None = None
) -> str:
    """Return a command line that repeats the running command; options with default values are left out.

    Args:
        context: context of the running command.
        leave_out: names of parameters that only matter for this run.
        replacements: other values of some parameters, by parameter name.
    """
    values = {**context.params, **(replacements or {})}
    words = ["labelbot", context.command.name or ""]
    for parameter in context.command.params:
        value = values.get(parameter.name or "")
        if parameter.name in leave_out or value in (None, parameter.default):
            continue
        if parameter.param_type_name == "argument":
            words.append(str(value))
        elif value is True:
            words.append(parameter.opts[0])
        else:
            words += [parameter.opts[0], str(value)]
    return shlex.join(words)


@contextmanager
def usage_errors(option_names: Mapping[str, str]) -> Iterator[None]:
    """Report an invalid setting as an invalid option.

    Args:
        option_names: options by setting name, if the two names differ.

    Raises:
        BadParameter: the body raised InvalidSetting.
    """
    from inference.training.errors import InvalidSetting

    try:
        yield
    except InvalidSetting as error:
        option = option_names.get(error.setting, f"--{error.setting.replace('_', '-').replace(' ', '-')}")
        reason = f"expected {error.expected}. Received: {error.received!r}"
        raise typer.BadParameter(reason, param_hint=option) from None
