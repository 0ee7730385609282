"""Leases of chats: each chat's updates are handled by one replica at a time.

    store -> pending -> leased to a replica -> all updates done -> free
               ^            └── more updates wait, or the replica is gone ──┐
               └────────────────────────────────────────────────────────────┘

A replica that stores an update leases its chat at once, if nobody has the chat, nothing of it waits, and the replica
has room. Otherwise the chat is pending, and a replica with room leases it; the chat that was served the longest ago
comes first. For a moment, a pending chat is left to the replica that handled it last, which knows the chat.

`arrived` counts how often updates of a chat were stored. A replica that lets go of a chat names the count up to which
it has read, so that no update can slip in unseen between its last look and the end of the lease.

All times are the server's, as updates are loaded in the order in which replicas stored them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.storage.inbox import ReceivedUpdate, UnfinishedUpdate, read_body
from bot.storage.replicas import NOW, Replica

# Seconds for which a pending chat is left to the replica that handled it last, and seconds after its last lease at
# which that replica no longer knows more than others.
LEFT_S = 2.0
KNOWN_S = 600.0
# Id that stands for updates without a chat.
NO_CHAT = 0

# Whether another replica is preferred, and whether a replica that stores an update leases its chat.
ELSEWHERE = f"""(
    lease.last_replica_id <> $1::bigint AND lease.last_replica_id = ANY ($2::bigint[])
    AND lease.served_at > {NOW} - {KNOWN_S}
)"""
TAKEN = f"""(
    lease.replica_id IS NULL AND NOT lease.pending AND excluded.replica_id IS NOT NULL AND NOT {ELSEWHERE}
)"""
STORE = f"""
WITH leased AS (
    INSERT INTO chat_leases AS lease
        (chat_id, replica_id, last_replica_id, moves, arrived, pending, pending_at, served_at)
    SELECT chat_id, CASE WHEN has_room THEN $1::bigint END, CASE WHEN has_room THEN $1::bigint ELSE 0 END,
        0, 1, true, {NOW}, {NOW}
    FROM unnest($3::bigint[], $4::boolean[]) AS wanted (chat_id, has_room) ORDER BY chat_id
    ON CONFLICT (chat_id) DO UPDATE SET
        arrived = lease.arrived + 1,
        pending = true,
        pending_at = CASE WHEN lease.pending THEN lease.pending_at ELSE excluded.pending_at END,
        replica_id = CASE WHEN {TAKEN} THEN $1::bigint ELSE lease.replica_id END,
        last_replica_id = CASE WHEN {TAKEN} THEN $1::bigint ELSE lease.last_replica_id END,
        moves = CASE WHEN {TAKEN} AND lease.last_replica_id <> $1::bigint THEN lease.moves + 1 ELSE lease.moves END
    RETURNING chat_id, replica_id, moves, arrived
), stored AS (
    INSERT INTO inbox (update_id, chat_id, body, received_at, attempts)
    SELECT update_id, nullif(chat_id, {NO_CHAT}), body::json, floor({NOW})::bigint, attempts
    FROM unnest($5::bigint[], $6::bigint[], $7::text[], $8::integer[]) AS given (update_id, chat_id, body, attempts)
    ON CONFLICT DO NOTHING RETURNING update_id
)
SELECT chat_id, replica_id, moves, arrived, (SELECT array_agg(update_id) FROM stored) AS new FROM leased
"""  # noqa: S608  (only constants are inserted, here and below)
CLAIM = f"""
WITH picked AS (
    SELECT chat_id FROM chat_leases AS lease WHERE replica_id IS NULL AND pending
      AND (NOT {ELSEWHERE} OR pending_at NOT BETWEEN {NOW} - {LEFT_S} AND {NOW})
    ORDER BY served_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE chat_leases AS lease SET replica_id = $1::bigint, last_replica_id = $1::bigint,
    moves = CASE WHEN lease.last_replica_id = $1::bigint THEN lease.moves ELSE lease.moves + 1 END
FROM picked WHERE lease.chat_id = picked.chat_id RETURNING lease.chat_id, lease.moves
"""  # noqa: S608
ORPHANS = "SELECT chat_id, moves FROM chat_leases WHERE replica_id = $1::bigint AND chat_id <> ALL ($2::bigint[])"
LOAD = f"""
SELECT lease.chat_id, lease.arrived, unfinished.* FROM unnest($2::bigint[], $3::integer[]) AS wanted (chat_id, room)
JOIN chat_leases AS lease ON lease.chat_id = wanted.chat_id AND lease.replica_id = $1::bigint
LEFT JOIN LATERAL (
    SELECT update_id, body::text AS body, received_at, attempts FROM inbox
    WHERE done_at IS NULL AND update_id <> ALL ($4::bigint[])
      AND (inbox.chat_id = wanted.chat_id OR (wanted.chat_id = {NO_CHAT} AND inbox.chat_id IS NULL))
    ORDER BY received_at, update_id LIMIT wanted.room
) AS unfinished ON true
ORDER BY unfinished.received_at, unfinished.update_id
"""  # noqa: S608
RELEASE = f"""
UPDATE chat_leases AS lease
SET replica_id = NULL, pending = lease.arrived <> given.seen, pending_at = {NOW}, served_at = {NOW}
FROM (SELECT * FROM unnest($2::bigint[], $3::bigint[]) AS given (chat_id, seen) ORDER BY chat_id) AS given
WHERE lease.chat_id = given.chat_id AND lease.replica_id = $1::bigint RETURNING lease.pending
"""  # noqa: S608
# Updates that were stored while the bot ran without replicas.
ADOPT = f"""
INSERT INTO chat_leases AS lease (chat_id, replica_id, last_replica_id, moves, arrived, pending, pending_at, served_at)
SELECT chat_id, NULL::bigint, 0, 0, 1, true, {NOW}, {NOW}
FROM (SELECT DISTINCT coalesce(chat_id, {NO_CHAT}) AS chat_id FROM inbox WHERE done_at IS NULL) AS unfinished
ORDER BY chat_id
ON CONFLICT (chat_id) DO UPDATE SET pending = true, arrived = lease.arrived + 1
"""  # noqa: S608
COUNT_WAITING = "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE done_at IS NULL LIMIT $1) AS waiting"
COUNT_ATTEMPTS = "UPDATE inbox SET attempts = attempts + $2 WHERE update_id = ANY ($1::bigint[])"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of the updates of one chat that were stored together.

    Attributes:
        holder: number of the replica that handles the chat, if there is one.
        moves: how often the chat went to another replica.
        arrived: how often updates of the chat were stored.
    """

    holder: int | None
    moves: int
    arrived: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """Updates of one chat that were read.

    Attributes:
        arrived: how often updates of the chat had been stored.
        updates: the updates, in their order.
    """

    arrived: int
    updates: list[UnfinishedUpdate]


class Leases:
    """The leases of one replica.

    Args:
        replica: this process.
    """

    def __init__(self, replica: Replica) -> None:
        self.replica = replica

    async def store(
        self, updates: Sequence[ReceivedUpdate], *, begun: Collection[int], may_lease: Collection[int]
    ) -> tuple[frozenset[int], dict[int, Stored]]:
        """Store updates in one transaction, and lease chats that are free.

        Args:
            updates: received updates.
            begun: ids of the updates that this replica begins at once if it has their chat.
            may_lease: ids of the chats that this replica has room for.

        Returns:
            The ids of the new updates, and what became of each chat.

        Raises:
            SQLAlchemyError: one of the updates cannot be stored.
            StorageError: the database failed; it may have stored the updates nevertheless.
        """
        chats = sorted({chat_of(update) for update in updates})
        rows = await self.replica.session.fetch(
            STORE,
            self.replica.id,
            list(self.replica.others),
            chats,
            [chat_id in may_lease for chat_id in chats],
            [update.update_id for update in updates],
            [chat_of(update) for update in updates],
            [json.dumps(update.body) for update in updates],
            [int(update.update_id in begun) for update in updates],
        )
        new = frozenset(rows[0]["new"] or ()) if rows else frozenset()
        return new, {row["chat_id"]: Stored(row["replica_id"], row["moves"], row["arrived"]) for row in rows}

    async def claim(self, limit: int) -> dict[int, int]:
        """Lease up to `limit` pending chats; return them, each with the number of its moves."""
        rows = await self.replica.session.fetch(CLAIM, self.replica.id, list(self.replica.others), limit)
        return {row["chat_id"]: row["moves"] for row in rows}

    async def orphans(self, known: Collection[int]) -> dict[int, int]:
        """Return chats that are leased to this replica without its knowledge, each with the number of its moves."""
        rows = await self.replica.session.fetch(ORPHANS, self.replica.id, list(known))
        return {row["chat_id"]: row["moves"] for row in rows}

    async def load(self, room: Mapping[int, int], in_flight: Collection[int]) -> dict[int, Loaded]:
        """Read the next updates of leased chats.

        Args:
            room: maximum number of updates of each chat.
            in_flight: ids of updates that are in memory already.
        """
        rows = await self.replica.session.fetch(LOAD, self.replica.id, list(room), list(room.values()), list(in_flight))
        loaded: dict[int, Loaded] = {}
        for row in rows:
            of_chat = loaded.setdefault(row["chat_id"], Loaded(row["arrived"], []))
            if row["update_id"] is not None:
                body = read_body(row["body"])
                of_chat.updates.append(UnfinishedUpdate(row["update_id"], body, row["received_at"], row["attempts"]))
        return loaded

    async def release(self, seen: Mapping[int, int]) -> bool:
        """End the leases of chats; return whether updates of one of them still wait.

        Args:
            seen: for each chat, the count of `arrived` up to which this replica has read its updates.
        """
        rows = await self.replica.session.fetch(RELEASE, self.replica.id, list(seen), list(seen.values()))
        return any(row["pending"] for row in rows)

    async def adopt(self) -> None:
        """Make chats pending whose updates were stored without leases."""
        await self.replica.session.fetch(ADOPT)

    async def count_waiting(self, limit: int) -> int:
        """Return the number of updates that are not done, at most `limit`."""
        [row] = await self.replica.session.fetch(COUNT_WAITING, limit)
        return int(row[0])

    async def count_attempts(self, update_ids: Sequence[int], by: int = 1) -> None:
        """Count another attempt for each of the given updates, or take one back with `by=-1`."""
        if update_ids:
            await self.replica.session.fetch(COUNT_ATTEMPTS, list(update_ids), by)

    async def announce(self, chat_ids: Collection[int]) -> None:
        """Tell the other replicas that updates of chats wait."""
        payload = json.dumps(sorted(chat_ids))
        # PostgreSQL takes at most 8,000 bytes.
        await self.replica.notify(payload if len(payload) < 7_000 else "")


def chat_of(update: ReceivedUpdate) -> int:
    """Return the id of the chat whose lease an update belongs to."""
    return NO_CHAT if update.chat_id is None else update.chat_id
