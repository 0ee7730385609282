"""Selects the model that answers in each chat, and switches between models while the bot is answering."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal, Self

import structlog

from bot.domain.reports import CommandRefused, InstalledModel, PublishedModel, Refusal, SwitchResult
from bot.sample import sample
from bot.services.model_preferences import EVERYWHERE, Preferences
from bot.services.model_resolution import ModelResolution
from bot.storage.model_choices import ModelChoice, ModelChoices
from inference import (
    AUTO,
    DEFAULT_MODEL,
    PREFERRED_MODEL,
    Classification,
    InferencePool,
    ModelSpec,
    ModelStore,
    Vocabulary,
    errors,
    load_catalog,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Selected:
    """The model that answers in a chat.

    Attributes:
        spec: spec of the model.
        missing: name of the model that should answer, but is missing or broken; None if there is no such model. `auto`
            asks for the preferred model only if that is installed.
    """

    spec: ModelSpec
    missing: str | None


class ModelSelection:
    """The model of each chat. `ModelSelection.load` makes one.

    The order of preference is: an admin's choice for the chat, the choice for all chats, the model in the settings, and
    the starter. A model that is missing or broken is passed over. Switches run one after another; each switch either
    succeeds or changes nothing.

    If the model in the settings is `auto`, it stands for the preferred model if that was installed at the start or was
    adopted since, and then for the built-in model.

    Attributes:
        store: store of the models.
        changed: event that is set after each switch, and whenever a model is passed over.
    """

    def __init__(
        self,
        default: str,
        store: ModelStore,
        pool: InferencePool,
        stored: ModelChoices,
        preferences: Preferences,
        catalog: Path | None,
        photo: bytes,
    ) -> None:
        self._default = default
        self.store = store
        self._pool = pool
        self._stored = stored
        self._resolution = ModelResolution(store, default)
        self._preferences = preferences
        self._catalog = catalog
        self._photo = photo
        self._missing: set[str] = set()
        # Version of the preferred model with which the workers could not start.
        self._failed_version: str | None = None
        self._preferred_asked_for = asyncio.Event()
        self.changed = asyncio.Event()
        self._changing = asyncio.Lock()

    @classmethod
    async def load(
        cls, default: str, store: ModelStore, pool: InferencePool, stored: ModelChoices, *, catalog: Path | None = None
    ) -> Self:
        """Load the choices of admins.

        Args:
            default: name of the model of chats without a choice, or `AUTO`.
            store: store of the models.
            pool: inference pool.
            stored: table of the choices.
            catalog: file with the list of published models; None for the list that comes with the program.

        Raises:
            ModelNotFound: there is no choice for all chats, and the default is not installed.
            ModelError: there is no choice for all chats, and the default is broken.
        """
        choices = await stored.all()
        defaults = tuple(dict.fromkeys((store.resolve(AUTO), DEFAULT_MODEL))) if default == AUTO else (default,)
        preferences = Preferences(choices, defaults)
        if preferences.choice(EVERYWHERE).model is None:
            # `auto` has a second model, so its first one may be broken.
            await _find(store, defaults[-1])
        # The default model is looked up, too: it replaces a chosen model that is removed later.
        for name in {*defaults, *(choice.model for choice in choices.values() if choice.model is not None)}:
            with suppress(errors.InferenceError):  # logged when the model is passed over
                await _find(store, name)
        photo = await asyncio.to_thread(sample().read_bytes)
        return cls(default, store, pool, stored, preferences, catalog, photo)

    async def start_pool(self) -> None:
        """Start the workers with the models in use.

        If `auto` stands for the preferred model, and that does not work any more, it stands for the built-in model
        until a reload, or until another version of the preferred model is installed.

        Raises:
            InferenceError: another model does not work.
        """
        try:
            await self._pool.start(models=self.in_use())
        except (errors.ModelNotFound, errors.ModelError, errors.WorkerCrashed) as error:
            if self._default != AUTO or PREFERRED_MODEL not in self._preferences.defaults:
                raise
            log.warning("model passed over", model=PREFERRED_MODEL, selected=DEFAULT_MODEL, reason=str(error))
            self._preferences = replace(self._preferences, defaults=(DEFAULT_MODEL,))
            self._failed_version = self._preferred_version()
            await self._pool.start(models=self.in_use())

    def selected(self, chat_id: int) -> Selected:
        """Return the model that answers in a chat, as it is installed now.

        Raises:
            ModelError: not even the starter can be read.
        """
        spec, missing = self._resolution.resolve(chat_id, self._preferences)
        if not missing.keys() <= self._missing or spec.name in self._missing:
            for name in missing.keys() - self._missing:
                log.warning("model passed over", model=name, selected=spec.name, reason=str(missing[name]))
            self._missing = (self._missing | missing.keys()) - {spec.name}
            self._pool.set_active_models(self.in_use())
            self.changed.set()
        return Selected(spec, next(iter(self._resolution.not_as_asked(chat_id, self._preferences, missing)), None))

    def passed_over(self) -> dict[str, str]:
        """Return the missing and broken models by name, each with the model that answers instead.

        Blocking: the method looks at files.
        """
        return self._resolution.passed_over(self._preferences)

    def in_use(self) -> tuple[str, ...]:
        """Return the names of the models in use: first the model for all chats, then the models of the most chats."""
        return self._resolution.in_use(self._preferences)

    def names(self) -> tuple[str, ...]:
        """Return the names of all models in the store, including broken models."""
        return self.store.names()

    def names_in(self, chat_id: int) -> tuple[str, ...]:
        """Return the names of the models that may answer in a chat, including broken models."""
        return tuple(
            name for name in self.store.names() if self._resolution.may_answer(name, chat_id, self._preferences)
        )

    def has_choice(self, chat_id: int) -> bool:
        """Return whether two or more models may answer in a chat; see `names_in`."""
        names = (name for name in self.store.names() if self._resolution.may_answer(name, chat_id, self._preferences))
        return len(list(islice(names, 2))) == 2

    def spec(self, name: str) -> ModelSpec:
        """Return the spec of a model.

        Raises:
            ModelNotFound: the model is not installed.
            ModelError: the model is broken.
        """
        return self.store.find(name).spec

    def vocabulary(self, language: str) -> Vocabulary:
        """Collect the names of classes and kinds in a language. Blocking: the method reads the files of all models."""
        return Vocabulary.read(self.store, language)

    def installed(self) -> list[InstalledModel]:
        """List all models in the store, including broken models. Blocking: the method reads files."""
        preferences = self._preferences
        everywhere = self._resolution.resolve(EVERYWHERE, preferences)[0].name
        chats = Counter(choice.model for chat_id, choice in preferences.choices.items() if chat_id != EVERYWHERE)
        models = []
        for name in self.store.names():
            try:
                bundle = self.store.find(name)
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
        installed = self.store.names()
        return [
            PublishedModel(entry.name, entry.size_bytes, entry.accuracy, entry.measured_on)
            for entry in load_catalog(self._catalog).values()
            if entry.name not in installed
        ]

    async def use(self, name: str, chat_id: int = EVERYWHERE) -> SwitchResult:
        """Switch a chat, or all chats, to a model after the model has passed its canary, a test with a photo.

        Args:
            name: name of the model; `AUTO`, if that is the model in the settings, removes the choice.
            chat_id: id of the chat.

        Raises:
            CommandRefused: the model is chosen there already, or has classes that another chat taught.
            InferenceError: the model does not work; nothing changes.
        """
        async with self._changing:
            choice = self._preferences.choice(chat_id)
            if name == AUTO != self._default:
                raise errors.ModelNotFound(name, self.store.names())
            await asyncio.to_thread(self.store.find, name)
            if not self._resolution.may_answer(name, chat_id, self._preferences):
                raise CommandRefused(Refusal.OF_A_CHAT, name)
            if name == (choice.model or (self._default if chat_id == EVERYWHERE else None)):
                raise CommandRefused(Refusal.CHOSEN_ALREADY, name)
            return await self._switch(chat_id, ModelChoice(None if name == AUTO else name, choice.model))

    @property
    def wants_preferred(self) -> bool:
        """Whether the preferred model would answer in chats without a choice of their own, but was not adopted yet.

        False if the workers could not start with the installed version; see `start_pool`.
        """
        if self._default != AUTO or self._preferences.choice(EVERYWHERE).model is not None:
            return False
        if PREFERRED_MODEL in self._preferences.defaults:
            return False
        return self._failed_version is None or self._failed_version != self._preferred_version()

    async def until_preferred_is_asked_for(self) -> None:
        """Wait until an admin chooses `auto` for all chats, or reloads the models; at once after a call in between."""
        await self._preferred_asked_for.wait()
        self._preferred_asked_for.clear()

    def _preferred_version(self) -> str | None:
        try:
            return self.store.find(PREFERRED_MODEL).spec.version
        except (errors.ModelNotFound, errors.ModelError):
            return None

    async def adopt_preferred(self) -> None:
        """Let `auto` stand for the preferred model, after its canary; do nothing if it is not wanted any more.

        Raises:
            InferenceError: the model does not work; nothing changes.
        """
        async with self._changing:
            if not self.wants_preferred:
                return
            await asyncio.to_thread(self.store.find, PREFERRED_MODEL)
            preferences = replace(self._preferences, defaults=(PREFERRED_MODEL, DEFAULT_MODEL))
            before = self._resolution.resolve(EVERYWHERE, self._preferences)[0].name
            await self._try_new(PREFERRED_MODEL, preferences)
            self._apply(preferences)
            log.info("switched", model=PREFERRED_MODEL, before=before, everywhere=True)

    async def reload_choices(self) -> None:
        """Read the choices of admins again, as another replica changed them.

        A model that this machine has not used yet has to pass its canary. If it fails, the old choice stays here
        for its chats until the choices are read the next time.

        Raises:
            SQLAlchemyError: the database failed.
        """
        async with self._changing:
            preferences = replace(self._preferences, choices=await self._stored.all())
            if preferences == self._preferences:
                return
            failed = set()
            for name in self._resolution.in_use(preferences):
                try:
                    await self._try_new(name, preferences)
                except errors.InferenceError as error:
                    log.error("a switch at another replica is not followed", model=name, reason=str(error))
                    failed.add(name)
            kept = self._resolution.without_failed(preferences, self._preferences, failed)
            if kept != self._preferences:
                self._apply(kept)
                log.info("followed a switch at another replica", models=self.in_use())

    async def reset_to_default(self, chat_id: int) -> SwitchResult:
        """Switch a chat to the model of chats without a choice.

        Raises:
            CommandRefused: the chat has that model already.
            InferenceError: the model does not work; nothing changes.
        """
        async with self._changing:
            choice = self._preferences.choice(chat_id)
            if choice.model is None:
                raise CommandRefused(Refusal.CHOSEN_ALREADY, self.selected(chat_id).spec.name)
            return await self._switch(chat_id, ModelChoice(None, choice.model))

    def chosen(self, chat_id: int) -> str | None:
        """Return the name of the model chosen for a chat; None if no model was chosen."""
        return self._preferences.choice(chat_id).model

    def origin(self, chat_id: int, name: str) -> Literal["here", "everywhere", "default"]:
        """Return where the model that answers in a chat was chosen: for the chat, for all chats, or nowhere."""
        if name == self.chosen(chat_id):
            return "here"
        return "everywhere" if name == self.chosen(EVERYWHERE) else "default"

    async def move(self, old_id: int, new_id: int) -> None:
        """Move the choice of an upgraded group to its new id. A second call does nothing."""
        async with self._changing:
            choice = self._preferences.choices.get(old_id)
            if choice is None:
                return
            await self._stored.move(old_id, new_id, choice)
            self._preferences = self._preferences.without_chat(old_id).with_choice(new_id, choice)

    async def erase(self, chat_id: int) -> None:
        """Delete the choice for a chat."""
        async with self._changing:
            # A replica may not have read the choice yet.
            await self._stored.erase(chat_id)
            if chat_id in self._preferences.choices:
                self._apply(self._preferences.without_chat(chat_id))

    async def roll_back(self, chat_id: int = EVERYWHERE) -> SwitchResult:
        """Switch back to the previous choice. A second call undoes the first one.

        Raises:
            CommandRefused: there was never a choice.
            InferenceError: the earlier model does not work; nothing changes.
        """
        async with self._changing:
            choice = self._preferences.choices.get(chat_id)
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
            in_use = name in self.in_use() or name in self._preferences.defaults
            if in_use and not await asyncio.to_thread(self.store.comes_with_program, name):
                raise CommandRefused(Refusal.IN_USE, name)
            await asyncio.to_thread(self.store.remove, name)

    async def reload(self) -> list[tuple[str, Classification | errors.InferenceError]]:
        """Read the store again: run the canary of each model in use, and free the memory of all other models.

        `auto` then stands for the preferred model, if that was installed meanwhile and works.

        Returns:
            For each model in use, its labels for the sample photo, or its error.

        Raises:
            PoolClosed: the pool was closed because the program is ending.
        """
        outcomes: list[tuple[str, Classification | errors.InferenceError]] = []
        self._failed_version = None
        if self.wants_preferred and PREFERRED_MODEL in await asyncio.to_thread(self.store.names):
            try:
                await self.adopt_preferred()
            except (errors.ModelNotFound, errors.ModelError) as error:
                outcomes.append((PREFERRED_MODEL, error))
        async with self._changing:
            names = self.in_use()
            for name in names:
                other_models = [other for other in names if other != name]
                try:
                    outcomes.append((name, await self._pool.try_model(name, self._photo, other_models=other_models)))
                except (errors.ModelNotFound, errors.ModelError) as error:
                    outcomes.append((name, error))
            self._pool.set_active_models(names)
        self.changed.set()  # another version of a model may be installed
        self._preferred_asked_for.set()
        return outcomes

    async def _switch(self, chat_id: int, choice: ModelChoice) -> SwitchResult:
        preferences = self._preferences.with_choice(chat_id, choice)
        name = preferences.wanted(chat_id)[0]
        before = self._resolution.resolve(chat_id, self._preferences)[0].name
        canary = await self._try_new(name, preferences)
        await self._stored.set(chat_id, choice)
        self._apply(preferences)
        log.info("switched", model=name, before=before, everywhere=chat_id == EVERYWHERE)
        if chat_id == EVERYWHERE and choice.model is None:
            self._preferred_asked_for.set()
        return SwitchResult(name, before, canary)

    async def _try_new(self, name: str, preferences: Preferences) -> Classification | None:
        """Run the canary of a model that new preferences ask for; None if the model is in use already."""
        if name in self.in_use():
            return None
        other_models = [other for other in self._resolution.in_use(preferences) if other != name]
        return await self._pool.try_model(name, self._photo, other_models=other_models)

    def _apply(self, preferences: Preferences) -> None:
        self._preferences = preferences
        self._pool.set_active_models(self.in_use())
        self.changed.set()


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
