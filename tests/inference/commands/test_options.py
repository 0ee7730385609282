from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from inference.commands.options import command_line, usage_errors, with_options
from inference.training.errors import InvalidSetting


@dataclass(frozen=True, kw_only=True)
class PaintOptions:
    colour: Annotated[str, typer.Argument(help="Colour of the paint.")]
    layers: Annotated[int, typer.Option(min=1)] = 2
    glossy: Annotated[bool, typer.Option("--glossy")] = False
    brush: str | None = None


def run(*arguments: str) -> tuple[PaintOptions, str]:
    ran: list[tuple[PaintOptions, str]] = []

    @with_options(PaintOptions)
    def paint(context: typer.Context, options: PaintOptions) -> None:
        """Paint a wall."""
        line = command_line(context, leave_out=["glossy"], replacements={"brush": "wide"})
        ran.append((options, line))

    app = typer.Typer()
    app.command("paint")(paint)
    assert "Paint a wall." in CliRunner().invoke(app, ["--help"]).output
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return ran[0]


def test_the_fields_of_a_dataclass_are_the_options_of_a_command() -> None:
    assert run("red")[0] == PaintOptions(colour="red")
    options, _ = run("red", "--layers", "3", "--glossy", "--brush", "thin")
    assert options == PaintOptions(colour="red", layers=3, glossy=True, brush="thin")


def test_a_command_line_has_the_options_that_differ_from_their_defaults() -> None:
    assert run("dark red", "--layers", "2", "--glossy")[1] == "labelbot paint 'dark red' --brush wide"
    assert run("red", "--layers", "5")[1] == "labelbot paint red --layers 5 --brush wide"


@pytest.mark.parametrize(("setting", "option"), [("layers", "--layers"), ("paint_colour", "--colour")])
def test_a_setting_out_of_its_range_is_a_wrong_option(setting: str, option: str) -> None:
    with pytest.raises(typer.BadParameter) as refused, usage_errors({"paint_colour": "--colour"}):
        raise InvalidSetting(setting, "at least 1", 0)
    assert (refused.value.param_hint, refused.value.message) == (option, "expected at least 1. Received: 0")
