"""Python, and the packages that the program needs, against what its own metadata says."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from bot.doctor.findings import Findings, failed, ok

PROGRAM = "labelbot"
# Those whose versions explain most of what goes wrong.
TELLING = ("tensorflow", "ai-edge-litert", "python-telegram-bot")


def check_python() -> Findings:
    from packaging.specifiers import SpecifierSet

    running = platform.python_version()
    detail = f"{running}, {platform.system()} {platform.machine()}, {sys.prefix}"
    wanted = SpecifierSet(metadata(PROGRAM)["Requires-Python"])
    # A release candidate of a Python that will do is one that will do.
    if wanted.contains(running, prereleases=True):
        yield ok("python", detail)
    else:
        yield failed("python", f"{detail}; expected {wanted}", "install the program with such a Python")


def check_packages() -> Findings:
    needed = requires(PROGRAM) or []
    faults = list(package_faults(needed))
    if faults:
        yield failed("packages", "; ".join(faults), f"install the program again, with {sys.executable} -m pip")
        return
    versions = ", ".join(f"{name} {version(name)}" for name in TELLING)
    yield ok("packages", f"all that {PROGRAM} {version(PROGRAM)} requires; {versions}")


def package_faults(needed: list[str]) -> Iterator[str]:
    """Tell which requirements, in the form of PEP 508, this Python's packages do not meet."""
    from packaging.requirements import Requirement

    for text in needed:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement.name} is not installed"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield f"{requirement.name} is {found}, expected {requirement.specifier}"
