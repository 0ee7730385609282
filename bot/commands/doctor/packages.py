"""Checks Python and the installed packages against the program's metadata."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from bot.commands.doctor.findings import Findings, failed, ok

PROGRAM = "labelbot"
# Packages whose versions explain most problems.
TELLING = ("ai-edge-litert", "python-telegram-bot", "tensorflow")
# Extras for developers only.
HIDDEN_EXTRAS = {"dev"}


def check_python() -> Findings:
    from packaging.specifiers import SpecifierSet

    running = platform.python_version()
    detail = f"{running}, {platform.system()} {platform.machine()}, {sys.prefix}"
    wanted = SpecifierSet(metadata(PROGRAM)["Requires-Python"])
    # Release candidates of Python are accepted, too.
    if wanted.contains(running, prereleases=True):
        yield ok("python", detail)
    else:
        yield failed("python", f"{detail}; expected {wanted}", "install the program with such a Python")


def check_packages() -> Findings:
    needed = requires(PROGRAM) or []
    faults = list(package_faults(needed))
    if faults:
        yield failed("packages", "; ".join(faults), "install the program again, as docs/install.md says")
        return
    versions = ", ".join(f"{name} {found}" for name in TELLING if (found := _version(name)) is not None)
    yield ok("packages", f"all that {PROGRAM} {version(PROGRAM)} requires; {versions}")


def check_extras() -> Findings:
    """Report the installed extras. The bot requires none of them."""
    known = sorted({*metadata(PROGRAM).get_all("Provides-Extra", [])} - HIDDEN_EXTRAS)
    installed = [extra for extra in known if not any(package_faults(requires(PROGRAM) or [], extra))]
    absent = [extra for extra in known if extra not in installed]
    detail = f"installed: {', '.join(installed) or 'none'}"
    yield ok("extras", f"{detail}; not installed: {', '.join(absent)}" if absent else detail)


def package_faults(needed: list[str], extra: str = "") -> Iterator[str]:
    """Yield a description of each requirement that is not met.

    Args:
        needed: requirements of a package, in the format of PEP 508.
        extra: extra of the package whose requirements are included.
    """
    from packaging.requirements import Requirement

    for text in needed:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            yield f"{requirement.name} is not installed"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield f"{requirement.name} is {found}, expected {requirement.specifier}"
        for inner in requirement.extras:
            yield from package_faults(requires(requirement.name) or [], inner)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
