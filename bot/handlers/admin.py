"""The permission check for admins' commands, and the commands /stats, /workers, /ban and /unban."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

import structlog
from telegram import Message, Update
from telegram.ext import CommandHandler

from bot.domain.origins import replied_message
from bot.domain.reports import Status
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_quota
from bot.services.metrics import memory_bytes
from bot.transport.permissions import find_chat
from bot.views import admin_replies, statistics_replies

log = structlog.get_logger()

Handler: TypeAlias = Callable[[Update, Context], Awaitable[None]]

WORKERS_PER_CORE = 2


def register(application: BotApplication, *, retention_days: int) -> None:
    tell_stats = partial(stats, retention_days=retention_days)
    for name, callback in (("stats", tell_stats), ("workers", workers), ("ban", ban), ("unban", unban)):
        application.add_handler(CommandHandler(name, for_admins(callback), filters=filters.CHATS))


def for_admins(handler: Handler) -> Callable[[Update, Context], Any]:
    """Wrap a handler so that it runs for admins only. Other people get a refusal of one line."""

    async def guarded(update: Update, context: Context) -> None:
        user, message, query = update.effective_user, update.message, update.callback_query
        is_in_person = message is None or message.sender_chat is None
        if user is not None and user.id in context.services.admins and is_in_person:
            await handler(update, context)
            return
        if query is None and not await check_quota(update, context):
            return
        texts = await context.texts(update)
        if query is not None:
            await context.outbox.answer_callback(query, texts("admin-only", id=str(query.from_user.id)))
        elif message is not None and (user is None or message.sender_chat is not None):
            # Somebody writes in the name of a group or channel, so the bot cannot see which person it is.
            await context.outbox.reply(message, texts("admin-written-as-group"))
        elif message is not None and user is not None:
            await context.outbox.reply(message, texts("admin-only", id=str(user.id)))

    return guarded


async def stats(update: Update, context: Context, *, retention_days: int) -> None:
    services = context.services
    status = Status(
        uptime_s=services.statistics.uptime_s,
        total=services.statistics.total(),
        totals=await services.statistics.totals(),
        by_model=services.statistics.by_model(),
        photos_per_minute=services.statistics.photos_per_minute(),
        pending=services.pool.pending,
        messages_waiting=services.flood.waiting,
        messages_given_up=services.flood.given_up + services.statistics.given_up,
        workers_ready=len(services.pool.worker_pids()),
        workers=services.pool.workers,
        memory_bytes=await asyncio.to_thread(memory_bytes, (os.getpid(), *services.pool.local_pids())),
        live=await services.storage.corrections.live_accuracy(),
        retention_days=retention_days,
    )
    await context.outbox.reply(command_of(update), statistics_replies.stats(await context.texts(update), status))


async def workers(update: Update, context: Context) -> None:
    message, pool, texts = command_of(update), context.services.pool, await context.texts(update)
    cluster = context.services.cluster
    most = WORKERS_PER_CORE * len(os.sched_getaffinity(0)) if cluster is None else cluster.cores
    if not context.args:
        ready = len(pool.worker_pids())
        await context.outbox.reply(message, admin_replies.workers(texts, ready, pool.workers, most, cluster))
        return
    count = whole_number(context.args)
    if count is None or not 1 <= count <= most:
        refused = "admin-workers-refused" if cluster is None else "admin-cluster-refused"
        await context.outbox.reply(message, texts(refused, most=most))
        return
    await pool.resize(count)
    log.info("workers changed", workers=count)
    await context.outbox.reply(message, texts("admin-workers-set", count=count))


async def ban(update: Update, context: Context) -> None:
    message, services, texts = command_of(update), context.services, await context.texts(update)
    banned_id = whole_number(context.args) or _author_of_replied(message)
    if banned_id is None:
        await context.outbox.reply(message, admin_replies.bans(texts, await _named(services.storage.bans.ids, context)))
    elif banned_id in services.admins or banned_id == context.bot.id:
        await context.outbox.reply(message, texts("admin-ban-an-admin"))
    else:
        await services.storage.bans.add(banned_id)
        await context.outbox.reply(message, texts("admin-banned", id=str(banned_id)))


async def unban(update: Update, context: Context) -> None:
    message, texts = command_of(update), await context.texts(update)
    banned_id = whole_number(context.args) or _author_of_replied(message)
    if banned_id is None:
        await context.outbox.reply(message, texts("admin-unban-usage"))
        return
    was_banned = await context.services.storage.bans.lift(banned_id)
    await context.outbox.reply(
        message, texts("admin-unbanned" if was_banned else "admin-was-not-banned", id=str(banned_id))
    )


async def _named(ids: Iterable[int], context: Context) -> list[tuple[int, str]]:
    """Return ids of people and chats with their names, as far as Telegram tells them; "" for an unknown name."""
    known = sorted(ids)

    async def name_of(chat_id: int) -> str:
        chat = await find_chat(context.bot, chat_id)
        return "" if chat is None else chat.effective_name or ""

    listed, others = known[: admin_replies.MAX_BANS], known[admin_replies.MAX_BANS :]
    names = await asyncio.gather(*map(name_of, listed))
    return [*zip(listed, names, strict=True), *((banned_id, "") for banned_id in others)]


def command_of(update: Update) -> Message:
    assert update.message is not None, "the filters of commands ask for a new message"
    return update.message


def whole_number(arguments: list[str] | None) -> int | None:
    """Return the only argument of a command as a number; None if there is not exactly one argument, or no number."""
    if arguments is None or len(arguments) != 1:
        return None
    digits = arguments[0].removeprefix("-")
    # Telegram's ids have at most 52 bits.
    return int(arguments[0]) if digits.isascii() and digits.isdecimal() and len(digits) < 17 else None


def _author_of_replied(message: Message) -> int | None:
    replied = replied_message(message)
    if replied is None:
        return None
    author = replied.sender_chat or replied.from_user
    return author.id if author is not None else None
