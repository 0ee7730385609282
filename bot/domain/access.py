"""Who may use the bot: everybody, or those whom the people who run it name."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

log = structlog.get_logger()


class Access:
    """Knows who may use the bot, and who may add it to groups.

    Args:
        admins: Telegram's ids of the people who run it; they always may.
        allowed: ids of people, who may use it everywhere, and of groups and channels, where everybody may; none stand
            for everybody.
        added_by_admins: whether only admins may add it to groups and channels.
    """

    def __init__(self, admins: frozenset[int], allowed: frozenset[int], *, added_by_admins: bool) -> None:
        self._admins = admins
        self._allowed = set(allowed)
        self._added_by_admins = added_by_admins

    def lets_in(self, ids: Iterable[int]) -> bool:
        """Tell whether an update is let in.

        Args:
            ids: of the person, of the chat, and of the chat in whose name somebody writes.
        """
        return not self._allowed or any(known in self._allowed or known in self._admins for known in ids)

    def may_add(self, user_id: int) -> bool:
        """Tell whether somebody may add the bot to a group or channel."""
        return not self._added_by_admins or user_id in self._admins

    def move(self, old_id: int, new_id: int) -> None:
        """Let in the chat that took another's place, until the program ends."""
        if old_id in self._allowed and new_id not in self._allowed:
            self._allowed.add(new_id)
            log.warning("a group has another id, which belongs into LABELBOT_ALLOWED", old_id=old_id, new_id=new_id)
