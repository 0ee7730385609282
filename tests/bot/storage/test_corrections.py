"""The table of votes: counting, taking back, erasing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.corrections import Confusion, Correction, Tally
from bot.storage.storage import Storage

ASKER, OTHER, THIRD = 1, 2, 3
GROUP = -100
VOTE = Correction(GROUP, 7, "starter", "v1", OTHER, ASKER, "sure", "class:fox", is_right=True)


async def save(storage: Storage, *votes: Correction) -> None:
    for vote in votes:
        await storage.corrections.save(vote)


def by(voter_id: int, is_right: bool, photo_id: int = 7, label: str | None = None) -> Correction:
    return replace(VOTE, voter_id=voter_id, is_right=is_right, photo_id=photo_id, label=label)


@pytest.mark.parametrize(
    ("votes", "counted"),
    [
        ([by(OTHER, True)], (1, 0, 0)),
        ([by(OTHER, False), by(THIRD, False)], (0, 1, 0)),
        ([by(OTHER, True), by(THIRD, False)], (0, 0, 1)),
        ([by(OTHER, True), by(THIRD, True), by(ASKER, False)], (0, 1, 0)),
        ([by(OTHER, False), by(THIRD, False), by(ASKER, True)], (1, 0, 0)),
        ([by(OTHER, True), by(OTHER, False)], (0, 1, 0)),
        ([by(OTHER, True, 7), by(OTHER, False, 8), by(THIRD, True, 8), by(THIRD, True, 9)], (2, 0, 1)),
    ],
)
async def test_a_photo_counts_once(storage: Storage, votes: list[Correction], counted: tuple[int, int, int]) -> None:
    await save(storage, *votes)
    found = await storage.corrections.live_accuracy()
    assert found.tallies == (Tally("starter", "v1", "sure", *counted),)


async def test_models_versions_and_certainty_are_counted_apart(storage: Storage) -> None:
    await save(
        storage,
        *(replace(VOTE, photo_id=photo_id) for photo_id in (1, 2, 3)),
        replace(VOTE, photo_id=4, certainty="unsure"),
        replace(VOTE, photo_id=5, version="v2", is_right=False),
        replace(VOTE, photo_id=1, model="birds"),
    )
    assert (await storage.corrections.live_accuracy()).tallies == (
        Tally("starter", "v1", "sure", 3, 0, 0),
        Tally("birds", "v1", "sure", 1, 0, 0),
        Tally("starter", "v1", "unsure", 1, 0, 0),
        Tally("starter", "v2", "sure", 0, 1, 0),
    )


async def test_votes_on_a_photo_that_was_replaced_are_deleted(storage: Storage) -> None:
    await save(storage, by(OTHER, True), by(THIRD, False), by(OTHER, True, 8))
    await storage.corrections.erase_photo(GROUP, 7)
    assert await storage.corrections.of_photos(GROUP, [7, 8]) == [by(OTHER, True, 8)]


async def test_a_vote_is_taken_back(storage: Storage) -> None:
    await save(storage, by(OTHER, True), by(THIRD, False))
    for _ in range(2):
        await storage.corrections.withdraw(by(OTHER, True))
    assert await storage.corrections.of_photos(GROUP, [7, 8]) == [by(THIRD, False)]


async def test_corrections_of_several_photos_are_listed(storage: Storage) -> None:
    wolves = [by(voter, False, photo, "class:wolf") for photo in (1, 2, 3) for voter in (OTHER, THIRD)]
    await save(storage, *wolves, by(OTHER, False, 4, "class:dog"), by(OTHER, False, 5), by(OTHER, True, 6, "class:fox"))
    found = await storage.corrections.live_accuracy()
    assert found.confusions == (Confusion("starter", "class:fox", "class:wolf", 3),)


async def test_what_a_person_said_and_what_was_said_to_them_is_erased(storage: Storage) -> None:
    elsewhere = replace(VOTE, chat_id=-200, voter_id=ASKER, asker_id=THIRD)
    unrelated = replace(VOTE, photo_id=9, voter_id=OTHER, asker_id=THIRD)
    await save(storage, VOTE, elsewhere, unrelated)
    await storage.corrections.erase_person(ASKER)
    assert await storage.corrections.of_photos(GROUP, [7, 9]) == [unrelated]
    assert await storage.corrections.of_photos(-200, [7]) == []


async def test_a_chat_is_erased(storage: Storage) -> None:
    await save(storage, VOTE, replace(VOTE, chat_id=-200))
    await storage.corrections.erase_chat(GROUP)
    assert await storage.corrections.of_photos(GROUP, [7]) == []
    assert len(await storage.corrections.of_photos(-200, [7])) == 1


async def test_an_upgraded_group_keeps_its_votes_apart_from_new_photos_of_the_same_id(storage: Storage) -> None:
    await save(storage, VOTE)
    for _ in range(2):
        await storage.corrections.move(GROUP, -1_000_200)
    assert await storage.corrections.of_photos(-1_000_200, [7]) == []
    assert (await storage.corrections.live_accuracy()).tallies[0].photos == 1
    await storage.corrections.erase_chat(-1_000_200)
    assert (await storage.corrections.live_accuracy()).tallies == ()
