"""Photos to teach, and photos to try what was taught."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import cache

from PIL import Image

from bot.domain.media import Media
from bot.domain.teaching import OfferedPhoto, TeachResult
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from bot.sample import samples
from inference.teaching.held_out import is_held_out
from tests.support.client import Client
from tests.support.images import encode

# Left, upper, right and lower edge of a crop, as shares of the photo's sides. Each shows the cup, or the cat.
CROPS = (
    (0.0, 0.0, 1.0, 1.0),
    (0.1, 0.05, 0.95, 0.9),
    (0.05, 0.1, 0.85, 1.0),
    (0.15, 0.15, 1.0, 0.95),
    (0.0, 0.1, 0.8, 0.9),
    (0.1, 0.0, 0.9, 0.85),
    (0.05, 0.05, 0.9, 0.95),
    (0.2, 0.1, 1.0, 1.0),
)
CUP, CAT = range(2)


@cache
def view(subject: int, number: int) -> bytes:
    """A JPEG of the cup or the cat; each number is another crop, the second half mirrored."""
    with Image.open(samples()[subject]) as image:
        left, upper, right, lower = CROPS[number % len(CROPS)]
        width, height = image.size
        box = (round(left * width), round(upper * height), round(right * width), round(lower * height))
        crop = image.convert("RGB").crop(box)
    if number >= len(CROPS) or number % 2:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    encoded = io.BytesIO()
    crop.save(encoded, "JPEG", quality=90 - number)
    return encoded.getvalue()


def violet(number: int) -> bytes:
    """A JPEG in a shade of violet, of which a model of colours is not sure; each number is another shade."""
    return encode(Image.new("RGB", (64, 64), (150 + 3 * (number % 35), 10 + number, 200)), "JPEG", quality=95)


def red(number: int) -> bytes:
    """A JPEG in a shade of red; each number is another shade."""
    return encode(Image.new("RGB", (64, 64), (255 - 5 * (number // 10), 6 * (number % 10), 0)), "JPEG", quality=95)


def blue(number: int) -> bytes:
    """A JPEG in a shade of blue; each number is another shade."""
    return encode(Image.new("RGB", (64, 64), (0, 6 * (number % 10), 255 - 5 * (number // 10))), "JPEG", quality=95)


def offered(message: Message, giver_id: int | None = None) -> OfferedPhoto:
    """A message's photo, given by its sender or by another person."""
    sizes = tuple(
        Media(
            size["file_id"],
            size["file_unique_id"],
            size["file_size"],
            short_side_px=min(size["width"], size["height"]),
        )
        for size in message["photo"]
    )
    giver_id = message["from"]["id"] if giver_id is None else giver_id
    return OfferedPhoto(sizes, giver_id, message["message_id"])


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def offer(client: Client, chat: Chat, person: User, photo: bytes) -> OfferedPhoto:
    """Send a photo, and offer it once the bot has answered it."""
    message = client.sim.send_photo(chat, person, photo)
    if chat.type == "private":
        await client.reply_to(message)
    return offered(message, person.id)


async def teach_photos(client: Client, chat: Chat, person: User, name: str, photos: Sequence[bytes]) -> TeachResult:
    """Teach photos of a person who agrees."""
    teaching = services_of(client).teaching
    await teaching.agree(chat.id, person.id)
    return await teaching.teach(
        chat.id, name, [await offer(client, chat, person, photo) for photo in photos], person.id
    )


async def teach_part(
    client: Client, chat: Chat, person: User, name: str, photos: Iterable[bytes], *, held_out: bool
) -> None:
    """Teach photos until four are held out, or four are not. It depends on the id that each photo gets."""
    teaching, kept = services_of(client).teaching, 0
    for photo in photos:
        taught = await teach_photos(client, chat, person, name, [photo])
        assert taught.class_id is not None, "the person agreed"
        newest = (await teaching.photos(chat.id, taught.class_id))[-1]
        if is_held_out(newest.id) is held_out:
            kept += 1
        else:
            await teaching.remove_photo(chat.id, newest.id)
        if kept == 4:
            return
    raise AssertionError("expected more photos")


async def teach(client: Client, chat: Chat, person: User, name: str, subject: int, *numbers: int) -> TeachResult:
    """Teach views of the cup or the cat, by a person who agrees."""
    return await teach_photos(client, chat, person, name, [view(subject, number) for number in numbers])
