"""Access control: who may use the bot, and who may add it to groups."""

from __future__ import annotations

from collections.abc import Iterable, Set

import structlog

log = structlog.get_logger()


class Access:
    """Tells who may use the bot, and who may add it to groups.

    Args:
        admins: live set of the user ids of the admins, who may always use and add the bot.
        allowed: ids of people, who may use the bot everywhere, and ids of groups and channels, where everyone may use
            the bot. If it is empty, everyone may use the bot.
        added_by_admins: whether only admins may add the bot to groups and channels.
    """

    def __init__(self, admins: Set[int], allowed: frozenset[int], *, added_by_admins: bool) -> None:
        self._admins = admins
        self._allowed = set(allowed)
        self._added_by_admins = added_by_admins

    def allows(self, ids: Iterable[int]) -> bool:
        """Return whether an update may be handled.

        Args:
            ids: ids of the person, of the chat, and of the chat in whose name the person writes.
        """
        return not self._allowed or any(known in self._allowed or known in self._admins for known in ids)

    def may_add(self, user_id: int) -> bool:
        """Return whether a user may add the bot to a group or channel."""
        return not self._added_by_admins or user_id in self._admins

    def move(self, old_id: int, new_id: int) -> bool:
        """Allow a supergroup if it has replaced an allowed group.

        Returns:
            Whether it has replaced one.
        """
        if old_id not in self._allowed:
            return False
        if new_id not in self._allowed:
            self._allowed.add(new_id)
            log.warning("a group has a new id: update LABELBOT_ALLOWED", old_id=old_id, new_id=new_id)
        return True
