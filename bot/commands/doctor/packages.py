"""Python, and the packages that the program needs, against what its own metadata says."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from bot.commands.doctor.findings import Findings, failed, ok

PROGRAM = "labelbot"
# Those whose versions explain most of what goes wrong.
TELLING = ("ai-edge-litert", "python-telegram-bot", "tensorflow")
# Of developers, whom it does not concern here.
UNTOLD_EXTRAS = {"dev"}


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
    versions = ", ".join(f"{name} {found}" for name in TELLING if (found := _version(name)) is not None)
    yield ok("packages", f"all that {PROGRAM} {version(PROGRAM)} requires; {versions}")


def check_extras() -> Findings:
    """Tell which of the optional parts are installed; the bot does without any."""
    known = sorted({*metadata(PROGRAM).get_all("Provides-Extra", [])} - UNTOLD_EXTRAS)
    installed = [extra for extra in known if not any(package_faults(requires(PROGRAM) or [], extra))]
    absent = [extra for extra in known if extra not in installed]
    detail = f"installed: {', '.join(installed) or 'none'}"
    yield ok("extras", f"{detail}; not installed: {', '.join(absent)}" if absent else detail)


def package_faults(needed: list[str], extra: str = "") -> Iterator[str]:
    """Tell which requirements this Python's packages do not meet.

    Args:
        needed: in the form of PEP 508, those of a package.
        extra: of that package, whose requirements are looked at, too.
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
