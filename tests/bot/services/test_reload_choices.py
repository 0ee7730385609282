"""A replica reads choices that another one stored, and one of the models fails on its machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from bot.services.model_preferences import EVERYWHERE
from bot.services.model_selection import ModelSelection
from bot.storage.model_choices import ModelChoice
from inference import STARTER, ModelStore, errors
from tests.support.colour_models import install_colours


@pytest.fixture
def choices() -> dict[int, ModelChoice]:
    """What is stored."""
    return {1: ModelChoice("old", None), 3: ModelChoice("old", None)}


@pytest.fixture
async def models(tmp_path: Path, choices: dict[int, ModelChoice]) -> ModelSelection:
    """A selection on a machine where only the model "broken" fails."""
    store = ModelStore(tmp_path)
    for name in ("old", "good", "broken"):
        install_colours(store, tmp_path, name)

    async def try_model(name: str, _: bytes, *, other_models: Sequence[str]) -> None:
        if name == "broken":
            raise errors.ModelError("it needs more memory")

    stored = Mock(all=AsyncMock(side_effect=lambda: dict(choices)), erase=AsyncMock())
    return await ModelSelection.load(STARTER, store, Mock(try_model=try_model), stored)


def answering(models: ModelSelection, *chat_ids: int) -> list[str]:
    return [models.selected(chat_id).spec.name for chat_id in chat_ids]


async def test_a_model_that_fails_keeps_only_its_own_chats_on_the_old_choice(
    models: ModelSelection, choices: dict[int, ModelChoice]
) -> None:
    choices |= {
        1: ModelChoice("broken", "old"),
        2: ModelChoice("good", None),
        3: ModelChoice(None, "old"),
        4: ModelChoice("broken", None),
    }
    await models.reload_choices()
    assert answering(models, 1, 2, 3, 4) == ["old", "good", STARTER, STARTER]
    assert "broken" not in models.in_use()


async def test_if_the_model_for_all_chats_fails_chats_with_a_choice_switch_nevertheless(
    models: ModelSelection, choices: dict[int, ModelChoice]
) -> None:
    choices |= {EVERYWHERE: ModelChoice("broken", None), 1: ModelChoice("good", "old")}
    await models.reload_choices()
    assert answering(models, 1, 2, 3) == ["good", STARTER, "old"]


async def test_a_choice_that_is_not_followed_is_erased_nevertheless(
    models: ModelSelection, choices: dict[int, ModelChoice]
) -> None:
    choices[4] = ModelChoice("broken", None)
    await models.reload_choices()
    await models.erase(4)
    assert isinstance(models._stored.erase, AsyncMock)
    models._stored.erase.assert_awaited_once_with(4)
