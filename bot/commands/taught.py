"""`labelbot taught`: what chats have taught the bot."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import typer
from sqlalchemy import URL

from bot.storage.taught_reading import list_classes, read_chat
from inference.commands.models import print_table
from inference.errors import ProgramError
from inference.system.terminal import counted, print_message
from inference.teaching.taught_folder import TaughtExport


class NothingTaught(ProgramError):
    """A chat has taught nothing."""


def run_list(database: URL, *, as_json: bool) -> None:
    """Print the classes of all chats."""
    classes = list_classes(database)
    if as_json:
        for each in classes:
            print(json.dumps(asdict(each), ensure_ascii=False))
        return
    if not classes:
        print("no chat has taught anything")
        return
    rows = [("CHAT", "CLASS", "PHOTOS", "PEOPLE", "MODEL", "LAST USED")]
    for each in classes:
        used = "" if each.last_used_at is None else f"{datetime.fromtimestamp(each.last_used_at, UTC):%Y-%m-%d}"
        rows.append((str(each.chat_id), each.name, str(each.photos), str(each.people), ", ".join(each.models), used))
    print_table(rows)


def run_export(database: URL, chat_id: int, out: Path) -> None:
    """Write what a chat taught into a new folder.

    Raises:
        NothingTaught: the chat has taught nothing.
        StorageError: the database cannot be used.
        OSError: the folder cannot be written.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise typer.BadParameter(f"expected a new folder. Received: {out}, which exists", param_hint="--out")
    export = read_taught(database, chat_id)
    export.write(out)
    names = {photo.class_name for photo in export.photos}
    held_out = sum(photo.held_out for photo in export.photos)
    print(
        f"{counted(len(export.photos), 'photo')} of {len(names)} {'class' if len(names) == 1 else 'classes'} in {out}, "
        f"{held_out} of them held out; numbers of {export.model} {export.version}"
    )


def read_taught(database: URL, chat_id: int) -> TaughtExport:
    """Return what a chat taught; print a message if photos are left out.

    Raises:
        NothingTaught: the chat has taught nothing.
        StorageError: the database cannot be used.
    """
    export, left_out = read_chat(database, chat_id)
    if export is None:
        chats = sorted({each.chat_id for each in list_classes(database)})
        known = f"these have: {', '.join(map(str, chats))}" if chats else "no chat has"
        raise NothingTaught(f"The chat {chat_id} has taught nothing; {known}.")
    if left_out:
        print_message(
            f"{counted(left_out, 'photo')} left out, as {export.model} {export.version} has not read "
            f"{'it' if left_out == 1 else 'them'}; a running bot reads {'it' if left_out == 1 else 'them'} again"
        )
    return export
