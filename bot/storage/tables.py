"""The tables of this version of the program. The folder migrations/ has their history.

Times are in seconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
UNFINISHED = text("done_at IS NULL")

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
    Column("teachers", String(8)),  # "everyone" or "admins"
    Column("corrections", String(8)),  # "always", "unsure" or "never"
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

chat_upgrades = Table(
    "chat_upgrades",
    metadata,
    Column("old_id", BigInteger, primary_key=True, autoincrement=False),  # id in LABELBOT_ALLOWED
    Column("new_id", BigInteger, nullable=False),
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
    Index("inbox_unfinished", "chat_id", postgresql_where=UNFINISHED, sqlite_where=UNFINISHED),
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

# A class exists as long as it has photos; `bot.storage.teaching` deletes rows of classes without photos.
taught_classes = Table(
    "taught_classes",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("key", Text, nullable=False),  # the name without its case, unique in the chat
    Column("created_by", BigInteger),  # NULL once the person's data was deleted
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),  # NULL until a photo is recognised
    UniqueConstraint("chat_id", "key", name="taught_classes_chat_id_key"),
)

taught_photos = Table(
    "taught_photos",
    metadata,
    # Ids grow, so that SQLite fills its pages.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("class_id", BigInteger, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("giver_id", BigInteger, nullable=False),  # the person who sent the photo, and consented
    Column("file_id", String(256), nullable=False),
    Column("file_unique_id", String(64), nullable=False),
    Column("short_side_px", Integer, nullable=False),  # 0 for files that are no photos
    Column("message_id", BigInteger, nullable=False),
    Column("model", String(128), nullable=False),  # model and version whose embedding this is
    Column("version", String(64), nullable=False),
    Column("embedding", LargeBinary, nullable=False),  # see inference.teaching.quantisation
    Column("teaching_id", BigInteger, nullable=False),  # the same for photos that were taught together
    Column("given_at", BigInteger, nullable=False),
    Column("lost_at", BigInteger),  # time since when Telegram does not serve the file; NULL for other files
    Column("lost_told_at", BigInteger),  # time when the chat was told of it; NULL until then
    UniqueConstraint("chat_id", "file_unique_id", "class_id", name="taught_photos_chat_id_file_class"),
    Index("taught_photos_giver_id", "giver_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("agreed_at", BigInteger, nullable=False),
    Index("consents_person_id", "person_id"),
)

# Photos that were offered for a class, while the bot waits for a name, for further photos or for consents.
teach_requests = Table(
    "teach_requests",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("asker_id", BigInteger, nullable=False),
    Column("name", String(64)),  # NULL until the name is known
    Column("photos", JSON, nullable=False),  # [[message id, id of the giver, sizes], ...]
    Column("created_at", BigInteger, nullable=False),
    Index("teach_requests_created_at", "created_at"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("photo_id", BigInteger, primary_key=True, autoincrement=False),  # id of the message with the photo
    Column("model", String(128), primary_key=True),
    Column("voter_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", String(64), nullable=False),
    Column("asker_id", BigInteger),
    Column("certainty", String(8), nullable=False),  # "sure", "unsure" or "taught"
    Column("said", Text),  # "kind:dog", "class:n07920052", ...; NULL for what the chat taught
    Column("is_right", Boolean, nullable=False),
    Column("label", Text),  # likewise; NULL if it was not named
    Column("voted_at", BigInteger, nullable=False),
    Index("corrections_voted_at", "voted_at"),
)

counters = Table(
    "counters",
    metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# The running replicas of the bot.
replicas = Table(
    "replicas",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # grows, and is never used again
    Column("host", String(255), nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("seen_at", Double, nullable=False),  # time of the last sign of life, by the server's clock
    Column("leads", Boolean, nullable=False),
    Column("fenced", Boolean, nullable=False),  # true from when another replica takes over its work
)

# The chats with recent updates, and the replicas that handle them.
chat_leases = Table(
    "chat_leases",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),  # 0 for updates without a chat
    Column("replica_id", BigInteger),  # the replica that handles the chat's updates now, or NULL
    Column("last_replica_id", BigInteger, nullable=False),  # the replica that handled the chat last, or 0
    Column("moves", BigInteger, nullable=False),  # how often the chat went to another replica
    Column("arrived", BigInteger, nullable=False),  # how often updates were stored
    Column("pending", Boolean, nullable=False),  # whether updates may wait for a replica
    Column("pending_at", Double, nullable=False),  # time since when they wait
    Column("served_at", Double, nullable=False),  # time when the last lease ended
    Index("chat_leases_served_at", "served_at"),
)

# One row: the time at which the next message may be sent, which replicas share.
send_pace = Table(
    "send_pace",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_at", Double, nullable=False),
)
