"""What Prometheus reads of a real bot that labels photos."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from bot.localchat.faults import RetryAfter
from tests.support.client import Client, connected_client
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = Path(__file__).parents[3] / "docs/web.md"
TIMES = ("queue", "decode", "inference", "photo")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home"), listen="127.0.0.1:0") as running:
        yield running


async def exposition(client: Client) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://{client.bot.listening}/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        return await response.text()


async def samples(client: Client) -> dict[str, float]:
    """Values by name and labels, as in the exposition."""
    families = text_string_to_metric_families(await exposition(client))
    return {
        sample.name + "".join(f" {label}={value}" for label, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}


async def test_a_photo_and_its_copy_are_counted_by_model_trigger_and_cache(client: Client) -> None:
    before = await samples(client)
    chat, person = client.newcomer()
    sent = client.sim.send_photo(chat, person, picture(1))
    assert "%" in await client.text_after(sent)
    assert "%" in await client.text_after(client.sim.forward(sent, chat, person))
    new = grown(before, await samples(client))
    assert new["labelbot_updates_total kind=message"] == 2
    assert new["labelbot_photos_total cached=false model=starter trigger=requested"] == 1
    assert new["labelbot_photos_total cached=true model=starter trigger=requested"] == 1
    assert sum(value for name, value in new.items() if name.startswith("labelbot_headlines_total")) == 2
    for name in TIMES:
        assert new[f"labelbot_{name}_seconds_count model=starter"] == 1
        assert 0 < new.get(f"labelbot_{name}_seconds_sum model=starter", 0.001) < 60
    assert new["labelbot_telegram_responses_total status=200"] >= 3


async def test_refusals_of_telegram_are_counted_by_status(client: Client) -> None:
    chat, person = client.newcomer()
    client.server.faults.add(RetryAfter(0), chat_id=chat.id, count=1)
    before = await samples(client)
    await client.text_after(client.sim.send_text(chat, person, "/help"))
    assert grown(before, await samples(client))["labelbot_telegram_responses_total status=429"] == 1


async def test_an_idle_bot_is_idle_in_its_gauges(client: Client) -> None:
    await client.said_in(client.newcomer()[0])
    now = await samples(client)
    assert now["labelbot_workers_alive"] == now["labelbot_workers_target"] == 1
    assert now["labelbot_pool_images state=queued"] == now["labelbot_pool_images state=in_flight"] == 0
    assert now["labelbot_inbox_updates state=in_memory"] == now["labelbot_inbox_updates state=stored"] == 0
    assert now["labelbot_inbox_oldest_seconds"] == now["labelbot_messages_waiting"] == 0
    assert 0 <= now["labelbot_last_poll_age_seconds"] < 60
    assert now["labelbot_intake_conflict"] == now["labelbot_worker_deaths_total"] == 0
    conditions = {name: value for name, value in now.items() if name.startswith("labelbot_health_condition")}
    assert set(conditions.values()) == {0}
    assert {"labelbot_health_condition condition=disk", "labelbot_health_condition condition=polling"} <= set(
        conditions
    )
    (build,) = (name for name in now if name.startswith("labelbot_build_info"))
    assert re.search(r"python_version=3\.\d+\.\d+ version=\d+\.\d+", build)


async def test_no_metric_names_a_person_a_chat_or_the_token(client: Client) -> None:
    chat, person = client.newcomer()
    group = client.sim.add_group("Secret walkers", creator=person)
    await client.text_after(client.sim.send_text(chat, person, "/help"))
    text = await exposition(client)
    for private in (str(person.id), str(group.id), person.first_name, "walkers", client.server.token.partition(":")[2]):
        assert private not in text


async def test_names_and_types_are_those_that_prometheus_asks_for(client: Client) -> None:
    for family in text_string_to_metric_families(await exposition(client)):
        ours = family.name.startswith("labelbot_")
        assert ours or family.name.startswith("process_"), family.name
        assert family.documentation.endswith(".") or not ours, family.name
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb|percent|count|total)$", family.name), family.name


async def test_the_page_lists_every_metric(client: Client) -> None:
    listed = set(re.findall(r"^\| `(labelbot_\w+)", PAGE.read_text(), re.MULTILINE))
    families = text_string_to_metric_families(await exposition(client))
    real = {
        family.name + "_total" * (family.type == "counter") for family in families if family.name.startswith("labelbot")
    }
    assert listed == real
