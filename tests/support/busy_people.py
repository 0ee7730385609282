"""Simulated users of the bot, with many kinds of messages, as many at once as it can answer."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from bot.domain.callback_data import DONE, read_correction_callback
from bot.localchat.chats import Chat, User
from bot.localchat.simulation import Simulation
from bot.localchat.threads import Message
from tests.support.keyboards import buttons
from tests.support.pictures import picture

# A longer wait for an answer counts as a hang.
ANSWER_TIMEOUT_S = 120.0
# Number of photos that many people send repeatedly.
KNOWN_PHOTOS = 60
PEOPLE_PER_GROUP = 10
WORDS = ("/start", "/help", "/model", "/top", "/top 3", "/privacy", "/settings", "/nosuchcommand", "good morning")
# None can be downloaded: the bot refuses private addresses, and the last name does not exist.
ADDRESSES = ("http://10.0.0.1/cat.jpg", "http://127.0.0.1:1/cat.jpg", "https://no-such-host.invalid/cat.jpg")
IMAGE_FORMATS = ("PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG")


class BusyPeople:
    """Has people act one after the other, each of them in a chat of their own or in a group, and checks each answer.

    What was answered is cleared away, so that what they and the local server keep grows with new photos alone.

    Args:
        sim: that they live in.
        people: how many of them there are.

    Attributes:
        done: how often each kind of thing was done and answered.
    """

    def __init__(self, sim: Simulation, people: int) -> None:
        self.sim = sim
        self.done = Counter[str]()
        everybody = [sim.add_user(f"Guest {number}") for number in range(people)]
        self._idle = deque((sim.add_private_chat(person), person) for person in everybody)
        self._groups = {
            person.id: group
            for first in range(0, people, PEOPLE_PER_GROUP)
            for members in [everybody[first : first + PEOPLE_PER_GROUP]]
            for group in [sim.add_group("Walkers", creator=members[0], members=members[1:])]
            for person in members
        }
        self._random = random.Random(1)
        self._random.shuffle(self._idle)
        self._known = [picture(number, width=320, height=240) for number in range(KNOWN_PHOTOS)]
        self._files = {name: picture(0, name, width=80, height=60) for name in IMAGE_FORMATS}
        self._numbers = itertools.count()
        self._acts: dict[Callable[[Chat, User], Awaitable[None]], int] = {
            self.send_known_photo: 25,
            self.send_new_photo: 15,
            self.send_image_file: 20,
            self.send_broken_file: 5,
            self.send_words: 10,
            self.send_address: 5,
            self.send_album: 3,
            self.press_buttons: 10,
            self.ask_in_group: 5,
            self.stop_and_come_back: 2,
        }

    async def act(self, hands: int, until: Callable[[], bool]) -> None:
        """Have as many people act at once, everybody in turn, until something is so and all have their answers."""
        for photo in self._known:
            await self.sim.prepare_photo(photo)
        async with asyncio.TaskGroup() as group:
            for _ in range(hands):
                group.create_task(self._keep_acting(until))

    async def _keep_acting(self, until: Callable[[], bool]) -> None:
        while not until():
            chat, person = self._idle.popleft()
            (deed,) = self._random.choices(list(self._acts), list(self._acts.values()))
            await deed(chat, person)
            self.done[deed.__name__] += 1
            chat.messages.clear()
            self.sim.calls.clear()
            self._idle.append((chat, person))

    async def send_known_photo(self, chat: Chat, person: User) -> None:
        await self._labels(self.sim.send_photo(chat, person, self._random.choice(self._known)))

    async def send_new_photo(self, chat: Chat, person: User) -> None:
        photo = self._new_photo()
        await self.sim.prepare_photo(photo)
        message = self.sim.send_photo(chat, person, photo, caption="What is it?")
        self.sim.edit_caption(chat, message, "What is that?")
        await self._labels(message)

    async def send_image_file(self, chat: Chat, person: User) -> None:
        kind = self._random.choice(IMAGE_FORMATS)
        await self._labels(self._send_file(chat, person, self._files[kind], kind))

    async def send_broken_file(self, chat: Chat, person: User) -> None:
        kind = self._random.choice(IMAGE_FORMATS)
        part = self._files[kind][: self._random.randrange(1, 60)]
        await self._reply(self._send_file(chat, person, part, kind))

    async def send_words(self, chat: Chat, person: User) -> None:
        await self._reply(self.sim.send_text(chat, person, self._random.choice(WORDS)))

    async def send_address(self, chat: Chat, person: User) -> None:
        await self._reply(self.sim.send_text(chat, person, self._random.choice(ADDRESSES)))

    async def send_album(self, chat: Chat, person: User) -> None:
        photos = self._random.sample(self._known, self._random.randint(2, 4))
        await self._labels(self.sim.send_album(chat, person, photos)[0])

    async def press_buttons(self, chat: Chat, person: User) -> None:
        """Press two of the buttons that an answer has, one after the other; type a name if that is asked for."""
        answer = await self._labels(self.sim.send_photo(chat, person, self._random.choice(self._known)))
        for _ in range(2):
            shown = chat.messages[answer["message_id"]]
            data = self._random.choice(list(buttons(shown).values()))
            await self.sim.press(shown, data, person, timeout_s=ANSWER_TIMEOUT_S)
            await self._until_changed(chat, shown)
        shown = chat.messages[answer["message_id"]]
        if any(_asks_for_a_name(data) for data in buttons(shown).values()):
            self.sim.send_text(chat, person, "a mug")
            await self._until_changed(chat, shown)

    async def ask_in_group(self, _chat: Chat, person: User) -> None:
        group = self._groups[person.id]
        photo = self._random.choice(self._known)
        message = self.sim.send_photo(group, person, photo, caption=f"@{self.sim.bot.username}")
        await self._labels(message)
        self.sim.delete(group, message)

    async def stop_and_come_back(self, chat: Chat, person: User) -> None:
        self.sim.block_bot(person)
        self.sim.unblock_bot(person)
        await self._reply(self.sim.send_text(chat, person, "/start"))

    async def _until_changed(self, chat: Chat, shown: Message) -> None:
        await self.sim.wait_for(lambda: chat.messages[shown["message_id"]] is not shown, ANSWER_TIMEOUT_S)

    def _send_file(self, chat: Chat, person: User, data: bytes, kind: str) -> Message:
        # Bytes after the image make another file with the same picture.
        data += next(self._numbers).to_bytes(8, "big")
        return self.sim.send_document(
            chat, person, data, file_name=f"cat.{kind.lower()}", mime_type=f"image/{kind.lower()}"
        )

    def _new_photo(self) -> bytes:
        number = next(self._numbers)
        return picture(number, width=320 + number // 256 % 64, height=240 + number // 16384)

    async def _labels(self, message: Message) -> Message:
        reply = await self._reply(message)
        assert "%" in reply["text"], reply["text"]
        return reply

    async def _reply(self, message: Message) -> Message:
        reply = await self.sim.wait_for_reply(message, ANSWER_TIMEOUT_S)
        assert reply["text"]
        return reply


def _asks_for_a_name(data: str) -> bool:
    """Return whether a button leads back from the question for a name."""
    callback = read_correction_callback(data)
    return callback is not None and callback.action == DONE and callback.value != ""
