"""`labelbot stats`, on databases with and without votes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from bot.domain.corrections import Correction
from bot.storage.database_url import sqlite_url
from bot.storage.storage import Storage
from tests.support.program import Program

VOTE = Correction(-100, 1, "starter", "a86423a03b6b", 7, 7, "sure", "class:n02123045", is_right=True)


async def fill(home: Path, *votes: Correction) -> None:
    storage = await Storage.open(sqlite_url(home / "labelbot.sqlite3"))
    await storage.counters.add("photos", 12)
    await storage.counters.add("seen_before", 3)
    for vote in votes:
        await storage.corrections.save(vote)
    await storage.close()


def votes() -> list[Correction]:
    right = [replace(VOTE, photo_id=photo) for photo in range(1, 19)]
    wrong = [replace(VOTE, photo_id=photo, is_right=False, label="class:n02123159") for photo in (19, 20)]
    disputed = [replace(VOTE, photo_id=21, voter_id=voter, is_right=voter == 8) for voter in (8, 9)]
    unsure = replace(VOTE, photo_id=22, certainty="unsure", said="class:n02123159")
    return [*right, *wrong, *disputed, unsure]


def test_shares_have_intervals_and_few_photos_have_none(program: Program, tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "home", *votes()))
    printed = program("stats").out.splitlines()
    assert printed[:2] == [
        "The past year",
        "Photos answered: 12, of which 3 seen before · messages I couldn't answer: 0",
    ]
    assert printed[3:8] == [
        "What people say about my answers",
        "starter, when sure: 90% right (70% to 97% with 95% confidence) · photos: 20",
        "starter, best guess when not sure: too few photos to say: 1 of 20",
        "Photos that don't count, as people disagree: 1",
        "Often corrected, starter: tabby cat → tiger cat · photos: 2",
    ]
    assert "no random sample" in printed[8]
    assert "(days counted: 30)" in printed[8]


def test_programs_read_json(program: Program, tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "home", *votes()))
    totals, sure, unsure, confusion = map(json.loads, program("stats", "--json").out.splitlines())
    assert (totals["photos"], totals["cached"]) == (12, 3)
    assert (sure["model"], sure["version"], sure["right"], sure["wrong"], sure["disputed"]) == (
        "starter",
        "a86423a03b6b",
        18,
        2,
        1,
    )
    assert (sure["share"], round(sure["low"], 3), round(sure["high"], 3)) == (0.9, 0.699, 0.972)
    assert (unsure["certainty"], unsure["share"], unsure["low"]) == ("unsure", None, None)
    assert confusion["photos"] == 2


def test_without_votes_it_says_so(program: Program, tmp_path: Path) -> None:
    asyncio.run(fill(tmp_path / "home"))
    assert program("stats").out.splitlines()[-1] == "Nobody has told me yet whether an answer was right."


def test_without_a_database_it_says_so_and_makes_none(program: Program, tmp_path: Path) -> None:
    outcome = program("stats")
    assert (outcome.status, outcome.out) == (1, "")
    assert "has no tables yet" in outcome.err
    assert not (tmp_path / "home" / "labelbot.sqlite3").exists()
