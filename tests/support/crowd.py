"""People who send photos, each in a chat of their own, and what became of each photo."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.localchat.simulation import Simulation
from bot.localchat.threads import Message
from bot.services.metrics import percentile

# A hang guard: the longest wait on purpose is a minute, before a photo whose workers died is tried once more.
ANSWER_TIMEOUT_S = 150.0


@dataclass(slots=True)
class Sent:
    """A photo on its way: the message, the update that tells the bot of it, and when it was sent."""

    message: Message
    update_id: int
    sent_s: float
    answered_s: float = 0.0


class Crowd:
    """People who send photos, each in a chat of their own."""

    def __init__(self, sim: Simulation, chats: int) -> None:
        self.sim = sim
        people = [sim.add_user(f"Guest {number}") for number in range(chats)]
        self.places: list[tuple[Chat, User]] = [(sim.add_private_chat(person), person) for person in people]
        self.sent: list[Sent] = []
        self._waiting: set[asyncio.Task[None]] = set()

    async def send(self, photos: Sequence[bytes], *, per_s: float) -> None:
        """Send photos, each in the next chat, at random moments."""
        for number, photo in enumerate(photos):
            chat, person = self.places[number % len(self.places)]
            message = self.sim.send_photo(chat, person, photo)
            sent = Sent(message, self.sim.store.updates.pending[-1]["update_id"], time.monotonic())
            self.sent.append(sent)
            self._waiting.add(asyncio.create_task(self._note_answer(sent)))
            await asyncio.sleep(random.expovariate(per_s))

    async def _note_answer(self, sent: Sent) -> None:
        reply = await self.sim.wait_for_reply(sent.message, ANSWER_TIMEOUT_S)
        assert "%" in reply["text"], reply["text"]
        sent.answered_s = time.monotonic()

    async def answered(self) -> None:
        """Wait until each photo has its labels."""
        await asyncio.gather(*self._waiting)

    def greet(self) -> Message:
        """Send a text; once it is answered, the program runs."""
        return self.sim.send_text(self.sim.private, self.sim.alice, "/start")

    def answers(self, sent: Sent) -> list[Message]:
        return self.sim.replies(sent.message)

    def twice(self) -> list[Sent]:
        return [sent for sent in self.sent if len(self.answers(sent)) > 1]

    def confirmed(self, sent: Sent) -> int:
        """How often the program was told that a photo's answer had been sent."""
        chat_id, texts = str(sent.message["chat"]["id"]), {answer["text"] for answer in self.answers(sent)}
        sends = [call.parameters for call in self.sim.calls if call.method == "sendMessage" and call.status == 200]
        return sum(parse_html(each["text"])[0] in texts for each in sends if each["chat_id"] == chat_id)

    def sent_in(self, chats: slice) -> list[Sent]:
        ids = {chat.id for chat, _ in self.places[chats]}
        return [each for each in self.sent if each.message["chat"]["id"] in ids]

    def overtaken(self, chats: slice, others: slice) -> list[Sent]:
        """The photos of chats that were answered after one that was sent later in another chat."""
        rivals = self.sent_in(others)
        return [
            sent
            for sent in self.sent_in(chats)
            if any(rival.sent_s > sent.sent_s and rival.answered_s < sent.answered_s for rival in rivals)
        ]

    def latency_p95_s(self, chats: slice) -> float:
        waits_s = [each.answered_s - each.sent_s for each in self.sent_in(chats)]
        p95_s = percentile(sorted(waits_s), 95)
        assert p95_s is not None
        return p95_s
