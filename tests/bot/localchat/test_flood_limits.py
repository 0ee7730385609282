"""The limits of Telegram that the local server can enforce."""

from __future__ import annotations

from bot.localchat.flood_limits import FloodLimits
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def test_a_chat_takes_a_short_burst_and_then_one_a_second() -> None:
    clock = Clock()
    limits = FloodLimits(clock)
    assert [limits.retry_after_s("sendMessage", 1) for _ in range(7)] == [None] * 5 + [1, 1]
    clock.now_s += 1
    assert [limits.retry_after_s("editMessageText", 1) for _ in range(2)] == [None, 1]
    assert limits.retry_after_s("sendMessage", 2) is None


def test_a_group_takes_twenty_a_minute() -> None:
    clock = Clock()
    limits = FloodLimits(clock)
    for _ in range(20):
        assert limits.retry_after_s("sendMessage", -1) is None
        clock.now_s += 1
    assert limits.retry_after_s("editMessageText", -1) == 40
    assert limits.retry_after_s("sendMessage", -2) is None
    clock.now_s += 40
    assert limits.retry_after_s("sendMessage", -1) is None


def test_all_chats_together_take_thirty_a_second() -> None:
    clock = Clock()
    limits = FloodLimits(clock)
    assert [limits.retry_after_s("sendMessage", chat_id) for chat_id in range(1, 32)] == [None] * 30 + [1]
    clock.now_s += 1
    assert limits.retry_after_s("sendMessage", 31) is None


def test_what_puts_nothing_into_a_chat_does_not_count() -> None:
    limits = FloodLimits(Clock())
    for method in ("getFile", "answerCallbackQuery", "deleteMessage", "sendChatAction", "setMessageReaction", "getMe"):
        assert [limits.retry_after_s(method, 1) for _ in range(100)] == [None] * 100


async def test_the_server_enforces_them_on_demand(server: LocalChatServer, sim: Simulation, bot: RawBot) -> None:
    text = {"chat_id": sim.private.id, "text": "hello"}
    for _ in range(10):
        await bot.call("sendMessage", **text)
    server.faults.enforce_limits()
    for _ in range(5):
        await bot.call("sendMessage", **text)
    refusal = await bot.refusal("sendMessage", **text)
    assert (refusal.status, refusal.parameters) == (429, {"retry_after": 1})
    await bot.call("sendChatAction", chat_id=sim.private.id, action="typing")
    server.faults.clear()
    await bot.call("sendMessage", **text)
