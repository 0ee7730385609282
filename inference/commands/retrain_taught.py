"""`labelbot retrain --taught`: an ordinary model from what people taught, without images."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inference.commands.models import open_store
from inference.commands.pull_missing import find_or_pull
from inference.commands.retrain_options import RetrainOptions
from inference.commands.teach import base_reference
from inference.errors import ModelError, ProgramError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from inference.training.retraining.taught_head import TaughtHead


class NoSuchExport(ProgramError):
    """There is no folder or file of what was taught."""


def retrain_taught(options: RetrainOptions, source: Path) -> None:
    """Build, judge and install the model.

    Raises:
        BadParameter: the name is taken or invalid, or the classes are of another model version.
        NoSuchExport: `source` does not exist.
        ModelError: `source` is damaged, or its base cannot be used.
    """
    from inference.models.bundle import CARD_FILE
    from inference.training.retraining.taught_head import build_taught_head

    store = open_store(options.home)
    try:
        store.check_name(options.name, replace=options.replace)
    except ModelError as error:
        raise typer.BadParameter(str(error), param_hint="--name") from None
    store.check_writable()
    model, version, learnt, held_out = _read(source)
    base = find_or_pull(options.home, model, no_pull=options.no_pull)
    if base.spec.version != version:
        raise typer.BadParameter(
            f"expected what {model} {base.spec.version} was taught. Received: what version {version} was taught",
            param_hint="--taught",
        )
    built = build_taught_head(base, learnt, held_out, base_reference(base))
    facts = _facts(built, learnt)
    card = "\n".join([f"# {options.name}", "", *(f"- {fact}" for fact in facts), ""])
    bundle = store.add(
        replace(built.spec, name=options.name),
        network=base.network,
        labels=built.labels,
        head=built.head,
        extras={CARD_FILE: card.encode()},
        replace=options.replace,
    )
    for fact in facts:
        print(fact)
    print(f"installed {options.name}, version {bundle.spec.version}")


def _read(source: Path) -> tuple[str, str, dict[str, npt.NDArray[np.float32]], dict[str, npt.NDArray[np.float32]]]:
    """Return name and version of the model, the photos to learn from and those that judge, by class."""
    from inference.teaching.taught_file import TaughtFile
    from inference.teaching.taught_folder import TaughtExport

    if source.is_dir():
        export = TaughtExport.read(source)
        learnt, held_out = dict(export.classes(held_out=False)), dict(export.classes(held_out=True))
        # A class of which all photos would judge is learnt from them.
        for name in [name for name in held_out if name not in learnt]:
            learnt[name] = held_out.pop(name)
        return export.model, export.version, learnt, held_out
    if source.is_file():
        taught = TaughtFile.read(source)
        return taught.model, taught.version, taught.embeddings(), {}
    chat = str(source).removeprefix("-").isdecimal()
    advice = f"export the chat first: labelbot taught export {source} --out FOLDER" if chat else "there is none"
    raise NoSuchExport(f"--taught: expected a folder of labelbot taught export, or a file of labelbot teach; {advice}.")


def _facts(built: TaughtHead, learnt: dict[str, npt.NDArray[np.float32]]) -> list[str]:
    count = sum(map(len, learnt.values()))
    facts = [
        f"base: {built.spec.base}, whose {built.head.classes - len(learnt):,} names it keeps",
        f"taught classes: {', '.join(learnt)}; {count} photos, of which only numbers were kept",
    ]
    if built.photos:
        facts.append(f"held-out photos: {built.right} of {built.photos} are named rightly")
    facts.append(f"unrelated photos: {built.mistaken} of {built.unrelated} are taken for a taught class")
    facts.append(f"date: {datetime.now(UTC):%Y-%m-%d}")
    return facts
