"""Teaching: people teach classes with a few photos, and change or withdraw what they taught."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace

import structlog

from bot.domain.teaching import (
    GivenPhoto,
    OfferedPhoto,
    PhotoProblem,
    Promotion,
    RefusedPhoto,
    TaughtClass,
    TaughtPhoto,
    TeachingProblem,
    TeachingRefused,
    TeachRequest,
    TeachResult,
    without_repeats,
)
from bot.services.labelling import Labeller
from bot.services.lessons import Lesson, find_resemblances
from bot.services.model_selection import ModelSelection
from bot.services.offered_photos import read_offered
from bot.services.promotion import promote
from bot.services.taught_recognition import FittedClasses, TaughtRecognition
from bot.storage.storage import Storage
from bot.storage.taught import StoredClass, StoredPhoto
from inference import Classification, Prediction, errors
from inference.teaching.class_names import name_key
from inference.teaching.report import ClassReport

log = structlog.get_logger()

# Seconds for which teaching can be undone.
UNDO_S = 600


class Teaching:
    """The classes that chats have taught.

    Changes are made one after another. Each method that reads or changes something raises `StorageError` or
    `SQLAlchemyError` if the database fails for too long.

    Args:
        storage: the database.
        labeller: reads photos.
        models: selection of models.
        recognition: recognises the classes.
        max_classes: maximum number of classes of a chat.
        max_photos: maximum number of photos of a class.
        changing: lock under which changes are made; None for one of this process.
    """

    def __init__(
        self,
        storage: Storage,
        labeller: Labeller,
        models: ModelSelection,
        recognition: TaughtRecognition,
        *,
        max_classes: int,
        max_photos: int,
        changing: AbstractAsyncContextManager[None] | None = None,
    ) -> None:
        self._storage = storage
        self._taught = storage.taught
        self._consents = storage.consents
        self._requests = storage.teach_requests
        self._labeller = labeller
        self._models = models
        self._recognition = recognition
        self._max_classes = max_classes
        self._max_photos = max_photos
        self._changing: AbstractAsyncContextManager[None] = changing or asyncio.Lock()
        # Requests whose buttons somebody pressed, while that is handled.
        self._followed: set[int] = set()

    async def consented(self, chat_id: int, person_id: int) -> bool:
        """Return whether a person agreed that the bot keeps the person's photos as numbers, in this chat."""
        return bool(await self._consents.of(chat_id, [person_id]))

    async def agree(self, chat_id: int, person_id: int) -> None:
        """Record that a person agreed, in this chat."""
        async with self._changing:
            await self._consents.add(chat_id, person_id)

    async def open_request(self, chat_id: int, asker_id: int, name: str | None, photos: Sequence[OfferedPhoto]) -> int:
        """Keep an offer of photos for an hour, while the bot waits for a name, further photos or consents.

        Only Telegram's ids of the photos are kept.

        Returns:
            The id of the request.
        """
        request = TeachRequest(self._taught.new_id(), chat_id, asker_id, name, without_repeats(photos))
        await self._requests.save(request)
        return request.id

    async def request(self, request_id: int) -> TeachRequest | None:
        """Return a request; None if it is closed or older than an hour."""
        return await self._requests.find(request_id)

    async def requests_of(self, chat_id: int, asker_id: int) -> tuple[TeachRequest, ...]:
        """Return the open requests of a person in a chat, the newest first."""
        return await self._requests.of(chat_id, asker_id)

    async def add_to_request(
        self, request_id: int, photos: Sequence[OfferedPhoto] = (), *, name: str | None = None
    ) -> TeachRequest:
        """Add photos to a request, or set its name; return the request as it is then.

        Raises:
            TeachingRefused: the request is closed or too old.
        """
        async with self._changing:
            request = await self._requests.find(request_id)
            if request is None:
                raise TeachingRefused(TeachingProblem.REQUEST_GONE)
            request = replace(request, name=name or request.name, photos=without_repeats([*request.photos, *photos]))
            await self._requests.save(request)
            return request

    @contextmanager
    def following(self, request_id: int) -> Iterator[bool]:
        """Handle a button of a request; yield False if another press is being handled, as of people who tap twice."""
        if request_id in self._followed:
            yield False
            return
        self._followed.add(request_id)
        try:
            yield True
        finally:
            self._followed.remove(request_id)

    async def close_request(self, request_id: int) -> None:
        """Delete a request. A second call does nothing."""
        async with self._changing:
            await self._requests.delete(request_id)
            await self._storage.overwrite_deleted()

    async def teach(
        self, chat_id: int, name: str, photos: Sequence[OfferedPhoto], by: int, *, teaching_id: int | None = None
    ) -> TeachResult:
        """Add photos to a class; create the class if it is new. Photos without their giver's consent are left out.

        Args:
            chat_id: id of the chat.
            name: name of the class, see `clean_name`.
            photos: offered photos, at least one.
            by: id of the person who teaches.
            teaching_id: number for `undo` that no other teaching in the chat has, such as the id of the update. If the
                update is handled again after a crash, the result is then the same. By default a new number.

        Raises:
            TeachingRefused: the chat has too many classes.
        """
        teaching_id = self._taught.new_id() if teaching_id is None else teaching_id
        await self._check_room(chat_id, name)
        offered, refused = await self._with_consent(chat_id, without_repeats(photos))
        read, unreadable = await read_offered(offered, chat_id, self._labeller, self._models)
        before = await self._fitted(chat_id)
        async with self._changing:
            await self._check_room(chat_id, name)
            agreed, withdrawn = await self._with_consent(chat_id, [each.offered for each in read])
            lesson = Lesson(chat_id, name, by, teaching_id, self._max_photos)
            stored = await lesson.store([each for each in read if each.offered in agreed], self._taught)
            self._recognition.changed(chat_id)
        if any(each.version != self._version(chat_id) for each in read):
            self._models.changed.set()  # the model was switched meanwhile, so the photos are read again
        after = await self._fitted(chat_id)
        duplicates, contradictions = await find_resemblances(chat_id, stored, read, self._taught, before, after)
        report = None if stored.kept is None else _report(after, stored.kept.name)
        log.info("taught", photos=len(stored.photos), created=stored.created)
        return TeachResult(
            class_id=None if stored.kept is None else stored.kept.id,
            name=name if stored.kept is None else stored.kept.name,
            created=stored.created,
            added=len(stored.photos),
            photos=0 if stored.kept is None else stored.kept.photos,
            recognised=0 if report is None else report.recognised,
            held_out=0 if report is None else report.held_out,
            nearest=None if report is None else report.nearest,
            nearest_label=_commonest_label([each.classification for each in read]),
            duplicates=duplicates,
            contradictions=contradictions,
            teaching_id=teaching_id,
            refused=(*refused, *unreadable, *withdrawn, *stored.refused),
            mean_accuracy=None if report is None else report.mean_accuracy,
            head_accuracy=None if report is None else report.head_accuracy,
        )

    async def undo(self, chat_id: int, teaching_id: int) -> int:
        """Delete the photos that were taught together, within ten minutes; return the number of photos.

        Raises:
            TeachingRefused: the ten minutes are over, or the photos are gone.
        """
        since = int(time.time()) - UNDO_S
        async with self._changing:
            photos = [
                photo
                for photo in await self._taught.photos(chat_id)
                if photo.teaching_id == teaching_id and photo.given_at >= since
            ]
            if not photos:
                raise TeachingRefused(TeachingProblem.TOO_LATE)
            await self._delete(chat_id, photos)
            return len(photos)

    async def classes(self, chat_id: int) -> tuple[TaughtClass, ...]:
        """Return the classes of a chat, by name."""
        await self._recognition.save_uses()
        stored, photos = await self._taught.classes(chat_id), await self._taught.photos(chat_id)
        version, fitted = self._version(chat_id), await self._fitted(chat_id)
        unread = [photo for photo in photos if (photo.model, photo.version) != version]
        waiting = Counter(photo.class_id for photo in unread if photo.lost_at is None)
        lost = Counter(photo.class_id for photo in unread if photo.lost_at is not None)
        classes = []
        for each in stored:
            report = _report(fitted, each.name)
            recognised, held_out = (0, 0) if report is None else (report.recognised, report.held_out)
            figures = each.photos, recognised, held_out, each.last_used_at
            classes.append(TaughtClass(each.id, each.name, *figures, waiting[each.id], lost[each.id]))
        return tuple(classes)

    async def find_class(self, chat_id: int, name: str) -> TaughtClass | None:
        """Return the class of a name, whatever its case; None if there is no such class."""
        key = name_key(name)
        return next((each for each in await self.classes(chat_id) if name_key(each.name) == key), None)

    async def photos(self, chat_id: int, class_id: int) -> tuple[TaughtPhoto, ...]:
        """Return the photos of a class, the oldest first; () if there is no such class."""
        return tuple(map(_photo, await self._taught.photos(chat_id, class_id)))

    async def remove_photo(self, chat_id: int, photo_id: int) -> TaughtPhoto:
        """Remove a photo, and its class if it was the last one; return the removed photo.

        Raises:
            TeachingRefused: the photo is gone.
        """
        async with self._changing:
            photo = await self._find_photo(chat_id, photo_id)
            await self._delete(chat_id, [photo])
            return _photo(photo)

    async def move_photo(self, chat_id: int, photo_id: int, class_id: int) -> None:
        """Move a photo to another class of the chat.

        Raises:
            TeachingRefused: the photo or the class is gone, or the class is full.
        """
        async with self._changing:
            photo, there = await self._find_photo(chat_id, photo_id), await self._find_class(chat_id, class_id)
            if photo.class_id != class_id:
                await self._move(chat_id, [photo], there)

    async def rename(self, chat_id: int, class_id: int, name: str) -> None:
        """Rename a class.

        Raises:
            TeachingRefused: the class is gone, or another class has the name: see `merge`.
        """
        async with self._changing:
            await self._taught.delete_empty(chat_id)  # a class that nobody sees must not keep a name
            await self._find_class(chat_id, class_id)
            if await self._taught.class_id(chat_id, name) not in (None, class_id):
                raise TeachingRefused(TeachingProblem.NAME_TAKEN)
            await self._taught.rename(class_id, name)
            self._recognition.changed(chat_id)

    async def merge(self, chat_id: int, class_id: int, into_id: int) -> int:
        """Move all photos of a class to another class; return the number of photos of that class.

        Raises:
            TeachingRefused: a class is gone, or the other class would be too full.
        """
        async with self._changing:
            await self._find_class(chat_id, class_id)
            there = await self._find_class(chat_id, into_id)
            if class_id != into_id:
                await self._move(chat_id, await self._taught.photos(chat_id, class_id), there)
            return (await self._find_class(chat_id, into_id)).photos

    async def forget(self, chat_id: int, class_id: int) -> str:
        """Delete a class with its photos; return its name.

        Raises:
            TeachingRefused: the class is gone.
        """
        async with self._changing:
            name = (await self._find_class(chat_id, class_id)).name
            await self._delete(chat_id, await self._taught.photos(chat_id, class_id))
            return name

    async def given_by(self, person_id: int) -> tuple[GivenPhoto, ...]:
        """Return the photos that a person gave, in all chats, by chat and class."""
        given = await self._taught.given_by(person_id)
        return tuple(GivenPhoto(photo.chat_id, name, _photo(photo)) for name, photo in given)

    async def withdraw(self, person_id: int, photo_id: int) -> GivenPhoto:
        """Delete a photo that a person gave; return what was deleted.

        Raises:
            TeachingRefused: the photo is gone, or somebody else gave it.
        """
        async with self._changing:
            photo = await self._taught.find_photo(photo_id)
            if photo is None:
                raise TeachingRefused(TeachingProblem.PHOTO_GONE)
            if photo.giver_id != person_id:
                raise TeachingRefused(TeachingProblem.NOT_YOURS)
            name = (await self._find_class(photo.chat_id, photo.class_id)).name
            await self._delete(photo.chat_id, [photo])
            return GivenPhoto(photo.chat_id, name, _photo(photo))

    async def revoke(self, chat_id: int, person_id: int) -> None:
        """Delete a person's consent in a chat, with all that the person gave there."""
        async with self._changing:
            await self._requests.erase_person(person_id, chat_id)
            # The consents go first: nothing is stored without them.
            await self._consents.erase_person(person_id, chat_id)
            await self._taught.erase_person(person_id, chat_id)
            await self._recognition.changed_anywhere()
            await self._storage.overwrite_deleted()

    async def promote(self, chat_id: int, model: str) -> Promotion:
        """Make a model the chat's model if it passes the test of `Promotion`.

        Raises:
            TeachingRefused: the chat has no photos to judge with, or the model was not made from the chat's model.
            CommandRefused: the model answers in the chat already, or has classes that another chat taught.
            InferenceError: the model is missing or does not work.
        """
        return await promote(chat_id, model, self._taught, self._models, self._recognition)

    async def erase_chat(self, chat_id: int) -> None:
        """Delete all that was taught in a chat, the consents there, and what was offered."""
        async with self._changing:
            await self._requests.erase_chat(chat_id)
            await self._consents.erase_chat(chat_id)
            await self._taught.erase_chat(chat_id)
            await self._recognition.changed_anywhere()
            await self._storage.overwrite_deleted()

    async def erase_person(self, person_id: int) -> None:
        """Delete what a person gave, in all chats, the person's consents, and what was offered."""
        async with self._changing:
            await self._requests.erase_person(person_id)
            await self._consents.erase_person(person_id)
            await self._taught.erase_person(person_id)
            await self._recognition.changed_anywhere()
            await self._storage.overwrite_deleted()

    async def move_chat(self, old_id: int, new_id: int) -> None:
        """Move all that was taught in a group to the supergroup that replaced it. A second call does nothing."""
        async with self._changing:
            await self._requests.move_chat(old_id, new_id)
            await self._consents.move_chat(old_id, new_id)
            await self._taught.move_chat(old_id, new_id)
            await self._recognition.changed_anywhere()

    def _version(self, chat_id: int) -> tuple[str, str]:
        spec = self._models.selected(chat_id).spec
        return spec.name, spec.version

    async def _check_room(self, chat_id: int, name: str) -> None:
        """Raise if a class would be one too many."""
        classes = await self._taught.classes(chat_id)
        if len(classes) >= self._max_classes and name_key(name) not in {name_key(each.name) for each in classes}:
            raise TeachingRefused(TeachingProblem.TOO_MANY_CLASSES, self._max_classes)

    async def _with_consent(
        self, chat_id: int, photos: Sequence[OfferedPhoto]
    ) -> tuple[list[OfferedPhoto], list[RefusedPhoto]]:
        agreed = await self._consents.of(chat_id, {photo.giver_id for photo in photos})
        return (
            [photo for photo in photos if photo.giver_id in agreed],
            [
                RefusedPhoto(photo.message_id, photo.giver_id, PhotoProblem.NO_CONSENT)
                for photo in photos
                if photo.giver_id not in agreed
            ],
        )

    async def _fitted(self, chat_id: int) -> FittedClasses | None:
        """Return the chat's classes; None if its model does not work."""
        try:
            return await self._recognition.fitted(chat_id)
        except errors.InferenceError as error:
            log.warning("taught classes not fitted", reason=type(error).__name__)
            return None

    async def _find_photo(self, chat_id: int, photo_id: int) -> StoredPhoto:
        photo = await self._taught.find_photo(photo_id)
        if photo is None or photo.chat_id != chat_id:
            raise TeachingRefused(TeachingProblem.PHOTO_GONE)
        return photo

    async def _find_class(self, chat_id: int, class_id: int) -> StoredClass:
        classes = [each for each in await self._taught.classes(chat_id) if each.id == class_id]
        if not classes:
            raise TeachingRefused(TeachingProblem.CLASS_GONE)
        return classes[0]

    async def _delete(self, chat_id: int, photos: Sequence[StoredPhoto]) -> None:
        await self._taught.delete_photos(chat_id, [photo.id for photo in photos])
        self._recognition.forget([photo.media.file_unique_id for photo in photos])
        self._recognition.changed(chat_id)
        await self._storage.overwrite_deleted()

    async def _move(self, chat_id: int, photos: Sequence[StoredPhoto], there: StoredClass) -> None:
        if there.photos + len(photos) > self._max_photos:
            raise TeachingRefused(TeachingProblem.CLASS_FULL, self._max_photos)
        await self._taught.move_photos(chat_id, [photo.id for photo in photos], there.id)
        self._recognition.changed(chat_id)


def _photo(photo: StoredPhoto) -> TaughtPhoto:
    return TaughtPhoto(
        photo.id,
        photo.class_id,
        photo.giver_id,
        photo.media.file_id,
        photo.message_id,
        photo.given_at,
        is_photo=photo.media.short_side_px > 0,
        lost=photo.lost_at is not None,
    )


def _report(fitted: FittedClasses | None, name: str) -> ClassReport | None:
    return None if fitted is None or fitted.classes is None else fitted.classes.reports.get(name)


def _commonest_label(answers: Sequence[Classification]) -> Prediction | None:
    """Return the label that is the best one of most photos; of equal ones, that of the first photo."""
    best = [answer.predictions[0] for answer in answers if answer.predictions]
    counts = Counter(label.index for label in best)
    return max(best, key=lambda label: counts[label.index], default=None)
