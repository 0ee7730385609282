"""The README and the pages in docs/ say what the program does."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import build_app
from bot.commands.settings_page import PAGE, settings_page
from bot.config import PREFIX
from bot.sample import samples
from tests.support.built_in import give_built_in

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
LINKING = (
    *PAGES,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", ".github/SECURITY.md")),
    *(ROOT / "inference/models").glob("*/MODEL_CARD.md"),
)
# What differs between machines: versions of models, numbers, lengths of bars.
VERSION = re.compile(r"\b[0-9a-f]{12}\b")
NUMBER = re.compile(r"\d+(\.\d+)?")
BAR = re.compile(r"[▰▱]+")
# Photos of the development data, which a page's commands find in their folder.
PHOTOS = "ants-bees"
LEFT_OUT = "..."
SPANS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
OPTION = re.compile(r"--[a-z][a-z-]*")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def fenced(page: Path) -> Iterator[tuple[str, str]]:
    """Each code block of a page: its language and its text."""
    for match in re.finditer(r"^```(\w+)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        yield match[1], match[2]


def console_blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Each command of a page's console blocks, with the output below it."""
    for language, block in fenced(page):
        if language == "console":
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield command, output


def conversations() -> Iterator[Any]:
    """The commands of each page, apart those that need the development data; later ones build on earlier ones."""
    for page in PAGES:
        for needs_photos, commands in groupby(console_blocks(page), key=lambda block: PHOTOS in block[0]):
            # They train models.
            marks = [pytest.mark.shared] if needs_photos else []
            name = f"{name_of(page)}-{PHOTOS}" if needs_photos else name_of(page)
            yield pytest.param(list(commands), needs_photos, marks=marks, id=name)


def normalised(command: str, output: str) -> str:
    """Output without what differs between machines."""
    lines = [" ".join(line.split()) for line in output.strip().splitlines()]
    if command == "labelbot doctor":  # of each check, only its outcome and its name
        lines = [" ".join(line.split()[:2]) for line in lines if not line.startswith("->")]
    return "".join(BAR.sub("#", NUMBER.sub("0", VERSION.sub("0", line))) + "\n" for line in lines)


def pattern(shown: str) -> str:
    """A regular expression of what a page shows, whose line `...` stands for any lines."""
    return "".join("(?:.*\n)*?" if line == LEFT_OUT else re.escape(line + "\n") for line in shown.splitlines())


@pytest.mark.parametrize(("commands", "needs_photos"), list(conversations()))
@pytest.mark.slow
def test_commands_print_what_the_page_shows(
    commands: list[tuple[str, str]],
    needs_photos: bool,
    tmp_path: Path,
    built: Path,
    request: pytest.FixtureRequest,
) -> None:
    (tmp_path / "bot").mkdir()
    for photo in samples():
        shutil.copy(photo, tmp_path / "bot")
    if needs_photos:
        (tmp_path / PHOTOS).symlink_to(request.getfixturevalue("shared") / "data" / PHOTOS)
    home = give_built_in(tmp_path / "home", built)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for command, shown in commands:
        program, *arguments = shlex.split(command)
        assert program == "labelbot"
        finished = subprocess.run(
            [Path(sys.executable).with_name(program), *arguments],
            cwd=tmp_path,
            env=environment | {"LABELBOT_HOME": str(home), "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        printed = normalised(command, finished.stdout)
        assert re.fullmatch(pattern(normalised(command, shown)), printed), printed


def commands_in(page: Path) -> Iterator[str]:
    """Each command of the program that a page names, in blocks or within a line."""
    text = page.read_text()
    blocks = (line for _, block in fenced(page) for line in block.splitlines())
    for line in (*blocks, *SPANS.findall(text)):
        if match := re.search(r".*(?:^|[ /])labelbot ((?:--|[a-z]).*)", line):
            yield match[1]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_exists(page: Path) -> None:
    program = typer.main.get_command(build_app())
    for line in commands_in(page):
        words = line.split()
        command: Any = program
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        # A group takes a command or an option; any other word is a misspelt command.
        assert not hasattr(command, "commands") or not words or words[0].startswith("--"), line
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert set(OPTION.findall(line.partition("#")[0])) <= options, line


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_option_named_by_itself_exists(page: Path) -> None:
    known = set(OPTION.findall("\n".join(all_options(typer.main.get_command(build_app())))))
    named = {span.split()[0] for span in SPANS.findall(page.read_text()) if span.startswith("--")}
    assert named <= known


def all_options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from parameter.opts
    for inner in getattr(command, "commands", {}).values():
        yield from all_options(inner)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKING, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", LINKING, ids=name_of)
def test_every_path_of_the_sources_exists(page: Path) -> None:
    named = re.findall(r"`((?:bot|docs|inference|tests)/[\w./-]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_page_of_settings_is_that_of_the_program() -> None:
    """If not: `python -m bot.commands.settings_page`."""
    assert (ROOT / PAGE).read_text() == settings_page()
