"""Selects the model that answers in each chat, and switches between models while the bot is answering."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, TypeAlias

import structlog

from bot.domain.reports import CommandRefused, InstalledModel, PublishedModel, Refusal, SwitchResult
from bot.sample import sample
from bot.storage.model_choices import ModelChoice, ModelChoices
from inference import (
    STARTER,
    Classification,
    InferencePool,
    ModelSpec,
    ModelStore,
    Vocabulary,
    errors,
    load_catalog,
)

log = structlog.get_logger()

# Id that stands for all chats; no chat has this id.
EVERYWHERE = 0
Choices: TypeAlias = Mapping[int, ModelChoice]
NO_CHOICE = ModelChoice(None, None)


@dataclass(frozen=True, slots=True)
class Selected:
    """The model that answers in a chat.

    Attributes:
        spec: spec of the model.
        missing: name of the model that should answer, but is missing or broken; None if there is no such model.
    """

    spec: ModelSpec
    missing: str | None


class ModelSelection:
    """The model of each chat. `ModelSelection.load` makes one.

    The order of preference is: an admin's choice for the chat, the choice for all chats, the model in the settings, and
    the starter. A model that is missing or broken is passed over. Switches run one after another; each switch either
    succeeds or changes nothing.
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
        """Load the choices of admins.

        Args:
            default: name of the model of chats without a choice.
            store: store of the models.
            pool: inference pool.
            stored: table of the choices.

        Raises:
            ModelNotFound: there is no choice for all chats, and the default is not installed.
            ModelError: there is no choice for all chats, and the default is broken.
        """
        choices = await stored.all()
        if choices.get(EVERYWHERE, NO_CHOICE).model is None:
            await _find(store, default)
        # The default model is looked up, too: it replaces a chosen model that is removed later.
        for name in {default, *(choice.model for choice in choices.values() if choice.model is not None)}:
            with suppress(errors.InferenceError):  # logged when the model is passed over
                await _find(store, name)
        return cls(default, store, pool, stored, choices, await asyncio.to_thread(sample().read_bytes))

    def selected(self, chat_id: int) -> Selected:
        """Return the model that answers in a chat, as it is installed now.

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

    def passed_over(self) -> dict[str, str]:
        """Return the missing and broken models by name, each with the model that answers instead.

        Blocking: the method looks at files.
        """
        choices = self._choices
        places = {choice.model: chat_id for chat_id, choice in choices.items()}
        passed_over: dict[str, str] = {}
        for chat_id in {EVERYWHERE, *places.values()}:
            spec, missing = self._resolve(chat_id, choices)
            passed_over |= dict.fromkeys(missing, spec.name)
        return passed_over

    def in_use(self) -> tuple[str, ...]:
        """Return the names of the models in use: first the model for all chats, then the models of the most chats."""
        return self._names_in_use(self._choices)

    def names(self) -> tuple[str, ...]:
        """Return the names of all models in the store, including broken models."""
        return self._store.names()

    def spec(self, name: str) -> ModelSpec:
        """Return the spec of a model.

        Raises:
            ModelNotFound: the model is not installed.
            ModelError: the model is broken.
        """
        return self._store.find(name).spec

    def vocabulary(self, language: str) -> Vocabulary:
        """Collect the names of classes and kinds in a language. Blocking: the method reads the files of all models."""
        return Vocabulary.read(self._store, language)

    def installed(self) -> list[InstalledModel]:
        """List all models in the store, including broken models. Blocking: the method reads files."""
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
        """List the models that can be pulled. Blocking: the method reads the catalogue."""
        installed = self._store.names()
        return [
            PublishedModel(entry.name, entry.size_bytes, entry.accuracy)
            for entry in load_catalog().values()
            if entry.name not in installed
        ]

    async def use(self, name: str, chat_id: int = EVERYWHERE) -> SwitchResult:
        """Switch a chat, or all chats, to a model after the model has passed its canary, a test with a photo.

        Raises:
            CommandRefused: the model is chosen there already.
            InferenceError: the model does not work; nothing changes.
        """
        async with self._changing:
            choice = self._choices.get(chat_id, NO_CHOICE)
            await asyncio.to_thread(self._store.find, name)
            if name == (choice.model or (self._default if chat_id == EVERYWHERE else None)):
                raise CommandRefused(Refusal.CHOSEN_ALREADY, name)
            return await self._switch(chat_id, ModelChoice(name, choice.model))

    async def reset_to_default(self, chat_id: int) -> SwitchResult:
        """Switch a chat to the model of chats without a choice.

        Raises:
            CommandRefused: there is no choice for the chat.
            InferenceError: the model does not work; nothing changes.
        """
        async with self._changing:
            choice = self._choices.get(chat_id, NO_CHOICE)
            if choice.model is None:
                raise CommandRefused(Refusal.NOTHING_CHOSEN, self.selected(chat_id).spec.name)
            return await self._switch(chat_id, ModelChoice(None, choice.model))

    def chosen(self, chat_id: int) -> str | None:
        """Return the name of the model chosen for a chat; None if no model was chosen."""
        return self._choices.get(chat_id, NO_CHOICE).model

    async def move(self, old_id: int, new_id: int) -> None:
        """Move the choice of an upgraded group to its new id. A second call does nothing."""
        async with self._changing:
            choice = self._choices.get(old_id)
            if choice is None:
                return
            await self._stored.move(old_id, new_id, choice)
            self._choices = {other: kept for other, kept in self._choices.items() if other != old_id} | {new_id: choice}

    async def erase(self, chat_id: int) -> None:
        """Delete the choice for a chat."""
        async with self._changing:
            if chat_id in self._choices:
                await self._stored.erase(chat_id)
                self._choices = {other: kept for other, kept in self._choices.items() if other != chat_id}
                self._pool.set_active_models(self.in_use())

    async def roll_back(self, chat_id: int = EVERYWHERE) -> SwitchResult:
        """Switch back to the previous choice. A second call undoes the first one.

        Raises:
            CommandRefused: there was never a choice.
            InferenceError: the earlier model does not work; nothing changes.
        """
        async with self._changing:
            choice = self._choices.get(chat_id)
            if choice is None:
                raise CommandRefused(Refusal.NOTHING_BEFORE, self.selected(chat_id).spec.name)
            return await self._switch(chat_id, ModelChoice(choice.previous, choice.model))

    async def remove(self, name: str) -> None:
        """Remove a model from the store.

        Raises:
            CommandRefused: the model is in use, or is the default.
            InferenceError: there is no such model, or the model comes with the program.
            OSError: the model's files cannot be removed.
        """
        async with self._changing:
            # For models that come with the program, the store raises the error.
            in_use = name in self.in_use() or name == self._default
            if in_use and not await asyncio.to_thread(self._store.comes_with_program, name):
                raise CommandRefused(Refusal.IN_USE, name)
            await asyncio.to_thread(self._store.remove, name)

    async def reload(self) -> list[tuple[str, Classification | errors.InferenceError]]:
        """Read the store again: run the canary of each model in use, and free the memory of all other models.

        Returns:
            For each model in use, its labels for the sample photo, or its error.

        Raises:
            PoolClosed: the pool was closed because the program is ending.
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

    async def _switch(self, chat_id: int, choice: ModelChoice) -> SwitchResult:
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
        return SwitchResult(name, before, canary)

    def _names_in_use(self, choices: Choices) -> tuple[str, ...]:
        everywhere = self._resolve(EVERYWHERE, choices)[0].name
        chats = Counter(self._resolve(chat_id, choices)[0].name for chat_id in choices)
        return tuple(dict.fromkeys((everywhere, *(name for name, _ in chats.most_common()))))

    def _resolve(self, chat_id: int, choices: Choices) -> tuple[ModelSpec, dict[str, errors.InferenceError]]:
        """Find the first usable model for a chat, and the errors of the models that were preferred to it."""
        missing: dict[str, errors.InferenceError] = {}
        for name in self._wanted(chat_id, choices):
            try:
                return self._store.find(name, build=False).spec, missing
            except (errors.ModelNotFound, errors.ModelError) as error:
                missing[name] = error
        raise missing[STARTER]

    def _wanted(self, chat_id: int, choices: Choices) -> tuple[str, ...]:
        """Return the names of the models for a chat in the order of preference."""
        chosen = (choices.get(place, NO_CHOICE).model for place in (chat_id, EVERYWHERE))
        return tuple(dict.fromkeys(name for name in (*chosen, self._default, STARTER) if name is not None))


async def _find(store: ModelStore, name: str) -> None:
    """Find a model, and build it if it is not built yet.

    Raises:
        ModelNotFound: there is no such model.
        ModelError: the model is broken, or cannot be built.
    """
    try:
        store.find(name, build=False)
    except errors.ModelNotBuilt:
        log.info("building a model, once", model=name)
        await asyncio.to_thread(store.find, name)
