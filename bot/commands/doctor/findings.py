"""The findings of checks."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Status(StrEnum):
    """The severity of a finding. If a check failed, the bot cannot do its work; after a warning it can."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis.

    Attributes:
        name: name of the check.
        status: severity.
        detail: observations.
        advice: recommended action; None if nothing is wrong.
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
