"""The models that the API offers: those of the bot, or those of a store."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services.model_preferences import EVERYWHERE
from bot.services.model_selection import ModelSelection
from inference import ModelSpec, ModelStore, errors


@dataclass(slots=True)
class BotModels:
    """The bot's models, but those made of what a chat taught. The default is the model of chats without a choice.

    Attributes:
        selection: selection of models; None while the bot starts.
    """

    selection: ModelSelection | None = None

    def default(self) -> ModelSpec:
        return self._started().selected(EVERYWHERE).spec

    def names(self) -> tuple[str, ...]:
        return self._started().names_in(EVERYWHERE)

    def spec(self, name: str) -> ModelSpec:
        spec = self._started().spec(name)
        if spec.chat is not None and name not in self.names():
            raise errors.ModelNotFound(name, self.names())
        return spec

    def _started(self) -> ModelSelection:
        if self.selection is None:
            raise errors.PoolClosed
        return self.selection


@dataclass(frozen=True, slots=True)
class StoredModels:
    """The models of a store.

    Attributes:
        store: store of the models.
        default_name: name of the default model, or what stands for one; see `ModelStore.resolve`.
    """

    store: ModelStore
    default_name: str

    def default(self) -> ModelSpec:
        return self.store.find(self.default_name).spec

    def names(self) -> tuple[str, ...]:
        return self.store.names()

    def spec(self, name: str) -> ModelSpec:
        return self.store.find(name).spec
