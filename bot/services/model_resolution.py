"""Finds the model that answers in a chat: the most preferred one that works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from bot.services.model_preferences import EVERYWHERE, Preferences
from inference import AUTO, PREFERRED_MODEL, STARTER, ModelSpec, ModelStore, errors


class ModelResolution:
    """Resolves preferences to installed models. A model that is missing or broken is passed over.

    Args:
        store: store of the models.
        default: name of the model in the settings, or `AUTO`.
    """

    def __init__(self, store: ModelStore, default: str) -> None:
        self._store = store
        self._default = default

    def resolve(self, chat_id: int, preferences: Preferences) -> tuple[ModelSpec, dict[str, errors.InferenceError]]:
        """Find the first usable model for a chat, and the errors of the models that were preferred to it.

        Raises:
            ModelError: not even the starter can be read.
        """
        missing: dict[str, errors.InferenceError] = {}
        for name in preferences.wanted(chat_id):
            try:
                return self._store.find(name, build=False).spec, missing
            except (errors.ModelNotFound, errors.ModelError) as error:
                missing[name] = error
        raise missing[STARTER]

    def in_use(self, preferences: Preferences) -> tuple[str, ...]:
        """Return the names of the models in use: first the model for all chats, then the models of the most chats."""
        everywhere = self.resolve(EVERYWHERE, preferences)[0].name
        chats = Counter(self.resolve(chat_id, preferences)[0].name for chat_id in preferences.choices)
        return tuple(dict.fromkeys((everywhere, *(name for name, _ in chats.most_common()))))

    def not_as_asked(
        self, chat_id: int, preferences: Preferences, missing: Mapping[str, errors.InferenceError]
    ) -> Sequence[str]:
        """Return the missing models of a chat, but not a removed preferred model that only `auto` asks for."""
        chosen = {preferences.choice(place).model for place in (chat_id, EVERYWHERE)}
        optional = {PREFERRED_MODEL} - chosen if self._default == AUTO else frozenset()
        return [
            name
            for name, error in missing.items()
            if not (name in optional and isinstance(error, errors.ModelNotFound))
        ]

    def passed_over(self, preferences: Preferences) -> dict[str, str]:
        """Return the missing and broken models by name, each with the model that answers instead.

        Blocking: the method looks at files.
        """
        places = {choice.model: chat_id for chat_id, choice in preferences.choices.items()}
        passed_over: dict[str, str] = {}
        for chat_id in {EVERYWHERE, *places.values()}:
            spec, missing = self.resolve(chat_id, preferences)
            passed_over |= dict.fromkeys(self.not_as_asked(chat_id, preferences, missing), spec.name)
        return passed_over

    def may_answer(self, name: str, chat_id: int, preferences: Preferences) -> bool:
        """Return whether a chat may use a model: what a chat taught stays there, also in a model that learned it.

        A chat keeps its model if it becomes a supergroup, which has another id.
        """
        choice = preferences.choice(chat_id)
        if name in (choice.model, choice.previous):
            return True
        try:
            chat = self._store.find(name, build=False).spec.chat
        except (errors.ModelNotFound, errors.ModelError):
            return True  # a model that cannot be read says nothing
        return chat in (None, chat_id)

    def without_failed(self, preferences: Preferences, old: Preferences, failed: Set[str]) -> Preferences:
        """Return new preferences, but with the old choice wherever they lead to a model that failed."""
        kept = preferences
        for chat_id in {EVERYWHERE, *preferences.choices}:
            # Chats without a choice of their own follow the choice for all chats.
            is_own = chat_id == EVERYWHERE or preferences.choice(chat_id).model is not None
            if is_own and self.resolve(chat_id, preferences)[0].name in failed:
                before = old.choices.get(chat_id)
                kept = kept.without_chat(chat_id) if before is None else kept.with_choice(chat_id, before)
        return kept
