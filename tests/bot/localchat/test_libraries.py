"""Two Bot API libraries, as they are, talk to the local server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import telegram
import telegram.error
import telegram.ext

from bot.localchat.faults import Cut, RetryAfter
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from tests.support.pictures import picture

if TYPE_CHECKING:
    import aiogram

# aiogram takes three seconds of CPU time to import, so the tests that need it do so themselves.


@pytest.fixture
async def ptb(server: LocalChatServer) -> AsyncIterator[telegram.Bot]:
    url = server.api_url
    async with telegram.Bot(server.token, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot") as bot:
        yield bot


@pytest.fixture
async def aio(server: LocalChatServer) -> AsyncIterator[aiogram.Bot]:
    import aiogram
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    session = AiohttpSession(api=TelegramAPIServer.from_base(server.api_url))
    async with aiogram.Bot(server.token, session=session) as bot:
        yield bot


async def test_python_telegram_bot_reads_downloads_and_answers(sim: Simulation, ptb: telegram.Bot) -> None:
    assert ptb.username == sim.bot.username
    asked = sim.send_photo(sim.private, sim.alice, picture(1))
    (update,) = await ptb.get_updates(timeout=10)
    assert update.message is not None
    largest = update.message.photo[-1]
    data = await (await largest.get_file()).download_as_bytearray()
    assert len(data) == largest.file_size
    await ptb.set_message_reaction(sim.private.id, asked["message_id"], "👀")
    await ptb.send_chat_action(sim.private.id, "typing")
    await update.message.reply_html("<b>parrot</b> 99.1 %", do_quote=True)
    reply = await sim.wait_for_reply(asked)
    assert (reply["text"], reply["entities"][0]["type"]) == ("parrot 99.1 %", "bold")
    assert sim.reactions(asked) == ["👀"]
    assert await ptb.get_updates(offset=update.update_id + 1) == ()


async def test_aiogram_reads_downloads_and_answers(sim: Simulation, aio: aiogram.Bot) -> None:
    from aiogram.types import ReactionTypeEmoji

    assert (await aio.get_me()).username == sim.bot.username
    asked = sim.send_photo(sim.private, sim.alice, picture(1))
    (update,) = await aio.get_updates(timeout=10)
    assert update.message is not None
    assert update.message.photo is not None
    data = await aio.download(update.message.photo[-1])
    assert data is not None
    assert len(data.read()) == update.message.photo[-1].file_size
    await aio.set_message_reaction(sim.private.id, asked["message_id"], [ReactionTypeEmoji(emoji="👀")])
    await update.message.reply("<b>parrot</b> 99.1 %", parse_mode="HTML")
    assert (await sim.wait_for_reply(asked))["text"] == "parrot 99.1 %"


async def test_both_upload_photos_and_albums(sim: Simulation, ptb: telegram.Bot, aio: aiogram.Bot) -> None:
    from aiogram.types import BufferedInputFile, InputMediaPhoto

    red, blue = picture(2), picture(3)
    chat_id = sim.private.id
    await ptb.send_photo(chat_id, red, caption="red")
    album = [telegram.InputMediaPhoto(red), telegram.InputMediaPhoto(blue)]
    sent = await ptb.send_media_group(chat_id, album)
    await ptb.edit_message_media(telegram.InputMediaPhoto(blue), chat_id, sent[0].message_id)
    await aio.send_photo(chat_id, BufferedInputFile(blue, "blue.jpg"))
    await aio.send_media_group(chat_id, [InputMediaPhoto(media=BufferedInputFile(one, "a.jpg")) for one in (red, blue)])
    unique = [message["photo"][-1]["file_unique_id"] for message in sim.messages(sim.private)]
    assert len(unique) == 6
    assert unique[0] == unique[4] != unique[1]
    assert unique[1] == unique[2] == unique[3] == unique[5]


async def test_refusals_arrive_as_each_librarys_own_errors(
    server: LocalChatServer, sim: Simulation, ptb: telegram.Bot, aio: aiogram.Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter

    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    basic = sim.add_group("Basic", creator=sim.admin, kind="group")
    supergroup = sim.groups.migrate(basic, by=sim.admin)
    with pytest.raises(telegram.error.BadRequest, match="Chat not found"):
        await ptb.send_message(42, "hello")
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await aio.send_message(42, "hello")
    with pytest.raises(telegram.error.ChatMigrated) as moved:
        await ptb.send_message(basic.id, "hello")
    assert moved.value.new_chat_id == supergroup.id
    sim.block_bot(sim.alice)
    with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
        await ptb.send_message(sim.private.id, "hello")
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await aio.send_message(sim.private.id, "hello")
    server.faults.add(RetryAfter(5), method="sendMessage")
    with pytest.raises(telegram.error.RetryAfter) as wait:
        await ptb.send_message(sim.group.id, "hello")
    assert wait.value.retry_after == timedelta(seconds=5)
    with pytest.raises(TelegramRetryAfter) as aio_wait:
        await aio.send_message(sim.group.id, "hello")
    assert aio_wait.value.retry_after == 5


async def test_other_errors_of_python_telegram_bot(server: LocalChatServer, sim: Simulation, ptb: telegram.Bot) -> None:
    server.faults.add(Cut(after_effect=True), method="sendMessage", count=1)
    with pytest.raises(telegram.error.NetworkError):
        await ptb.send_message(sim.private.id, "delivered but cut")
    assert [message["text"] for message in sim.messages(sim.private)] == ["delivered but cut"]
    stranger = telegram.Bot("1:wrong", base_url=f"{server.api_url}/bot")
    with pytest.raises(telegram.error.InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()


async def test_two_bots_of_python_telegram_bot_on_one_token(
    server: LocalChatServer, sim: Simulation, ptb: telegram.Bot
) -> None:
    first = asyncio.create_task(ptb.get_updates(timeout=20))
    await sim.wait_for(lambda: sim.calls[-1].method == "getUpdates")
    async with telegram.Bot(server.token, base_url=f"{server.api_url}/bot") as other:
        second = asyncio.create_task(other.get_updates(timeout=20))
        with pytest.raises(telegram.error.Conflict):
            await first
        sim.send_text(sim.private, sim.alice, "go on")
        assert len(await second) == 1


async def test_an_application_polls_and_handles_a_press(server: LocalChatServer, sim: Simulation) -> None:
    async def offer(update: telegram.Update, _: telegram.ext.CallbackContext) -> None:  # type: ignore[type-arg]
        keyboard = telegram.InlineKeyboardMarkup.from_button(telegram.InlineKeyboardButton("3", callback_data="top:3"))
        assert update.message is not None
        await update.message.reply_text("How many?", reply_markup=keyboard)

    async def take(update: telegram.Update, _: telegram.ext.CallbackContext) -> None:  # type: ignore[type-arg]
        query = update.callback_query
        assert query is not None
        await query.answer("Three it is")
        await query.edit_message_text("Three")

    builder = telegram.ext.ApplicationBuilder().token(server.token).base_url(f"{server.api_url}/bot")
    application = builder.base_file_url(f"{server.api_url}/file/bot").build()
    application.add_handler(telegram.ext.CommandHandler("top", offer))
    application.add_handler(telegram.ext.CallbackQueryHandler(take))
    async with application:
        assert application.updater is not None
        await application.start()
        await application.updater.start_polling()
        question = await sim.wait_for_reply(sim.send_text(sim.private, sim.alice, "/top"))
        assert (await sim.press(question, "top:3", sim.alice)).text == "Three it is"
        await sim.wait_for(lambda: sim.messages(sim.private)[-1]["text"] == "Three")
        await application.updater.stop()
        await application.stop()
