"""The tables, as this version of the program knows them; migrations/ holds how they came to be."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, MetaData, String, Table

metadata = MetaData()

chats = Table(
    "chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("top_k", Integer, nullable=False),
)

predictions = Table(
    "predictions",
    metadata,
    Column("file_unique_id", String(64), primary_key=True),
    Column("model", String(128), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("predictions", JSON, nullable=False),  # [[label, score, index], ...], best first
    Column("threshold", Float, nullable=False),
    Column("created_at", Integer, nullable=False),  # seconds since 1970, UTC
    Index("predictions_created_at", "created_at"),
)

model_choices = Table(
    "model_choices",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),  # 0 for all chats
    # NULL stands for what holds where nothing was chosen.
    Column("model", String(64)),
    Column("previous", String(64)),
)

bans = Table(
    "bans",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # of a person or a chat
)
