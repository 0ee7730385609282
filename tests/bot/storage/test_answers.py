"""Answers that were given."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.media import Media
from bot.storage.database import Database
from bot.storage.storage import Storage
from bot.storage.tables import answers
from inference import Classification, Frames, KindScore, Prediction, Timings
from tests.support.examples import examples

TIMINGS = Timings(4.5, 11.25, 0.5)
TABBY = Prediction("tabby, tabby cat", 0.75, 3, "n02123045", {"de": "Tigerchen"})
SEEN = Classification("starter", "a86423a03b6b", (TABBY,), 0.8, TIMINGS, KindScore("cat", 0.9), Frames(3, 2), 0.75)
# As an earlier version stored it.
SEEN_BEFORE = Classification("starter", "a86423a03b6b", (Prediction("cat, tabby", 0.75, 3),), 0.5, TIMINGS)
PHOTO = AnsweredPhoto(7, (Media("file", "unique", 9, short_side_px=90),), classification=SEEN)
ANSWER = Answer(-1001234567890, 8, 7, 5, None, (PHOTO,))

photos = st.builds(
    AnsweredPhoto,
    st.integers(1, 2**52),
    st.lists(st.builds(Media), max_size=4).map(tuple),
    st.sampled_from([None, SEEN, SEEN_BEFORE]),
    st.none() | st.text(),
    st.booleans(),
)


async def test_an_answer_is_found_by_its_message_only(storage: Storage) -> None:
    await storage.answers.save(ANSWER)
    assert await storage.answers.find(ANSWER.chat_id, ANSWER.message_id) == ANSWER
    assert await storage.answers.find(ANSWER.chat_id, 9) is None
    assert await storage.answers.find(5, ANSWER.message_id) is None


async def test_an_answer_of_an_earlier_version_is_read(storage: Storage, database: Database) -> None:
    await storage.answers.save(ANSWER)
    (photos,) = (await database.execute(select(answers.c.photos))).scalars()
    photos[0]["seen"]["predictions"] = [["cat, tabby", 0.75, 3]]
    photos[0]["seen"]["threshold"] = 0.5
    del photos[0]["seen"]["kind"], photos[0]["seen"]["frames"], photos[0]["seen"]["familiarity"]
    await database.execute(update(answers).values(photos=photos))
    answer = replace(ANSWER, photos=(replace(PHOTO, classification=SEEN_BEFORE),))
    assert await storage.answers.find(ANSWER.chat_id, ANSWER.message_id) == answer
    assert (SEEN_BEFORE.headline.level, SEEN_BEFORE.headline_name("de").name) == ("class", "cat")


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(photos, min_size=1, max_size=10), st.none() | st.integers(1, 2**52))
async def test_what_is_kept_comes_back_as_it_was(
    storage: Storage, photos: list[AnsweredPhoto], asker_id: int | None
) -> None:
    answer = replace(ANSWER, asker_id=asker_id, photos=tuple(photos))
    await storage.answers.save(answer)
    assert await storage.answers.find(answer.chat_id, answer.message_id) == answer


async def test_an_album_is_found_in_its_chat_with_the_photos_it_has_by_now(storage: Storage) -> None:
    album = replace(ANSWER, media_group_id="12")
    await storage.answers.save(album)
    larger = replace(album, photos=(PHOTO, replace(PHOTO, message_id=9)))
    await storage.answers.save(larger)
    assert await storage.answers.find_album(ANSWER.chat_id, "12") == larger
    assert await storage.answers.find_album(ANSWER.chat_id, "13") is None
    assert await storage.answers.find_album(5, "12") is None
