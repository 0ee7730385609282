"""A replica reads choices that another one stored, and one of the models fails on its machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.services.model_preferences import EVERYWHERE
from bot.services.model_selection import ModelSelection
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.model_choices import ModelChoice, ModelChoices
from inference import STARTER, InferencePool, ModelStore
from tests.support.colour_models import install_colours


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[ModelChoices]:
    """Choices as all replicas see them."""
    database = await Database.open(sqlite_url(tmp_path / "choices.sqlite3"))
    choices = ModelChoices(database)
    for chat_id in (1, 3):
        await choices.set(chat_id, ModelChoice("old", None))
    yield choices
    await database.close()


@pytest.fixture
async def models(tmp_path: Path, stored: ModelChoices) -> AsyncIterator[ModelSelection]:
    """A selection on a machine where only the model "broken" fails."""
    store = ModelStore(tmp_path)
    for name in ("old", "good", "broken"):
        bundle = install_colours(store, tmp_path, name, side=9 if name == "broken" else 8)
    (bundle.directory / "model.tflite").write_bytes(b"damaged")
    async with InferencePool(store, workers=1) as pool:
        yield await ModelSelection.load(STARTER, store, pool, stored)


async def follow(models: ModelSelection, stored: ModelChoices, choices: Mapping[int, ModelChoice]) -> None:
    """Let another replica store choices, and this one read them."""
    for chat_id, choice in choices.items():
        await stored.set(chat_id, choice)
    await models.reload_choices()


def answering(models: ModelSelection, *chat_ids: int) -> list[str]:
    return [models.selected(chat_id).spec.name for chat_id in chat_ids]


async def test_a_model_that_fails_keeps_only_its_own_chats_on_the_old_choice(
    models: ModelSelection, stored: ModelChoices
) -> None:
    choices = {
        1: ModelChoice("broken", "old"),
        2: ModelChoice("good", None),
        3: ModelChoice(None, "old"),
        4: ModelChoice("broken", None),
    }
    await follow(models, stored, choices)
    assert answering(models, 1, 2, 3, 4) == ["old", "good", STARTER, STARTER]
    assert "broken" not in models.in_use()


async def test_if_the_model_for_all_chats_fails_chats_with_a_choice_switch_nevertheless(
    models: ModelSelection, stored: ModelChoices
) -> None:
    await follow(models, stored, {EVERYWHERE: ModelChoice("broken", None), 1: ModelChoice("good", "old")})
    assert answering(models, 1, 2, 3) == ["good", STARTER, "old"]


async def test_a_choice_that_is_not_followed_is_erased_nevertheless(
    models: ModelSelection, stored: ModelChoices
) -> None:
    await follow(models, stored, {4: ModelChoice("broken", None)})
    await models.erase(4)
    assert set(await stored.all()) == {1, 3}
