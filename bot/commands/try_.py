"""`labelbot try`: the real bot with a local Telegram, without a token or a network."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import os
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import typer
from pydantic import SecretStr

from bot import logs
from bot.app import LabelBot
from bot.config import UNLIMITED, Settings
from bot.localchat.page import add_page
from bot.localchat.photos import PhotoRefused
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from bot.localchat.threads import Message
from bot.sample import samples
from bot.views import replies
from bot.views.texts import DEFAULT_LANGUAGE, LOCALES, Texts, read_texts
from inference import STARTER, ModelStore, errors
from inference.commands.pull_missing import find_or_pull, missing_entry
from inference.errors import ProgramError
from inference.system.stop_signals import on_stop

# This port is easy to type, and rarely used by other programs.
DEFAULT_PORT = 8642
# Time limit for an answer. Even the first answer takes only a fraction of a second.
ANSWER_TIMEOUT_S = 30.0
# Number of workers: enough for one person. More would only slow down the start on a machine with many cores.
WORKERS = 2
APOLOGIES = (*replies.FAILURES.values(), *replies.NO_IMAGE)


class TrialError(ProgramError):
    """The trial cannot continue. The message is one sentence for the user."""


def run(
    settings: Settings, photos: Sequence[Path], *, once: bool, port: int | None, model: str | None, no_pull: bool
) -> int:
    """Print a conversation about photos, then serve the chat page until a signal ends it, such as that of Ctrl-C.

    Args:
        settings: settings of a real bot. The trial does not change the bot's data.
        photos: image files to send; empty for the samples.
        once: whether to end after the conversation.
        port: port of the chat page; None for the default port or, if that is in use, any free port.
        model: name of the model to use; None for the model of the settings.
        no_pull: whether the model must not be downloaded.

    Returns:
        The exit status: 0, or 1 if the bot did not start, did not answer, or gave no labels.
    """
    used = model or settings.model
    if missing_entry(ModelStore(settings.home), used, settings.catalog) is not None:
        find_or_pull(settings.home, used, no_pull=no_pull, catalog=settings.catalog)
    try:
        return asyncio.run(_try(settings, photos or samples(), once=once, port=port, model=model))
    except asyncio.CancelledError:
        return 0


async def _try(settings: Settings, photos: Sequence[Path], *, once: bool, port: int | None, model: str | None) -> int:
    task = asyncio.current_task()
    assert task is not None
    on_stop(task.cancel)
    contents = [(path.name, await asyncio.to_thread(_read, path)) for path in photos]
    async with AsyncExitStack() as stack:
        server = await _serve_chat(stack, port)
        server.simulation.add_private_chat(server.simulation.admin)
        # As an admin, the bot sees all photos of the group, so that every setting has an effect.
        server.simulation.group.statuses[server.simulation.bot.id] = "administrator"
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labelbot-try-")))
        await _build(ModelStore(settings.home), model or settings.model)
        settings = await asyncio.to_thread(trial_settings, settings, server, home=home, model=model)
        logs.configure(server.token, sys.stderr, level=logging.WARNING)
        typer.echo(f"Starting {server.simulation.bot.first_name} with the model {settings.model} ...")
        bot = await stack.enter_async_context(LabelBot(settings))
        texts = read_texts(LOCALES / DEFAULT_LANGUAGE)
        unlabelled = [
            name
            for name, data in contents
            if not await converse(server.simulation, texts, name, data, timeout_s=ANSWER_TIMEOUT_S)
        ]
        if not once:
            typer.echo(f"\nChat with it at {server.api_url}/ (Ctrl-C ends it)")
            await bot.intake
    if unlabelled:
        raise TrialError(f"no labels for {', '.join(unlabelled)}")
    return 0


async def _build(store: ModelStore, name: str) -> None:
    """Build the model if it is not built yet, and print a notice."""
    try:
        store.find(name, build=False)
    except errors.ModelNotBuilt:
        typer.echo(f"Building the model {store.resolve(name)}, which is done once ...", err=True)
        await asyncio.to_thread(store.find, name)
    except errors.InferenceError:
        pass  # the bot reports the error when it starts


def trial_settings(settings: Settings, server: LocalChatServer, *, home: Path, model: str | None) -> Settings:
    """Return the settings of a bot that uses the local server and temporary data.

    Args:
        settings: settings of a real bot; their token is not used.
        server: local Bot API server.
        home: empty folder for the trial. It gets links to the models of the real home, so that models can be installed
            and removed in the trial without a change to the real home.
        model: name of the model to use; None for the model of `settings`.
    """
    models = home / "models"
    models.mkdir()
    store = ModelStore(settings.home)
    for name in store.names():
        if (link := settings.home / "models" / name).is_symlink():
            (models / name).symlink_to(link.resolve(), target_is_directory=True)
    if (used := store.resolve(model or settings.model)) != STARTER and not (models / used).is_symlink():
        # If the model must be built, it is stored in the real home. The bot reports errors when it starts.
        with suppress(errors.InferenceError):
            (models / used).symlink_to(store.find(used).directory.absolute(), target_is_directory=True)
    return settings.model_copy(
        update=UNLIMITED
        | {
            "token": SecretStr(server.token),
            "token_file": None,
            "api_url": server.api_url,
            "home": home,
            "database_url": None,
            "database_url_file": None,
            "admins": frozenset({server.simulation.admin.id}),
            "allowed": frozenset(),
            "added_by_admins": False,
            "model": used,
            "auto_pull": False,
            "listen": None,
            "webhook_url": None,
            "workers": settings.workers or WORKERS,
        }
    )


async def _serve_chat(stack: AsyncExitStack, port: int | None) -> LocalChatServer:
    """Open the local server with its page on the given port; without one, on the default port or any free port."""
    for candidate in (DEFAULT_PORT, 0) if port is None else (port,):
        server = LocalChatServer(candidate)
        add_page(server.app, server.simulation)
        try:
            return await stack.enter_async_context(server)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
    raise TrialError(f"port {candidate} cannot be used: {reason}")


def _read(photo: Path) -> bytes:
    try:
        return photo.read_bytes()
    except OSError as error:
        raise TrialError(f"{photo} cannot be read: {error.strerror}") from None


async def converse(simulation: Simulation, texts: Texts, name: str, data: bytes, *, timeout_s: float) -> bool:
    """Send a photo as Alice, print the answer, and return whether it has labels. `texts` are in the answer's language.

    Raises:
        TrialError: the bot did not answer in time.
    """
    typer.echo(f"\n{_spoken(simulation.alice.first_name, name)}")
    sent_at = time.perf_counter()
    message = await _send(simulation, name, data)
    try:
        reply = await simulation.wait_for_reply(message, timeout_s)
    except TimeoutError:
        raise TrialError(f"the bot did not answer within {timeout_s:g} s") from None
    elapsed_s = time.perf_counter() - sent_at
    typer.echo(_spoken(simulation.bot.first_name, f"{reply['text']}\n(answered in {elapsed_s:.2f} s)"))
    return reply["text"] not in map(texts, APOLOGIES)


async def _send(simulation: Simulation, name: str, data: bytes) -> Message:
    """Send an image as a photo or, if Telegram would not accept the image as a photo, as a file."""
    try:
        await simulation.prepare_photo(data)
    except PhotoRefused:
        mime_type, _ = mimetypes.guess_type(name)
        return simulation.send_document(
            simulation.private,
            simulation.alice,
            data,
            file_name=name,
            mime_type=mime_type or "application/octet-stream",
        )
    return simulation.send_photo(simulation.private, simulation.alice, data)


def _spoken(speaker: str, text: str) -> str:
    """Format a speaker's name with the text beside it."""
    margin = f"{speaker:<10}"
    return margin + textwrap.indent(text, " " * len(margin)).lstrip()
