"""`labelbot try`: the real bot, in conversation with a local Telegram; it needs no token and no network."""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import os
import signal
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
from inference.errors import ProgramError

# Above the ports that programs commonly take for themselves, and easy to type.
DEFAULT_PORT = 8642
# A first answer takes a fraction of a second; beyond this nobody still believes in one.
ANSWER_TIMEOUT_S = 30.0
# One person waits for one photo or an album; more workers would only make the start longer on a machine of many cores.
WORKERS = 2
APOLOGIES = (*replies.FAILURES.values(), "answers-not-an-image-file", "answers-no-still")


class TrialError(ProgramError):
    """The trial cannot go on; the message is one sentence for the person who runs it."""


def run(settings: Settings, photos: Sequence[Path], *, once: bool, port: int | None, model: str | None) -> int:
    """Print a conversation about photos; then serve the chat page until SIGINT or SIGTERM, unless `once`.

    Args:
        settings: those of a real bot, of which the trial touches nothing.
        photos: image files; none stands for the samples.
        once: end after the conversation.
        port: of the chat page; None is the usual one or, where that is taken, any other.
        model: the name of the model that answers; None is the one of the settings.

    Returns:
        The exit status: 0; 1 where the bot did not start, did not answer, or could not read a photo.
    """
    try:
        return asyncio.run(_try(settings, photos or samples(), once=once, port=port, model=model))
    except asyncio.CancelledError:
        return 0


async def _try(settings: Settings, photos: Sequence[Path], *, once: bool, port: int | None, model: str | None) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    contents = [(path.name, await asyncio.to_thread(_read, path)) for path in photos]
    async with AsyncExitStack() as stack:
        server = await _serve_chat(stack, port)
        server.simulation.add_private_chat(server.simulation.admin)
        # Or Telegram would hide photos from it there, and the group could be set to nothing that shows.
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
            await bot.polling
    if unlabelled:
        raise TrialError(f"no labels for {', '.join(unlabelled)}")
    return 0


async def _build(store: ModelStore, name: str) -> None:
    """Build the model if that is still to be done, and say so: nobody likes to wait without a word."""
    try:
        store.find(name, build=False)
    except errors.ModelNotBuilt:
        typer.echo(f"Building the model {name}, which is done once ...", err=True)
        await asyncio.to_thread(store.find, name)
    except errors.InferenceError:
        pass  # which the start of the bot tells


def trial_settings(settings: Settings, server: LocalChatServer, *, home: Path, model: str | None) -> Settings:
    """Turn the settings of a real bot into those of one that talks to `server` and keeps nothing.

    Args:
        settings: as the environment has them; their token stays unused.
        server: the local Telegram.
        home: an empty folder of the trial's own. It gets links to the models of the real home, which stay untouched
            whatever is installed and removed in the trial.
        model: the name of the model that answers; None is the one of `settings`.
    """
    models = home / "models"
    models.mkdir()
    store = ModelStore(settings.home)
    for name in store.names():
        if (link := settings.home / "models" / name).is_symlink():
            (models / name).symlink_to(link.resolve(), target_is_directory=True)
    if (used := model or settings.model) != STARTER and not (models / used).is_symlink():
        # One that was built is kept in the real home. What is wrong with it is told at the start.
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
            "model": model or settings.model,
            "workers": settings.workers or WORKERS,
        }
    )


async def _serve_chat(stack: AsyncExitStack, port: int | None) -> LocalChatServer:
    """Open the local Telegram with its page on the port asked for, or on the usual or any free one."""
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
    """Send a photo as Alice, to whom `texts` are said; print the answer, and tell whether it holds labels.

    Raises:
        TrialError: the bot did not answer within `timeout_s`.
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
    """Send as a photo; as a file, like Telegram's apps, where no photo can be made of it."""
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
    """A speaker and, beside the name, what they say."""
    margin = f"{speaker:<10}"
    return margin + textwrap.indent(text, " " * len(margin)).lstrip()
