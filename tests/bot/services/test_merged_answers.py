"""Photos that a person sends one by one, faster than Telegram takes answers: one message answers several."""

from __future__ import annotations

from pathlib import Path

from bot.domain.callback_data import MORE, button_data
from bot.handlers.context import Services
from bot.localchat.faults import Refused, RetryAfter
from tests.support.client import connected_client
from tests.support.pictures import picture

PHOTOS = 16


async def test_photos_that_wait_for_their_answers_are_answered_together(tmp_path: Path) -> None:
    async with connected_client(tmp_path, messages_per_second_per_chat=1.0) as client:
        chat, person = client.newcomer()
        pending = client.sim.store.updates.pending
        first = len(pending)
        sent = [client.sim.send_photo(chat, person, picture(seed)) for seed in range(PHOTOS)]
        ids = [update["update_id"] for update in list(pending)[first:]]
        said = await client.said_in(chat)
        assert 3 < len(said) <= 3 + (PHOTOS - 3) // 2
        services = client.bot.application.bot_data["services"]
        assert isinstance(services, Services)
        answers = [message for message in client.sim.messages(chat) if message["from"]["is_bot"]]
        stored = [await services.storage.answers.find(chat.id, message["message_id"]) for message in answers]
        answered = [photo.message_id for answer in stored if answer is not None for photo in answer.photos]
        assert sorted(answered) == [message["message_id"] for message in sent]
        # After a crash each update knows the message that answered it.
        claims = await services.storage.sends.of_updates(ids)
        by_photo = {photo.message_id: answer.message_id for answer in stored if answer for photo in answer.photos}
        assert [claims[update_id][0].message_id for update_id in ids] == [
            by_photo[message["message_id"]] for message in sent
        ]
        await client.sim.press(answers[-1], button_data(MORE), person)


async def test_photos_of_a_merged_answer_that_is_refused_are_answered_one_by_one(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        client.server.faults.add(RetryAfter(1), method="sendMessage", chat_id=chat.id, count=1)
        client.sim.send_photo(chat, person, picture(20))
        await client.sim.wait_for(lambda: client.calls("sendMessage", chat), 60)
        sent = [client.sim.send_photo(chat, person, picture(seed)) for seed in range(4)]
        await client.sim.wait_for(lambda: len(client.calls("sendMessage", chat)) == 2, 60)
        client.server.faults.add(Refused("SOMETHING_NEW"), method="sendMessage", chat_id=chat.id, count=1)
        said = await client.said_in(chat)
        assert len(said) == 1 + len(sent)
