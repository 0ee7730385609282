"""The tables of this version of the program. The folder migrations/ has their history.

Times are in seconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Date, Float, Index, Integer, MetaData, String, Table

metadata = MetaData()

chats = Table(
    "chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    # NULL stands for the default.
    Column("top_k", Integer),
    Column("mode", String(8)),  # "off", "ask" or "auto"
    Column("language", String(16)),
    Column("threshold", Float),  # 0 to 1
    Column("quiet_from", Integer),  # minutes of the day
    Column("quiet_to", Integer),
    Column("utc_offset_min", Integer),
    Column("time_zone", String(64)),  # a name like "Europe/Berlin"; it has priority over the offset
    Column("answer_by", String(8)),  # "reply" or "react"
    Column("channel_posts", String(8)),  # "comment" or "caption"
    Column("never_say", JSON(none_as_null=True)),  # ["kind:dog", "class:n07920052", ...]
    Column("inactive_since", BigInteger),
    Column("privacy_mode_told_at", BigInteger),
)

predictions = Table(
    "predictions",
    metadata,
    Column("file_unique_id", String(64), primary_key=True),
    Column("model", String(128), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("predictions", JSON, nullable=False),  # [[label, score, index, class id, names], ...], best first
    Column("threshold", Float, nullable=False),
    Column("kind", String(64)),  # the narrowest kind that is sure; NULL if no kind is sure
    Column("kind_probability", Float),
    Column("frames", JSON(none_as_null=True)),  # [total, agreeing] of an animation; NULL for other images
    Column("familiarity", Float),  # NULL if the model cannot tell whether it knows what the photo shows
    Column("created_at", BigInteger, nullable=False),
    Index("predictions_created_at", "created_at"),
)

model_choices = Table(
    "model_choices",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),  # 0 for all chats
    # NULL stands for the default.
    Column("model", String(64)),
    Column("previous", String(64)),
)

bans = Table(
    "bans",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # id of a person or a chat
)

claimed_admins = Table(
    "claimed_admins",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # id of a person
    Column("claimed_at", BigInteger, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger),
    Column("body", JSON(none_as_null=True)),  # NULL once done
    Column("received_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", BigInteger),
    Index("inbox_done_at", "done_at"),
)

sends = Table(
    "sends",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "ordinal", Integer, primary_key=True, autoincrement=False
    ),  # unique among the messages that answer one update
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),  # NULL until Telegram confirms the send
    Column("claimed_at", BigInteger, nullable=False),
    Index("sends_claimed_at", "claimed_at"),
)

answers = Table(
    "answers",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),  # id of the bot's message
    Column("asked_message_id", BigInteger, nullable=False),
    Column("asker_id", BigInteger),
    Column("media_group_id", String(64)),
    Column("photos", JSON, nullable=False),  # [{message_id, sizes, seen, failure, seen_before, spoiler}, ...]
    Column("answered_at", BigInteger, nullable=False),
    Index("answers_album", "chat_id", "media_group_id"),
    Index("answers_asked", "chat_id", "asked_message_id"),
    Index("answers_answered_at", "answered_at"),
)

counters = Table(
    "counters",
    metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
