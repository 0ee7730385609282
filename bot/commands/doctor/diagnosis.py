"""Runs all checks in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bot.commands.doctor.answer import check_answers
from bot.commands.doctor.cluster import check_cluster
from bot.commands.doctor.database import check_database, chosen_models, claimed_admins
from bot.commands.doctor.findings import Finding, Findings, failed
from bot.commands.doctor.gpu import check_gpu
from bot.commands.doctor.instance import check_instance
from bot.commands.doctor.machine import check_cpu, check_disk, check_memory
from bot.commands.doctor.packages import check_extras, check_packages, check_python
from bot.commands.doctor.proxy import check_proxy
from bot.commands.doctor.settings import check_unknown_variables, read_settings
from bot.commands.doctor.store import check_home, check_models, may_use_inception
from bot.commands.doctor.telegram import check_access, check_admins, check_telegram
from bot.commands.doctor.web import check_certificate, check_web

if TYPE_CHECKING:
    from bot.config import Settings

T = TypeVar("T")

OF_THE_MACHINE: dict[str, Callable[[], Findings]] = {
    "python": check_python,
    "packages": check_packages,
    "extras": check_extras,
}
OF_THE_BOT: dict[str, Callable[[Settings], Findings]] = {
    "cpu": lambda settings: check_cpu(settings.workers),
    "memory": lambda settings: check_memory(settings.workers, inception=may_use_inception(settings)),
    "cluster": check_cluster,
    "disk": lambda settings: check_disk(settings.home),
    "home": lambda settings: check_home(settings.home),
    "database": check_database,
    "instance": check_instance,
    "models": lambda settings: check_models(settings.home, settings.model, chosen_models(settings)),
    "answer": lambda settings: check_answers(
        settings.home, settings.model, device=settings.device, max_batch_size=settings.max_batch_size
    ),
    "proxy": check_proxy,
    "web": check_web,
    "webhook": check_certificate,
    "telegram": check_telegram,
    "admins": lambda settings: check_admins(settings, claimed_admins(settings)),
    "access": lambda settings: check_access(settings, claimed_admins(settings)),
}


def diagnose(announce: Callable[[str], None], *, gpu: bool = False) -> Findings:
    """Check everything that the bot needs, and yield each finding at once.

    Args:
        announce: called with the name of each check before it runs, as some checks take seconds.
        gpu: True to look for GPUs even if nothing needs them.
    """
    of_the_bot = {"gpu": lambda settings: check_gpu(settings.home, settings.device, always=gpu), **OF_THE_BOT}
    for name, check in OF_THE_MACHINE.items():
        announce(name)
        yield from _bounded(name, check)
    announce("settings")
    settings = yield from _bounded("settings", read_settings)
    yield from _bounded("settings", check_unknown_variables)
    if settings is None:
        left_out = ", ".join(of_the_bot)
        yield failed("settings", f"without them, these were not checked: {left_out}", "correct the settings first")
        return
    for name, check_bot in of_the_bot.items():
        announce(name)
        yield from _bounded(name, partial(check_bot, settings))


def _bounded(name: str, check: Callable[[], Generator[Finding, None, T]]) -> Generator[Finding, None, T | None]:
    """Run a check. An exception becomes a finding, and the other checks continue."""
    try:
        return (yield from check())
    except PermissionError as error:
        advice = f"let user {os.getuid()}, who runs this, read there, or set LABELBOT_HOME to another folder"
        yield failed(name, f"cannot be looked at: {error.strerror}: {error.filename}", advice)
        return None
    except Exception as error:  # noqa: BLE001  (errors of a broken machine are unpredictable)
        detail = f"cannot be looked at: {type(error).__name__}: {error}"
        yield failed(
            name, detail, "install the program and its packages again; if that does not help, report this line"
        )
        return None
