"""A lesson: photos that a person teaches together. They are stored, and compared with what was taught before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.teaching import PhotoProblem, RefusedPhoto, Resemblance
from bot.services.offered_photos import ReadPhoto
from bot.services.resemblances import nearly_same
from bot.services.taught_recognition import FittedClasses
from bot.storage.taught import StoredClass, StoredPhoto, Taught
from inference.teaching.quantisation import quantise


@dataclass(frozen=True, slots=True)
class StoredLesson:
    """The result of storing a lesson.

    Attributes:
        kept: class with the photos; None if nothing was stored and there is no class.
        created: whether the class is new.
        photos: id of each stored photo, by the offered photo's message.
        same: photos that are in the chat already, by the offered photo's message.
        refused: photos that were left out.
    """

    kept: StoredClass | None
    created: bool
    photos: Mapping[int, int]
    same: Mapping[int, Sequence[StoredPhoto]]
    refused: Sequence[RefusedPhoto]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson.

    Attributes:
        chat_id: id of the chat.
        name: name of the class.
        by: id of the person who teaches.
        teaching_id: number of the lesson.
        max_photos: maximum number of photos of a class.
    """

    chat_id: int
    name: str
    by: int
    teaching_id: int
    max_photos: int

    async def store(self, read: Sequence[ReadPhoto], taught: Taught) -> StoredLesson:
        """Store photos whose givers agree. Nothing else may change what the chat taught meanwhile.

        Args:
            read: photos with embeddings.
            taught: tables of what was taught.
        """
        known = await taught.photos(self.chat_id)
        class_id = await taught.class_id(self.chat_id, self.name)
        own = {photo.media.file_unique_id: photo for photo in known if photo.class_id == class_id}
        if read and not own:
            await taught.add_class(self.chat_id, self.name, self.by)
            class_id = await taught.class_id(self.chat_id, self.name)
        photos: dict[int, int] = {}
        same: dict[int, list[StoredPhoto]] = {}
        rows: list[tuple[StoredPhoto, bytes]] = []
        refused: list[RefusedPhoto] = []
        for each in read:
            assert class_id is not None, "it was just added"
            row = self._row(each, class_id, taught)
            message_id, file = each.offered.message_id, row[0].media.file_unique_id
            earlier = own.get(file)
            if earlier is not None and not self._is_of_before_a_crash(earlier, message_id):
                same[message_id] = [earlier]
                continue
            if earlier is None and len(own) >= self.max_photos:
                refused.append(RefusedPhoto(message_id, each.offered.giver_id, PhotoProblem.CLASS_FULL))
                continue
            if earlier is None:
                own[file] = row[0]
                rows.append(row)
            photos[message_id] = own[file].id
            same[message_id] = [
                other for other in known if other.media.file_unique_id == file and other.id != own[file].id
            ]
        await taught.add_photos(rows)
        kept = next((each for each in await taught.classes(self.chat_id) if each.id == class_id), None)
        created = bool(photos) and all(photo.teaching_id == self.teaching_id for photo in own.values())
        return StoredLesson(kept, created, photos, same, refused)

    def _is_of_before_a_crash(self, photo: StoredPhoto, message_id: int) -> bool:
        return (photo.teaching_id, photo.message_id) == (self.teaching_id, message_id)

    def _row(self, read: ReadPhoto, class_id: int, taught: Taught) -> tuple[StoredPhoto, bytes]:
        classification, offered = read.classification, read.offered
        assert classification.embedding is not None, "read_offered refuses photos without"
        # The largest size can be shown again, and read by any later model.
        media = max(offered.sizes, key=lambda size: (not size.preview, size.short_side_px))
        photo = StoredPhoto(
            taught.new_id(),
            class_id,
            self.chat_id,
            offered.giver_id,
            offered.message_id,
            media,
            classification.model,
            classification.version,
            self.teaching_id,
            int(time.time()),
        )
        return photo, quantise(classification.embedding)


async def find_resemblances(
    chat_id: int,
    stored: StoredLesson,
    read: Sequence[ReadPhoto],
    taught: Taught,
    before: FittedClasses | None,
    after: FittedClasses | None,
) -> tuple[tuple[Resemblance, ...], tuple[Resemblance, ...]]:
    """Return the new photos that the class has already, and those that belong to another class."""
    if stored.kept is None:
        return (), ()
    own, names = stored.kept, {each.id: each.name for each in await taught.classes(chat_id)}
    near: Mapping[int, tuple[int, int]] = {}
    if after is not None and after.reference is not None:
        rows = await taught.embeddings(chat_id, after.model, after.version)
        near = await asyncio.to_thread(nearly_same, rows, set(stored.photos.values()), after.reference.centre)
    found: list[Resemblance] = []
    for each in read:
        message_id = each.offered.message_id
        same = stored.same.get(message_id, ())
        photo_id = stored.photos.get(message_id) or next((photo.id for photo in same), None)
        if photo_id is None:
            continue  # refused
        if same:
            others = [(photo.id, photo.class_id) for photo in same]
        elif photo_id in near:
            others = [near[photo_id]]
        else:
            others = []
            recognised = _recognised(before, each)
            if recognised is not None and recognised[1] in names and recognised[1] != own.id:
                found.append(Resemblance(photo_id, message_id, recognised[1], recognised[0], None, same_file=False))
        found += [
            Resemblance(photo_id, message_id, class_id, names[class_id], other_id, same_file=bool(same))
            for other_id, class_id in others
            if class_id in names
        ]
    duplicates = tuple(each for each in found if each.class_id == own.id)
    return duplicates, tuple(each for each in found if each.class_id != own.id)


def _recognised(fitted: FittedClasses | None, read: ReadPhoto) -> tuple[str, int] | None:
    """Return name and id of the class that a photo shows; None if it shows none."""
    embedding = read.classification.embedding
    if fitted is None or fitted.classes is None or embedding is None or read.version != (fitted.model, fitted.version):
        return None
    found = fitted.classes.recognise(embedding)
    return (found[0].name, fitted.ids[found[0].name]) if found else None
