"""What a check found."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Status(StrEnum):
    """How it stands: a warning keeps the bot from nothing that it was asked for, a failure does."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis.

    Attributes:
        name: of what was looked at.
        status: how it stands.
        detail: what was seen.
        advice: what to do; None where all is well.
    """

    name: str
    status: Status
    detail: str
    advice: str | None = None


Findings: TypeAlias = Generator[Finding, None, None]


def ok(name: str, detail: str) -> Finding:
    return Finding(name, Status.OK, detail)


def warning(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, Status.WARNING, detail, advice)


def failed(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, Status.FAILED, detail, advice)
