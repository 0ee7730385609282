"""`labelbot taught`: what was taught on the command line, and what chats have taught the bot.

The modules that the commands need are imported when they run, as in `bot.cli`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.models import print_table
from inference.commands.taught import forget, print_home
from inference.errors import ProgramError
from inference.system.terminal import counted, print_message

if TYPE_CHECKING:
    from sqlalchemy import URL

    from inference.teaching.taught_folder import TaughtExport


class NothingTaught(ProgramError):
    """A chat has taught nothing."""


def commands() -> typer.Typer:
    """Return the commands for what was taught."""
    group = typer.Typer(
        name="taught", help="List, forget and export what was taught.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("forget")(forget)
    group.command("list")(list_taught)
    # The ids of groups are negative numbers, which must not be taken for options.
    group.command("export", context_settings={"ignore_unknown_options": True})(export_taught)
    return group


def list_taught(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per class, one per line.")] = False,
) -> None:
    """List the classes that were taught on the command line, and those that chats have taught the bot."""
    from bot.config import load_settings
    from bot.storage.database_url import database_url

    settings = load_settings()
    if print_home(settings.home, as_json=as_json) and not as_json:
        print()
    _print_chats(database_url(settings), as_json=as_json)


def _print_chats(database: URL, *, as_json: bool) -> None:
    from bot.storage.taught_reading import list_classes

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


def export_taught(
    chat: Annotated[int, typer.Argument(metavar="CHAT", help="Id of the chat; see taught list.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="New folder.", show_default=False)],
) -> None:
    """Export what a chat has taught: embeddings, labels and consents, but no images.

    The bot may keep running.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise typer.BadParameter(f"expected a new folder. Received: {out}, which exists", param_hint="--out")
    export = read_taught(chat)
    export.write(out)
    names = {photo.class_name for photo in export.photos}
    held_out = sum(photo.held_out for photo in export.photos)
    print(
        f"{counted(len(export.photos), 'photo')} of {len(names)} {'class' if len(names) == 1 else 'classes'} in {out}, "
        f"{held_out} of them held out; numbers of {export.model} {export.version}"
    )


def read_taught(chat_id: int) -> TaughtExport:
    """Return what a chat taught; print a message if photos are left out.

    Raises:
        NothingTaught: the chat has taught nothing.
        ConfigError: a setting is invalid.
        StorageError: the database cannot be used.
    """
    from bot.config import load_settings
    from bot.storage.database_url import database_url
    from bot.storage.taught_reading import list_classes, read_chat

    database = database_url(load_settings())
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
