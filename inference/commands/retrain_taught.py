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
    from collections.abc import Callable
    from typing import TypeAlias

    import numpy as np
    import numpy.typing as npt

    from inference.teaching.taught_folder import TaughtExport
    from inference.training.retraining.taught_head import TaughtHead

    ReadChat: TypeAlias = Callable[[int], TaughtExport]


class NoSuchExport(ProgramError):
    """There is no folder or file of what was taught."""


def retrain_taught(options: RetrainOptions, source: Path, read_chat: ReadChat | None) -> None:
    """Build, judge and install the model.

    Args:
        options: options of the command.
        source: id of a chat, folder of an export, or file of `labelbot teach`.
        read_chat: function that reads what a chat taught; None if there is no database of chats.

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
    chat, model, version, learnt, held_out = _read(source, read_chat)
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
        replace(built.spec, name=options.name, chat=built.spec.chat if chat is None else chat),
        network=base.network,
        labels=built.labels,
        head=built.head,
        extras={CARD_FILE: card.encode()},
        replace=options.replace,
    )
    for fact in facts:
        print(fact)
    print(f"installed {options.name}, version {bundle.spec.version}")


def _read(
    source: Path, read_chat: ReadChat | None
) -> tuple[int | None, str, str, dict[str, npt.NDArray[np.float32]], dict[str, npt.NDArray[np.float32]]]:
    """Return the chat's id, name and version of the model, the photos to learn from and those that judge, by class."""
    from inference.teaching.taught_file import TaughtFile
    from inference.teaching.taught_folder import TaughtExport

    export = TaughtExport.read(source) if source.is_dir() else None
    if read_chat is not None and not source.exists() and str(source).removeprefix("-").isdecimal():
        export = read_chat(int(str(source)))
    if export is not None:
        learnt, held_out = dict(export.classes(held_out=False)), dict(export.classes(held_out=True))
        # A class of which all photos would judge is learnt from them.
        for name in [name for name in held_out if name not in learnt]:
            learnt[name] = held_out.pop(name)
        return export.chat, export.model, export.version, learnt, held_out
    if source.is_file():
        taught = TaughtFile.read(source)
        return None, taught.model, taught.version, taught.embeddings(), {}
    raise NoSuchExport(
        "--taught: expected the id of a chat, a folder of labelbot taught export, or a file of labelbot teach. "
        f"Received: {source}, which does not exist"
    )


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
