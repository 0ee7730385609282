from __future__ import annotations

from typing import Any

from bot.localchat.chats import ANONYMOUS_ADMIN_ID, TELEGRAM_ID
from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot
from tests.support.pictures import picture


async def test_the_bot_comes_and_goes(sim: Simulation, bot: RawBot) -> None:
    group = sim.add_group("New here", creator=sim.admin, with_bot=False)
    sim.groups.add(group, sim.bot, by=sim.admin)
    added, greeting = await bot.updates()
    assert added["my_chat_member"]["old_chat_member"]["status"] == "left"
    assert added["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert greeting["message"]["new_chat_members"][0]["id"] == sim.bot.id
    sim.groups.remove(group, sim.bot, by=sim.admin)
    (removed,) = await bot.updates()
    assert removed["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    refusal = await bot.refusal("sendMessage", chat_id=group.id, text="but")
    assert (refusal.status, refusal.description) == (403, "Forbidden: bot was kicked from the supergroup chat")


async def test_the_bot_leaves_by_itself(sim: Simulation, bot: RawBot) -> None:
    assert await bot.call("leaveChat", chat_id=sim.group.id) is True
    (left,) = await bot.updates()
    assert left["my_chat_member"]["new_chat_member"]["status"] == "left"
    assert left["my_chat_member"]["from"]["id"] == sim.bot.id
    refusal = await bot.refusal("leaveChat", chat_id=sim.group.id)
    assert (refusal.status, refusal.description) == (403, "Forbidden: bot is not a member of the supergroup chat")
    refusal = await bot.refusal("leaveChat", chat_id=sim.private.id)
    assert refusal.description == "Bad Request: chat member status can't be changed in private chats"


async def test_people_come_and_go(sim: Simulation, bot: RawBot) -> None:
    carol = sim.add_user("Carol")
    sim.groups.add(sim.group, carol, by=carol)
    sim.groups.remove(sim.group, carol, by=carol)
    came, left = await bot.updates()
    assert came["message"]["new_chat_members"][0]["first_name"] == "Carol"
    assert left["message"]["left_chat_member"]["first_name"] == "Carol"
    assert sim.group.status_of(carol) == "left"


async def test_a_restricted_bot_may_not_write(sim: Simulation, bot: RawBot) -> None:
    sim.groups.set_status(sim.group, sim.bot, "restricted", by=sim.admin)
    refusals = [
        await bot.refusal("sendMessage", chat_id=sim.group.id, text="x"),
        await bot.refusal("sendPhoto", {"photo": picture(1, width=20, height=20)}, chat_id=sim.group.id),
    ]
    assert [refusal.description for refusal in refusals] == [
        "Bad Request: not enough rights to send text messages to the chat",
        "Bad Request: not enough rights to send photos to the chat",
    ]


async def test_an_anonymous_admin_writes_as_the_group(sim: Simulation, bot: RawBot) -> None:
    sim.send_text(sim.group, sim.anonymous, "/model")
    (update,) = await bot.updates()
    assert update["message"]["from"]["id"] == ANONYMOUS_ADMIN_ID
    assert update["message"]["sender_chat"]["id"] == sim.group.id


async def test_messages_of_a_topic_carry_it_and_quote_its_opening(sim: Simulation, bot: RawBot) -> None:
    forum = sim.add_group("Forum", creator=sim.admin, members=(sim.alice,), is_forum=True)
    topic = sim.groups.open_topic(forum, "Birds", by=sim.admin)
    sim.send_text(forum, sim.alice, "/help", thread_id=topic.thread_id)
    sim.send_text(forum, sim.alice, "/help")
    opening, inside, outside = (update["message"] for update in await bot.updates())
    assert opening["forum_topic_created"]["name"] == "Birds"
    assert opening["message_thread_id"] == opening["message_id"] == topic.thread_id
    assert (inside["message_thread_id"], inside["is_topic_message"]) == (topic.thread_id, True)
    assert inside["reply_to_message"]["message_id"] == topic.thread_id
    assert "message_thread_id" not in outside


async def test_the_bot_answers_within_a_topic(sim: Simulation, bot: RawBot) -> None:
    forum = sim.add_group("Forum", creator=sim.admin, is_forum=True)
    topic = sim.groups.open_topic(forum, "Birds", by=sim.admin)
    asked = sim.send_text(forum, sim.admin, "/help", thread_id=topic.thread_id)
    sent = await bot.call("sendMessage", chat_id=forum.id, text="x", message_thread_id=topic.thread_id)
    assert sent["message_thread_id"] == topic.thread_id
    assert await sim.wait_for_reply(asked) == sent
    reply = {"message_id": asked["message_id"]}
    sent = await bot.call("sendMessage", chat_id=forum.id, text="y", reply_parameters=reply)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic.thread_id, True)


async def test_a_closed_topic_takes_no_messages_but_of_admins(sim: Simulation, bot: RawBot) -> None:
    forum = sim.add_group("Forum", creator=sim.admin, is_forum=True)
    topic = sim.groups.open_topic(forum, "Birds", by=sim.admin)
    sim.groups.close_topic(forum, topic, by=sim.admin)
    assert "forum_topic_closed" in (await bot.updates())[-1]["message"]
    place = {"chat_id": forum.id, "message_thread_id": topic.thread_id}
    assert (await bot.refusal("sendMessage", **place, text="x")).description == "Bad Request: TOPIC_CLOSED"
    sim.groups.set_status(forum, sim.bot, "administrator", by=sim.admin)
    await bot.call("sendMessage", **place, text="x")


async def test_replies_in_a_supergroup_carry_a_thread_that_is_no_topic(sim: Simulation, bot: RawBot) -> None:
    root = sim.send_text(sim.group, sim.alice, "hello")
    first = sim.send_text(sim.group, sim.admin, "hi", reply_to=root)
    second = sim.send_text(sim.group, sim.alice, "/help", reply_to=first)
    assert second["message_thread_id"] == first["message_thread_id"] == root["message_id"]
    assert "is_topic_message" not in second
    refusal = await bot.refusal("sendMessage", chat_id=sim.group.id, text="x", message_thread_id=root["message_id"])
    assert refusal.description == "Bad Request: message thread not found"


async def test_a_group_becomes_a_supergroup_under_another_id(sim: Simulation, bot: RawBot) -> None:
    basic = sim.add_group("Basic", creator=sim.admin, members=(sim.alice,), kind="group")
    supergroup = sim.groups.migrate(basic, by=sim.admin)
    joined, *said = await bot.updates()
    change = joined["my_chat_member"]
    assert (change["chat"]["id"], change["old_chat_member"]["status"]) == (supergroup.id, "left")
    assert change["new_chat_member"]["status"] == "member"
    old, new = (update["message"] for update in said)
    assert (old["chat"]["id"], old["migrate_to_chat_id"]) == (basic.id, supergroup.id)
    assert (new["chat"]["id"], new["migrate_from_chat_id"]) == (supergroup.id, basic.id)
    calls: dict[str, dict[str, Any]] = {
        "sendMessage": {"text": "x"},
        "getChatMember": {"user_id": sim.alice.id},
        "getChatAdministrators": {},
    }
    for method, parameters in calls.items():
        refusal = await bot.refusal(method, chat_id=basic.id, **parameters)
        assert refusal.description == "Bad Request: group chat was upgraded to a supergroup chat"
        assert refusal.parameters == {"migrate_to_chat_id": supergroup.id}
    assert (await bot.call("getChatMember", chat_id=supergroup.id, user_id=sim.admin.id))["status"] == "creator"
    await bot.call("sendMessage", chat_id=supergroup.id, text="here now")


async def test_hidden_members_are_shown_to_admins_only(sim: Simulation, bot: RawBot) -> None:
    sim.group.has_hidden_members = True
    about = {"chat_id": sim.group.id, "user_id": sim.admin.id}
    refusal = await bot.refusal("getChatMember", **about)
    assert refusal.description == "Bad Request: member list is inaccessible"
    own = await bot.call("getChatMember", chat_id=sim.group.id, user_id=sim.bot.id)
    (admin,) = await bot.call("getChatAdministrators", chat_id=sim.group.id)
    assert (own["status"], admin["status"]) == ("member", "creator")
    assert (await bot.call("getChat", chat_id=sim.group.id))["has_hidden_members"] is True
    sim.groups.set_status(sim.group, sim.bot, "administrator", by=sim.admin)
    assert (await bot.call("getChatMember", **about))["status"] == "creator"


async def test_a_channel_posts_in_its_own_name(sim: Simulation, bot: RawBot) -> None:
    channel = sim.add_channel("News", creator=sim.admin, username="news_local")
    post = sim.send_photo(channel, sim.admin, picture(1, width=20, height=20), caption="hot")
    sim.edit_caption(channel, post, "cold")
    new, edited = await bot.updates()
    assert new["channel_post"]["sender_chat"]["id"] == channel.id
    assert "from" not in new["channel_post"]
    assert edited["edited_channel_post"]["caption"] == "cold"
    sent = await bot.call("sendMessage", chat_id="@News_Local", text="x")
    assert sent["sender_chat"]["title"] == "News"
    assert await bot.updates() == []


async def test_a_bot_that_is_no_admin_cannot_post(sim: Simulation, bot: RawBot) -> None:
    channel = sim.add_channel("News", creator=sim.admin)
    sim.groups.set_status(channel, sim.bot, "member", by=sim.admin)
    refusal = await bot.refusal("sendMessage", chat_id=channel.id, text="x")
    assert refusal.description == "Bad Request: need administrator rights in the channel chat"


async def test_posts_go_on_to_the_discussion_group(sim: Simulation, bot: RawBot) -> None:
    channel = sim.add_channel("News", creator=sim.admin)
    sim.groups.link(channel, sim.group)
    sim.store.can_read_all_group_messages = True
    post = sim.send_photo(channel, sim.admin, picture(1, width=20, height=20), caption="hot")
    own, forwarded = await bot.updates()
    assert own["channel_post"] == post
    message = forwarded["message"]
    assert (message["from"]["id"], message["sender_chat"]["id"]) == (TELEGRAM_ID, channel.id)
    assert message["is_automatic_forward"] is True
    assert message["forward_origin"]["message_id"] == post["message_id"]
    assert message["photo"] == post["photo"]
    assert (await bot.call("getChat", chat_id=sim.group.id))["linked_chat_id"] == channel.id


async def test_forwards_name_their_origin(sim: Simulation, bot: RawBot) -> None:
    channel = sim.add_channel("News", creator=sim.admin)
    post = sim.send_text(channel, sim.admin, "hot")
    photo = sim.send_photo(sim.group, sim.admin, picture(1, width=20, height=20))
    await bot.updates()
    sim.forward(post, sim.private, sim.alice)
    sim.forward(photo, sim.private, sim.alice)
    from_channel, from_user = (update["message"] for update in await bot.updates())
    assert from_channel["forward_origin"]["chat"]["id"] == channel.id
    assert from_user["forward_origin"]["sender_user"]["id"] == sim.admin.id
    assert from_user["photo"] == photo["photo"]


async def test_message_ids_count_by_chat_in_supergroups_and_together_elsewhere(sim: Simulation) -> None:
    basic = sim.add_group("Basic", creator=sim.admin, kind="group")
    ids = [sim.send_text(chat, sim.admin, "x")["message_id"] for chat in (sim.private, basic, sim.group)]
    assert ids == [1, 2, 1]
