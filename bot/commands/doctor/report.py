"""The output of `labelbot doctor`."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from bot.commands.doctor.diagnosis import diagnose
from bot.commands.doctor.findings import Finding, Status
from inference.errors import naming
from inference.system.terminal import mask, printable, raw_stream

STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "bold red"}
STATUS_WIDTH = 9
MARGIN_WIDTH = STATUS_WIDTH + 10
# Minimum width of the text beside the margin.
MIN_WIDTH = 20
ADVICE = "-> "


def run(*, as_json: bool, gpu: bool = False) -> int:
    """Print each finding at once, as a JSON line or as text.

    Args:
        as_json: True for JSON lines.
        gpu: True to look for GPUs even if nothing needs them.

    Returns:
        The exit status: 0, or 1 if a check failed.
    """
    statuses: Counter[Status] = Counter()
    if as_json:
        for finding in diagnose(lambda _: None, gpu=gpu):
            statuses[finding.status] += 1
            print(json.dumps(asdict(finding)), flush=True)
        return min(statuses[Status.FAILED], 1)
    console = Console(file=raw_stream(sys.stdout), highlight=False)
    width = console.width if console.is_terminal else None
    with naming("the output"), console.status("", spinner="line") as spinner:
        for finding in diagnose(lambda name: spinner.update(f"Looking at {name}"), gpu=gpu):
            statuses[finding.status] += 1
            for line in lines(finding, width):
                console.print(line, soft_wrap=True)
        console.print(summary(statuses), soft_wrap=True)
    return min(statuses[Status.FAILED], 1)


def lines(finding: Finding, width: int | None) -> Iterator[Text]:
    """Yield the lines of a finding: status, name and detail, then the advice.

    Args:
        finding: finding to print.
        width: width of the terminal; None to keep long lines, for programs that read them.
    """
    margin = Text.assemble((f"{finding.status:<{STATUS_WIDTH}}", STYLES[finding.status]), finding.name)
    margin.pad_right(MARGIN_WIDTH - margin.cell_len)
    paragraphs = [_wrapped(_shown(finding.detail), width)]
    if finding.advice is not None:
        paragraphs.append(_wrapped(_shown(ADVICE + finding.advice), width, indent=" " * len(ADVICE)))
    for line in (line for paragraph in paragraphs for line in paragraph):
        yield margin + Text(line)
        margin = Text(" " * MARGIN_WIDTH)


def summary(statuses: Counter[Status]) -> str:
    """Return the summary line."""
    failed, warnings = statuses[Status.FAILED], statuses[Status.WARNING]
    return f"\n{failed or 'nothing'} failed, {warnings or 'no'} warning{'' if warnings == 1 else 's'}"


def _shown(text: str) -> str:
    """Remove secrets and control characters from a text. Only this program itself may colour the output."""
    return mask(printable(text))


def _wrapped(text: str, width: int | None, *, indent: str = "") -> list[str]:
    if width is None:
        return [text]
    return textwrap.wrap(
        text,
        max(width - MARGIN_WIDTH, MIN_WIDTH),
        subsequent_indent=indent,
        # Paths and addresses are not broken, so that they can be copied.
        break_long_words=False,
        break_on_hyphens=False,
    )
