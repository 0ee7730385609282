"""Which model answers where, and how that changes under the photos that come in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, TypeAlias

import structlog

from bot.domain.reports import InstalledModel, PublishedModel, Refusal, Refused, Switched
from bot.sample import sample
from bot.storage.model_choices import ModelChoice, ModelChoices
from inference import STARTER, Classification, InferencePool, ModelSpec, ModelStore, errors, load_catalog

log = structlog.get_logger()

# Stands for all chats, of which none has this id.
EVERYWHERE = 0
Choices: TypeAlias = Mapping[int, ModelChoice]
NO_CHOICE = ModelChoice(None, None)


@dataclass(frozen=True, slots=True)
class Selected:
    """The model that answers in a chat.

    Attributes:
        spec: the model's.
        missing: the name of the model that should answer instead, where that is gone or broken.
    """

    spec: ModelSpec
    missing: str | None


class ModelSelection:
    """Knows which model answers where, and switches. `ActiveModels.load` makes one.

    What an admin chose for a chat comes first, then what was chosen for all chats, then the model of the settings, then
    the starter: a model that is gone or broken is passed over. Switches are done one after another, each of them wholly
    or not at all.
    """

    def __init__(
        self,
        default: str,
        store: ModelStore,
        pool: InferencePool,
        stored: ModelChoices,
        choices: Choices,
        photo: bytes,
    ) -> None:
        self._default = default
        self._store = store
        self._pool = pool
        self._stored = stored
        self._choices = dict(choices)
        self._photo = photo
        self._missing: set[str] = set()
        self._changing = asyncio.Lock()

    @classmethod
    async def load(cls, default: str, store: ModelStore, pool: InferencePool, stored: ModelChoices) -> Self:
        """Recall what admins chose.

        Args:
            default: the name of the model that answers where nothing was chosen.
            store: knows the models.
            pool: runs them.
            stored: the choices.

        Raises:
            ModelNotFound: nothing was chosen, and the default is not installed.
            ModelError: nothing was chosen, and the default is broken.
        """
        choices = await stored.all()
        if choices.get(EVERYWHERE, NO_CHOICE).model is None:
            await _find(store, default)
        # The default, too, takes the place of a model that is removed later.
        for name in {default, *(choice.model for choice in choices.values() if choice.model is not None)}:
            with suppress(errors.InferenceError):  # which is told when it is passed over
                await _find(store, name)
        return cls(default, store, pool, stored, choices, await asyncio.to_thread(sample().read_bytes))

    def selected(self, chat_id: int) -> Selected:
        """Look up the model that answers in a chat, as it is installed now.

        Raises:
            ModelError: not even the starter can be read.
        """
        spec, missing = self._resolve(chat_id, self._choices)
        if not missing.keys() <= self._missing or spec.name in self._missing:
            for name in missing.keys() - self._missing:
                log.warning("model passed over", model=name, selected=spec.name, reason=str(missing[name]))
            self._missing = (self._missing | missing.keys()) - {spec.name}
            self._pool.set_active_models(self.in_use())
        return Selected(spec, next(iter(missing), None))

    def in_use(self) -> tuple[str, ...]:
        """Names of the models that answer anywhere: the one for all chats, then those of most chats first."""
        return self._names_in_use(self._choices)

    def names(self) -> tuple[str, ...]:
        """Names of all models in the store, also broken ones."""
        return self._store.names()

    def spec(self, name: str) -> ModelSpec:
        """Look up a model.

        Raises:
            ModelNotFound: it is not installed.
            ModelError: it is broken.
        """
        return self._store.find(name).spec

    def installed(self) -> list[InstalledModel]:
        """List all models in the store, also broken ones. Blocking: it looks at files."""
        everywhere = self._resolve(EVERYWHERE, self._choices)[0].name
        chats = Counter(choice.model for chat_id, choice in self._choices.items() if chat_id != EVERYWHERE)
        models = []
        for name in self._store.names():
            try:
                bundle = self._store.find(name)
                size_bytes = bundle.size_bytes
            except errors.ModelNotFound:
                continue  # removed meanwhile
            except errors.ModelError:
                models.append(InstalledModel(name, None, 0, everywhere=False, chats=chats[name]))
                continue
            models.append(InstalledModel(name, bundle.spec, size_bytes, name == everywhere, chats[name]))
        return models

    def published(self) -> list[PublishedModel]:
        """List the models that can be pulled. Blocking: it reads the catalogue."""
        installed = self._store.names()
        return [
            PublishedModel(entry.name, entry.size_bytes, entry.accuracy)
            for entry in load_catalog().values()
            if entry.name not in installed
        ]

    async def use(self, name: str, chat_id: int = EVERYWHERE) -> Switched:
        """Have a model answer, once it proved that it works.

        Raises:
            Refused: it answers there already.
            InferenceError: it does not work; all is as it was.
        """
        async with self._changing:
            choice = self._choices.get(chat_id, NO_CHOICE)
            await asyncio.to_thread(self._store.find, name)
            if name == (choice.model or (self._default if chat_id == EVERYWHERE else None)):
                raise Refused(Refusal.CHOSEN_ALREADY, name)
            return await self._switch(chat_id, ModelChoice(name, choice.model))

    async def reset_to_default(self, chat_id: int) -> Switched:
        """Have a chat answered by the model that answers where nothing is chosen.

        Raises:
            Refused: nothing is chosen for it.
            InferenceError: that model does not work; all is as it was.
        """
        async with self._changing:
            choice = self._choices.get(chat_id, NO_CHOICE)
            if choice.model is None:
                raise Refused(Refusal.NOTHING_CHOSEN, self.selected(chat_id).spec.name)
            return await self._switch(chat_id, ModelChoice(None, choice.model))

    def chosen(self, chat_id: int) -> str | None:
        """Name the model that was chosen for a chat; None where none was."""
        return self._choices.get(chat_id, NO_CHOICE).model

    async def move(self, old_id: int, new_id: int) -> None:
        """Give a chat the model of the one whose place it took; a second time, that does nothing."""
        async with self._changing:
            choice = self._choices.get(old_id)
            if choice is None:
                return
            await self._stored.move(old_id, new_id, choice)
            self._choices = {other: kept for other, kept in self._choices.items() if other != old_id} | {new_id: choice}

    async def erase(self, chat_id: int) -> None:
        """Forget what was chosen for a chat."""
        async with self._changing:
            if chat_id in self._choices:
                await self._stored.erase(chat_id)
                self._choices = {other: kept for other, kept in self._choices.items() if other != chat_id}
                self._pool.set_active_models(self.in_use())

    async def roll_back(self, chat_id: int = EVERYWHERE) -> Switched:
        """Go back to what was chosen before; a second time, forth again.

        Raises:
            Refused: nothing was ever chosen there.
            InferenceError: the model of then does not work; all is as it was.
        """
        async with self._changing:
            choice = self._choices.get(chat_id)
            if choice is None:
                raise Refused(Refusal.NOTHING_BEFORE, self.selected(chat_id).spec.name)
            return await self._switch(chat_id, ModelChoice(choice.previous, choice.model))

    async def remove(self, name: str) -> None:
        """Take a model out of the store.

        Raises:
            Refused: it answers somewhere, or would where nothing is chosen.
            InferenceError: there is no such model, or it comes with the program.
            OSError: its files cannot be removed.
        """
        async with self._changing:
            # The store says which models cannot be removed at all.
            in_use = name in self.in_use() or name == self._default
            if in_use and not await asyncio.to_thread(self._store.comes_with_program, name):
                raise Refused(Refusal.IN_USE, name)
            await asyncio.to_thread(self._store.remove, name)

    async def reload(self) -> list[tuple[str, Classification | errors.InferenceError]]:
        """Look at the store again: prove each model that answers anew, and free the memory of all others.

        Returns:
            For each model that is in use, what it said of the sample, or why it did not.

        Raises:
            PoolClosed: the program is about to end.
        """
        async with self._changing:
            outcomes: list[tuple[str, Classification | errors.InferenceError]] = []
            names = self.in_use()
            for name in names:
                other_models = [other for other in names if other != name]
                try:
                    outcomes.append((name, await self._pool.try_model(name, self._photo, other_models=other_models)))
                except (errors.ModelNotFound, errors.ModelError) as error:
                    outcomes.append((name, error))
            self._pool.set_active_models(names)
            return outcomes

    async def _switch(self, chat_id: int, choice: ModelChoice) -> Switched:
        choices = self._choices | {chat_id: choice}
        name = self._wanted(chat_id, choices)[0]
        before = self._resolve(chat_id, self._choices)[0].name
        canary = None
        if name not in self.in_use():
            other_models = [other for other in self._names_in_use(choices) if other != name]
            canary = await self._pool.try_model(name, self._photo, other_models=other_models)
        await self._stored.set(chat_id, choice)
        self._choices = choices
        self._pool.set_active_models(self.in_use())
        log.info("switched", model=name, before=before, everywhere=chat_id == EVERYWHERE)
        return Switched(name, before, canary)

    def _names_in_use(self, choices: Choices) -> tuple[str, ...]:
        everywhere = self._resolve(EVERYWHERE, choices)[0].name
        chats = Counter(self._resolve(chat_id, choices)[0].name for chat_id in choices)
        return tuple(dict.fromkeys((everywhere, *(name for name, _ in chats.most_common()))))

    def _resolve(self, chat_id: int, choices: Choices) -> tuple[ModelSpec, dict[str, errors.InferenceError]]:
        """Find the first model for a chat that is there, and why those before it are passed over."""
        missing: dict[str, errors.InferenceError] = {}
        for name in self._wanted(chat_id, choices):
            try:
                return self._store.find(name, build=False).spec, missing
            except (errors.ModelNotFound, errors.ModelError) as error:
                missing[name] = error
        raise missing[STARTER]

    def _wanted(self, chat_id: int, choices: Choices) -> tuple[str, ...]:
        """Names of the models for a chat, the one that should answer first."""
        chosen = (choices.get(place, NO_CHOICE).model for place in (chat_id, EVERYWHERE))
        return tuple(dict.fromkeys(name for name in (*chosen, self._default, STARTER) if name is not None))


async def _find(store: ModelStore, name: str) -> None:
    """Find a model before it is needed, and build it if it is not yet, which the log tells.

    Raises:
        ModelNotFound: there is none.
        ModelError: it is broken, or cannot be built.
    """
    try:
        store.find(name, build=False)
    except errors.ModelNotBuilt:
        log.info("building a model, once", model=name)
        await asyncio.to_thread(store.find, name)
