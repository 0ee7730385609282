"""One chat floods the bot with photos, and twenty others send one each meanwhile.

The flood's size is in LABELBOT_TEST_FLOOD_PHOTOS, 200 where it is not set; at full size, with the figures in view:

    LABELBOT_TEST_FLOOD_PHOTOS=1000 pytest -m slow -n 0 -s tests/e2e/test_flooding_chat.py
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.localchat.chats import Chat, User
from bot.services.metrics import percentile
from tests.support.client import Client, connected_client
from tests.support.pictures import picture

FLOOD = int(os.environ.get("LABELBOT_TEST_FLOOD_PHOTOS", "200"))
OTHERS = 20
# People who know nothing of each other; with the limits of production no more than Telegram takes in all.
PAUSE_S = 0.02
PAUSE_WITHIN_LIMITS_S = 0.05
LIMITS = {name: field.default for name, field in Settings.model_fields.items() if "_per_" in name}


async def answered_s(client: Client, chat: Chat, person: User, photo: bytes) -> float:
    """Send a photo, and return after how many seconds its labels were there."""
    started_s = time.perf_counter()
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, photo))
    return time.perf_counter() - started_s


async def latencies_s(client: Client, photos: list[bytes], pause_s: float) -> list[float]:
    """Have newcomers send a photo each, one shortly after the other; return their waits, the shortest first."""
    waiting = []
    for photo in photos:
        waiting.append(asyncio.create_task(answered_s(client, *client.newcomer(), photo)))
        await asyncio.sleep(pause_s)
    return sorted(await asyncio.gather(*waiting))


def answers_in(client: Client, chat: Chat) -> int:
    return sum(message["from"]["is_bot"] for message in client.sim.messages(chat))


def percentile_ms(ordered_s: list[float], percent: int) -> float:
    value_s = percentile(ordered_s, percent)
    assert value_s is not None
    return 1000 * value_s


@pytest.mark.slow
@pytest.mark.parametrize("limits", [{}, LIMITS], ids=["nobody limited", "limits of production"])
async def test_a_chat_that_floods_holds_up_no_other(tmp_path: Path, limits: dict[str, Any]) -> None:
    pause_s = PAUSE_WITHIN_LIMITS_S if limits else PAUSE_S
    async with connected_client(tmp_path, stop_timeout_s=1, **limits) as client:
        sim = client.sim
        seeds = iter(range(2 * OTHERS + FLOOD + 1))
        photos = [picture(next(seeds)) for _ in range(2 * OTHERS)]
        flood = [picture(next(seeds)) for _ in range(FLOOD)]
        for photo in (*photos, *flood):
            await sim.prepare_photo(photo)
        await answered_s(client, *client.newcomer(), picture(next(seeds)))
        idle_s = await latencies_s(client, photos[:OTHERS], pause_s)
        one_s = min(idle_s)

        chat, person = client.newcomer()
        for photo in flood:
            sim.send_photo(chat, person, photo)
        # Telegram hands updates out in their order, so that whoever comes before they are taken up waits there.
        await sim.wait_for(lambda: not sim.store.updates.pending, 60)
        before = answers_in(client, chat)
        flooded_s = await latencies_s(client, photos[OTHERS:], pause_s)
        answered = answers_in(client, chat) - before
    bound_ms = 1.2 * (percentile_ms(idle_s, 95) + 1000 * one_s)
    print(  # noqa: T201 -- the figure is what this is for
        f"\n{FLOOD} photos of one chat, {answered} answered meanwhile; others' median and p95: "
        f"idle {percentile_ms(idle_s, 50):.0f} and {percentile_ms(idle_s, 95):.0f} ms, "
        f"flooded {percentile_ms(flooded_s, 50):.0f} and {percentile_ms(flooded_s, 95):.0f} ms "
        f"(bound {bound_ms:.0f} ms)"
    )
    # The others were not served after the flood, whose photos came before theirs.
    assert before + answered < FLOOD
