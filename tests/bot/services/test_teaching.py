"""People teach classes in the running bot: what is stored, what is recognised, and what is refused."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from PIL import Image
from pydantic import SecretStr

from bot.domain.teaching import GivenPhoto, PhotoProblem, TeachingProblem, TeachingRefused
from bot.localchat.faults import Delay
from bot.services.teaching import Teaching
from bot.storage.engine import StorageError
from tests.support.client import Client, connected_client
from tests.support.postgresql import Postgresql
from tests.support.taught_photos import CAT, CUP, offer, services_of, teach, view

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def teaching(client: Client) -> Teaching:
    return services_of(client).teaching


async def photo_counts(teaching: Teaching, chat_id: int) -> dict[str, int]:
    return {each.name: each.photos for each in await teaching.classes(chat_id)}


def saved_again(photo: bytes) -> bytes:
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(photo)) as image:
        image.save(encoded, "JPEG", quality=60)
    return encoded.getvalue()


async def test_a_taught_class_comes_first_in_the_next_answer(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    result = await teach(client, chat, person, "Minka", CAT, 0, 1, 2)
    assert (result.name, result.created, result.added, result.photos) == ("Minka", True, 3, 3)
    assert (result.refused, result.duplicates, result.contradictions) == ((), (), ())
    assert (await teaching.classes(chat.id))[0].last_used_at is None
    answer = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 4)))
    first, second = answer.splitlines()[:2]
    assert first.startswith("Minka: ")
    assert first.endswith("taught here")
    assert "▱" in second
    (kept,) = await teaching.classes(chat.id)
    assert (kept.name, kept.photos, kept.waiting) == ("Minka", 3, 0)
    assert kept.last_used_at is not None
    other = await client.text_after(client.sim.send_photo(chat, person, view(CUP, 4)))
    assert "Minka" not in other


async def test_what_a_chat_taught_stays_there(client: Client) -> None:
    chat, person = client.newcomer()
    await teach(client, chat, person, "Minka", CAT, 0, 1, 2)
    other_chat, other = client.newcomer()
    assert "Minka" not in await client.text_after(client.sim.send_photo(other_chat, other, view(CAT, 0)))


async def test_a_cached_photo_is_recognised_too(client: Client) -> None:
    chat, person = client.newcomer()
    other_chat, other = client.newcomer()
    photos = [view(CAT, 3), view(CAT, 5)]
    for photo in photos:  # their labels are cached without an embedding
        await client.reply_to(client.sim.send_photo(other_chat, other, photo))
    await teach(client, chat, person, "Minka", CAT, 0, 1, 2, 3)
    for photo in photos:
        assert (await client.text_after(client.sim.send_photo(chat, person, photo))).startswith("Minka: ")
    fetched = len(client.calls_of("getFile"))
    for photo in photos:  # by now both embeddings are at hand
        answer = await client.text_after(client.sim.send_photo(chat, person, photo))
        assert answer.startswith("Minka: ")
        assert answer.endswith("seen before")
    assert len(client.calls_of("getFile")) == fetched


async def test_a_name_is_the_same_whatever_its_case(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    await teach(client, chat, person, "Minka", CAT, 0)
    result = await teach(client, chat, person, "MINKA", CAT, 1)
    assert (result.name, result.created, result.photos) == ("Minka", False, 2)
    found = await teaching.find_class(chat.id, "minka")
    assert found is not None
    assert found.id == result.class_id


async def test_the_same_file_is_stored_once_and_named(client: Client) -> None:
    chat, person = client.newcomer()
    first = await teach(client, chat, person, "Minka", CAT, 0)
    again = await teach(client, chat, person, "Minka", CAT, 0, 1)
    assert (again.added, again.photos) == (1, 2)
    (duplicate,) = again.duplicates
    assert (duplicate.same_file, duplicate.class_id) == (True, first.class_id)
    assert duplicate.photo_id == duplicate.other_id


async def test_a_photo_that_was_saved_again_is_stored_and_can_be_taken_back(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    await teach(client, chat, person, "Minka", CAT, 0)
    copy = await offer(client, chat, person, saved_again(view(CAT, 0)))
    result = await teaching.teach(chat.id, "Minka", [copy], person.id)
    assert (result.added, result.photos) == (1, 2)
    (duplicate,) = result.duplicates
    assert not duplicate.same_file
    assert duplicate.message_id == copy.message_id
    removed = await teaching.remove_photo(chat.id, duplicate.photo_id)
    assert removed.message_id == copy.message_id
    assert await photo_counts(teaching, chat.id) == {"Minka": 1}


async def test_a_photo_of_another_class_is_named_and_can_be_moved(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    cup = await teach(client, chat, person, "My cup", CUP, 0, 1, 2)
    result = await teach(client, chat, person, "Minka", CAT, 0, 1)
    assert result.contradictions == ()
    wrong = await teach(client, chat, person, "Minka", CUP, 0, 5)
    same, alike = wrong.contradictions
    assert (same.same_file, same.class_name, same.class_id) == (True, "My cup", cup.class_id)
    assert same.other_id not in (None, same.photo_id)
    assert (alike.same_file, alike.class_name) == (False, "My cup")
    for photo in (same, alike):
        await teaching.move_photo(chat.id, photo.photo_id, photo.class_id)
    assert await photo_counts(teaching, chat.id) == {"Minka": 2, "My cup": 4}
    # Now the answer is right again, from what is stored.
    answer = await client.text_after(client.sim.send_photo(chat, person, view(CUP, 6)))
    assert answer.startswith("My cup: ")


async def test_nothing_is_kept_without_consent(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    stranger = client.sim.add_user("Stranger")
    photo = await offer(client, chat, person, view(CAT, 0))
    refused = await teaching.teach(chat.id, "Minka", [photo], person.id)
    assert (refused.class_id, refused.added, refused.photos, refused.created) == (None, 0, 0, False)
    assert [each.reason for each in refused.refused] == [PhotoProblem.NO_CONSENT]
    await teaching.agree(chat.id, person.id)
    assert (await teaching.consented(chat.id, person.id), await teaching.consented(-5, person.id)) == (True, False)
    foreign = replace(await offer(client, chat, person, view(CAT, 1)), giver_id=stranger.id)
    result = await teaching.teach(chat.id, "Minka", [photo, foreign], person.id)
    assert result.added == 1
    assert [(each.giver_id, each.message_id) for each in result.refused] == [(stranger.id, foreign.message_id)]


@pytest.mark.parametrize("withdrawal", ["revoke", "erase_person", "erase_chat"])
async def test_nothing_is_kept_if_consent_is_withdrawn_while_a_photo_is_read(
    client: Client, teaching: Teaching, withdrawal: str
) -> None:
    chat, person = client.newcomer()
    await teaching.agree(chat.id, person.id)
    numbers = {"revoke": (0, 1), "erase_person": (2, 3), "erase_chat": (4, 5)}[withdrawal]
    photos = [await offer(client, chat, person, saved_again(view(CUP, number))) for number in numbers]
    client.server.faults.add(Delay(0.3), method="getFile")
    try:
        lesson = asyncio.create_task(teaching.teach(chat.id, "Minka", photos, person.id))
        asked = len(client.calls_of("getFile"))
        while len(client.calls_of("getFile")) == asked and not lesson.done():  # noqa: ASYNC110 -- a call has no event
            await asyncio.sleep(0.01)
        assert not lesson.done()
        ids = (chat.id, person.id) if withdrawal == "revoke" else (chat.id,) if "chat" in withdrawal else (person.id,)
        await getattr(teaching, withdrawal)(*ids)
        result = await lesson
    finally:
        client.server.faults.clear()
    assert (result.added, result.class_id) == (0, None)
    assert [each.reason for each in result.refused] == [PhotoProblem.NO_CONSENT] * 2
    assert await teaching.classes(chat.id) == ()
    assert await teaching.given_by(person.id) == ()


async def test_a_withdrawn_photo_changes_the_class_at_once(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    await teach(client, chat, person, "Minka", CAT, 0)
    assert (await client.text_after(client.sim.send_photo(chat, person, view(CAT, 0)))).startswith("Minka: ")
    (given,) = await teaching.given_by(person.id)
    assert (given.chat_id, given.class_name) == (chat.id, "Minka")
    with pytest.raises(TeachingRefused) as refused:
        await teaching.withdraw(person.id + 1, given.photo.id)
    assert refused.value.problem is TeachingProblem.NOT_YOURS
    assert (await teaching.withdraw(person.id, given.photo.id)).class_name == "Minka"
    with pytest.raises(TeachingRefused) as refused:
        await teaching.withdraw(person.id, given.photo.id)
    assert refused.value.problem is TeachingProblem.PHOTO_GONE
    assert "Minka" not in await client.text_after(client.sim.send_photo(chat, person, view(CAT, 0)))
    assert await teaching.given_by(person.id) == ()


async def test_what_is_withdrawn_is_in_no_file(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    services = services_of(client)

    def is_in_a_file(part: bytes) -> bool:
        return any(part in path.read_bytes() for path in client.home.glob("labelbot.sqlite3*"))

    async def given() -> tuple[GivenPhoto, bytes]:
        (photo,) = await teaching.given_by(person.id)
        spec = services.models.selected(chat.id).spec
        ((_, _, embedding),) = await services.storage.taught.embeddings(chat.id, spec.name, spec.version)
        return photo, embedding

    for withdraw in (
        lambda photo: teaching.withdraw(person.id, photo.photo.id),
        lambda _: teaching.revoke(chat.id, person.id),
        lambda _: services.erasure.erase_person(person.id),
    ):
        await teach(client, chat, person, "Xanthippe", CAT, 6)
        photo, embedding = await given()
        assert is_in_a_file(embedding[:100])
        assert is_in_a_file(b"Xanthippe")
        await withdraw(photo)
        assert not is_in_a_file(embedding[:100])
        assert not is_in_a_file(b"Xanthippe")
    assert not is_in_a_file(photo.photo.file_id.encode()), "the answers are deleted, too"
    request = await teaching.open_request(
        chat.id, person.id, "Xanthippe", [await offer(client, chat, person, view(CAT, 6))]
    )
    assert is_in_a_file(b"Xanthippe")
    await teaching.close_request(request)
    assert not is_in_a_file(b"Xanthippe")


async def test_data_that_is_deleted_takes_the_classes_along(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    services = services_of(client)
    await teach(client, chat, person, "Minka", CAT, 0, 1)
    await teaching.open_request(chat.id, person.id, None, [await offer(client, chat, person, view(CUP, 0))])
    await services.erasure.erase_person(person.id)
    assert await teaching.classes(chat.id) == ()
    assert await teaching.requests_of(chat.id, person.id) == ()
    assert not await teaching.consented(chat.id, person.id)
    assert "Minka" not in await client.text_after(client.sim.send_photo(chat, person, view(CAT, 0)))


async def test_a_lesson_can_be_undone_for_ten_minutes(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    await teach(client, chat, person, "Minka", CAT, 0)
    lesson = await teach(client, chat, person, "Minka", CAT, 1, 2)
    with patch("bot.services.teaching.UNDO_S", -1), pytest.raises(TeachingRefused) as refused:
        await teaching.undo(chat.id, lesson.teaching_id)
    assert refused.value.problem is TeachingProblem.TOO_LATE
    assert await teaching.undo(chat.id, lesson.teaching_id) == 2
    assert await photo_counts(teaching, chat.id) == {"Minka": 1}
    with pytest.raises(TeachingRefused):
        await teaching.undo(chat.id, lesson.teaching_id)


async def test_a_lesson_that_is_given_again_after_a_crash_is_the_same(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    await teaching.agree(chat.id, person.id)
    photos = [await offer(client, chat, person, view(CAT, number)) for number in range(3)]
    for crash in ("add_photos", "classes"):
        with (
            patch.object(services_of(client).storage.taught, crash, side_effect=RuntimeError),
            pytest.raises(RuntimeError),
        ):
            await teaching.teach(chat.id, "Minka", photos, person.id, teaching_id=7)
        assert await photo_counts(teaching, chat.id) == {}
    first = await teaching.teach(chat.id, "Minka", photos, person.id, teaching_id=7)
    again = await teaching.teach(chat.id, "Minka", photos, person.id, teaching_id=7)
    assert replace(again, nearest_label=None) == replace(first, nearest_label=None)
    assert (again.created, again.added, again.photos, again.duplicates) == (True, 3, 3, ())
    assert await teaching.undo(chat.id, 7) == 3


async def test_two_people_teach_one_name_at_once(client: Client, teaching: Teaching) -> None:
    chat, ann = client.newcomer()
    ben = client.sim.add_user("Ben")
    for person in (ann, ben):
        await teaching.agree(chat.id, person.id)
    photos = [await offer(client, chat, ann, view(CAT, number)) for number in range(4)]
    results = await asyncio.gather(
        teaching.teach(chat.id, "Minka", photos[:2], ann.id),
        teaching.teach(chat.id, "minka", [replace(photo, giver_id=ben.id) for photo in photos[2:]], ben.id),
    )
    assert len({result.class_id for result in results}) == 1
    assert {result.created for result in results} == {True, False}
    assert list((await photo_counts(teaching, chat.id)).values()) == [4]


async def test_limits_are_named(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    with patch.object(teaching, "_max_photos", 2):
        result = await teach(client, chat, person, "Minka", CAT, 0, 1, 2)
        assert (result.added, [each.reason for each in result.refused]) == (2, [PhotoProblem.CLASS_FULL])
        other = await teach(client, chat, person, "My cup", CUP, 0)
        assert (result.class_id, other.class_id) != (None, None)
        (photo,) = await teaching.photos(chat.id, other.class_id or 0)
        for move in (
            teaching.move_photo(chat.id, photo.id, result.class_id or 0),
            teaching.merge(chat.id, other.class_id or 0, result.class_id or 0),
        ):
            with pytest.raises(TeachingRefused) as refused:
                await move
            assert (refused.value.problem, refused.value.limit) == (TeachingProblem.CLASS_FULL, 2)
    with patch.object(teaching, "_max_classes", 2):
        with pytest.raises(TeachingRefused) as refused:
            await teach(client, chat, person, "A third", CUP, 1)
        assert (refused.value.problem, refused.value.limit) == (TeachingProblem.TOO_MANY_CLASSES, 2)
        assert (await teach(client, chat, person, "my CUP", CUP, 1)).added == 1


async def test_a_photo_that_cannot_be_read_is_named_and_the_others_are_taught(
    client: Client, teaching: Teaching
) -> None:
    chat, person = client.newcomer()
    good = await offer(client, chat, person, view(CAT, 0))
    bad = client.sim.send_document(chat, person, b"no image at all", file_name="a.jpg", mime_type="image/jpeg")
    document = bad["document"]
    media = replace(good.sizes[0], file_id=document["file_id"], file_unique_id=document["file_unique_id"])
    unknown = replace(good, message_id=10**6, sizes=(replace(media, file_id="unknown", file_unique_id="?"),))
    photos = [good, replace(good, message_id=bad["message_id"], sizes=(media,)), unknown]
    await teaching.agree(chat.id, person.id)
    result = await teaching.teach(chat.id, "Minka", photos, person.id)
    assert result.added == 1
    reasons = {each.message_id: each.reason for each in result.refused}
    assert reasons == {bad["message_id"]: "failures-not-an-image", 10**6: "answers-file-unavailable"}


async def test_a_hundred_photos_at_once(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    await teaching.agree(chat.id, person.id)
    one = await offer(client, chat, person, view(CAT, 0))
    photos = [replace(one, message_id=number) for number in range(1, 101)]
    result = await teaching.teach(chat.id, "Minka", photos, person.id)
    assert (result.added, len(result.duplicates)) == (1, 99)


async def test_classes_are_renamed_merged_and_forgotten(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    minka = (await teach(client, chat, person, "Minka", CAT, 0, 1)).class_id or 0
    cup = (await teach(client, chat, person, "My cup", CUP, 0)).class_id or 0
    with pytest.raises(TeachingRefused) as refused:
        await teaching.rename(chat.id, cup, "minka")
    assert refused.value.problem is TeachingProblem.NAME_TAKEN
    await teaching.rename(chat.id, minka, "MINKA")
    await teaching.rename(chat.id, cup, "The cup")
    assert await photo_counts(teaching, chat.id) == {"MINKA": 2, "The cup": 1}
    assert (await client.text_after(client.sim.send_photo(chat, person, view(CUP, 0)))).startswith("The cup: ")
    assert await teaching.merge(chat.id, cup, minka) == 3
    assert await photo_counts(teaching, chat.id) == {"MINKA": 3}
    assert await teaching.forget(chat.id, minka) == "MINKA"
    for gone in (
        teaching.forget(chat.id, minka),
        teaching.rename(chat.id, minka, "x"),
        teaching.merge(chat.id, cup, minka),
    ):
        with pytest.raises(TeachingRefused) as refused:
            await gone
        assert refused.value.problem is TeachingProblem.CLASS_GONE
    assert await teaching.classes(chat.id) == ()


async def test_no_chat_changes_what_another_taught(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    class_id = (await teach(client, chat, person, "Minka", CAT, 0)).class_id or 0
    (photo,) = await teaching.photos(chat.id, class_id)
    for foreign in (
        teaching.remove_photo(-5, photo.id),
        teaching.move_photo(-5, photo.id, class_id),
        teaching.forget(-5, class_id),
        teaching.rename(-5, class_id, "x"),
    ):
        with pytest.raises(TeachingRefused):
            await foreign
    assert await teaching.photos(-5, class_id) == ()
    assert await photo_counts(teaching, chat.id) == {"Minka": 1}


async def test_a_request_waits_for_what_is_missing(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    first, second = [await offer(client, chat, person, view(CAT, number)) for number in range(2)]
    request_id = await teaching.open_request(chat.id, person.id, None, [second, second])
    request = await teaching.add_to_request(request_id, [first], name="Minka")
    assert (request.name, request.photos) == ("Minka", (first, second))
    assert await teaching.request(request_id) == request
    assert await teaching.requests_of(chat.id, person.id) == (request,)
    for _ in range(2):
        await teaching.close_request(request_id)
    assert await teaching.request(request_id) is None
    with pytest.raises(TeachingRefused) as refused:
        await teaching.add_to_request(request_id, [first])
    assert refused.value.problem is TeachingProblem.REQUEST_GONE


async def test_a_database_that_fails_costs_the_taught_names_but_no_answer(client: Client) -> None:
    chat, person = client.newcomer()
    await teach(client, chat, person, "Minka", CAT, 0)
    services_of(client).teaching._recognition.changed(chat.id)
    with patch.object(services_of(client).storage.taught, "embeddings", side_effect=StorageError("gone")):
        answer = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 5)))
    assert "%" in answer
    assert "Minka" not in answer
    assert (await client.text_after(client.sim.send_photo(chat, person, view(CAT, 5)))).startswith("Minka: ")


@pytest.mark.slow
async def test_a_server_keeps_what_is_taught_too(tmp_path: Path, postgresql_server: Postgresql) -> None:
    address = await asyncio.to_thread(postgresql_server.database)
    async with connected_client(tmp_path, database_url=SecretStr(address)) as client:
        chat, person = client.newcomer()
        teaching = services_of(client).teaching
        lesson = await teach(client, chat, person, "Minka", CAT, 0, 1, 2)
        cup = await teach(client, chat, person, "My cup", CUP, 0, 1)
        assert (await client.text_after(client.sim.send_photo(chat, person, view(CAT, 4)))).startswith("Minka: ")
        used = {each.name: each.last_used_at is not None for each in await teaching.classes(chat.id)}
        assert used == {"Minka": True, "My cup": False}
        assert await teaching.undo(chat.id, cup.teaching_id) == 2
        await teaching.rename(chat.id, lesson.class_id or 0, "Minki")
        given, *_ = await teaching.given_by(person.id)
        await teaching.withdraw(person.id, given.photo.id)
        assert await photo_counts(teaching, chat.id) == {"Minki": 2}
        await teaching.move_chat(chat.id, -5)
        assert await photo_counts(teaching, -5) == {"Minki": 2}
        await teaching.erase_person(person.id)
        assert await teaching.classes(-5) == ()
