"""Which file of a message is looked at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Animation, Chat, Document, Message, PhotoSize, Sticker, Video, VideoNote

from bot.domain.media import Media, find_media, has_media, smallest_covering


def size(width: int, height: int) -> PhotoSize:
    return PhotoSize(f"id-{width}x{height}", f"unique-{width}x{height}", width, height, file_size=width * height)


def message(**content: object) -> Message:
    return Message(1, datetime.now(UTC), Chat(1, Chat.PRIVATE), **content)  # type: ignore[arg-type] # any one content


LADDER = (size(90, 67), size(320, 240), size(800, 600), size(1280, 960))
SIZES = tuple(Media(size.file_id, size.file_unique_id, size.file_size, False, size.height) for size in LADDER)
THUMBNAIL = size(320, 180)
STILL = Media("id-320x180", "unique-320x180", 320 * 180, still=True)


@pytest.mark.parametrize(("short_side_px", "chosen"), [(64, 0), (67, 0), (68, 1), (224, 1), (299, 2), (2000, 3)])
def test_the_smallest_size_is_taken_whose_short_side_covers_the_input(short_side_px: int, chosen: int) -> None:
    assert smallest_covering(SIZES[::-1], short_side_px) == SIZES[chosen]


@given(sides=st.lists(st.integers(1, 2560), min_size=1, max_size=6), short_side_px=st.integers(1, 2000))
def test_no_smaller_size_would_do(sides: list[int], short_side_px: int) -> None:
    chosen = smallest_covering([Media("id", "unique", 7, short_side_px=side) for side in sides], short_side_px)
    covering = [side for side in sides if side >= short_side_px]
    assert chosen.short_side_px == (min(covering) if covering else max(sides))


def test_a_photo_is_there_in_all_its_sizes() -> None:
    assert find_media(message(photo=LADDER)) == SIZES


@pytest.mark.parametrize(
    ("file_name", "mime_type"),
    [
        ("cat.jpg", "image/jpeg"),
        ("cat.HEIC", "application/octet-stream"),
        ("DSC_1.HIF", "application/octet-stream"),
        ("cat.avif", None),
        (None, "image/png"),
        ("cat.jpg", "application/pdf"),
        ("photo", "application/octet-stream"),
        ("cat.old", None),
        (None, None),
    ],
)
def test_an_image_sent_as_a_file_is_taken_whole(file_name: str | None, mime_type: str | None) -> None:
    document = Document("id", "unique", file_name=file_name, mime_type=mime_type, file_size=7, thumbnail=THUMBNAIL)
    preview = Media("id-320x180", "unique-320x180", 320 * 180, preview=True)
    assert find_media(message(document=document)) == (Media("id", "unique", 7), preview)
    assert smallest_covering((preview, Media("id", "unique", 7)), 64) == Media("id", "unique", 7)


@pytest.mark.parametrize(
    ("file_name", "mime_type"),
    [
        ("cat.pdf", "application/pdf"),
        ("cat.jpg.zip", None),
        ("cat.zip", "application/octet-stream"),
        ("photos.tar.gz", None),
        ("program.exe", None),
        ("cat", "text/plain"),
    ],
)
def test_another_file_is_nothing_to_look_at(file_name: str | None, mime_type: str | None) -> None:
    document = Document("id", "unique", file_name=file_name, mime_type=mime_type, thumbnail=THUMBNAIL)
    assert find_media(message(document=document)) == ()
    assert has_media(message(document=document))


def test_a_static_sticker_is_taken_whole() -> None:
    sticker = Sticker("id", "unique", 512, 512, False, False, Sticker.REGULAR, thumbnail=THUMBNAIL, file_size=7)
    assert find_media(message(sticker=sticker)) == (Media("id", "unique", 7),)


@pytest.mark.parametrize(
    "content",
    [
        {"sticker": Sticker("id", "u", 512, 512, True, False, Sticker.REGULAR, thumbnail=THUMBNAIL)},
        {"sticker": Sticker("id", "u", 512, 512, False, True, Sticker.REGULAR, thumbnail=THUMBNAIL)},
        {
            "animation": Animation("id", "u", 9, 9, 1, thumbnail=THUMBNAIL),
            "document": Document("id", "u", mime_type="video/mp4"),
        },
        {"video": Video("id", "u", 9, 9, 1, thumbnail=THUMBNAIL)},
        {"video_note": VideoNote("id", "u", 9, 1, thumbnail=THUMBNAIL)},
        {"document": Document("id", "u", mime_type="video/mp4", thumbnail=THUMBNAIL)},
    ],
    ids=["animated sticker", "video sticker", "animation", "video", "video note", "video as a file"],
)
def test_of_what_moves_the_thumbnail_is_taken_and_marked_a_still(content: dict[str, object]) -> None:
    assert find_media(message(**content)) == (STILL,)


def test_an_animation_that_is_a_gif_is_looked_at_itself() -> None:
    gif = Document("id", "u", mime_type="image/gif")
    found = find_media(message(animation=Animation("id", "u", 9, 9, 1, thumbnail=THUMBNAIL), document=gif))
    assert [(media.file_id, media.still, media.preview) for media in found] == [
        ("id", False, False),
        (THUMBNAIL.file_id, False, True),
    ]


def test_what_moves_and_has_no_thumbnail_is_nothing_to_look_at() -> None:
    assert find_media(message(video=Video("id", "u", 9, 9, 1))) == ()


def test_words_show_nothing() -> None:
    assert not has_media(message(text="hello"))
    assert find_media(message(text="hello")) == ()
