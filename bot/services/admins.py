"""The bot's admins: the people in LABELBOT_ADMINS, and the person who opened the link for the first admin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Self

import structlog

from bot.domain.claim_code import ClaimCode
from bot.storage.claimed_admins import ClaimedAdmins

log = structlog.get_logger()


class Admins(Set[int]):
    """Live set of the ids of all admins. `Admins.load` makes one.

    Attributes:
        code: code of the link for the first admin; None until `offer_code` makes one.
    """

    def __init__(self, named: frozenset[int], claimed: Iterable[int], stored: ClaimedAdmins) -> None:
        self._named = named
        self._claimed = set(claimed)
        self._stored = stored
        self.code: ClaimCode | None = None

    @classmethod
    async def load(cls, named: frozenset[int], stored: ClaimedAdmins) -> Self:
        """Load the admins.

        Args:
            named: ids in LABELBOT_ADMINS.
            stored: ids of people who used a link.
        """
        return cls(named, await stored.ids(), stored)

    async def reload(self) -> None:
        """Read the people who used a link again, as another replica changed them."""
        self._claimed = set(await self._stored.ids())

    @classmethod
    def _from_iterable(cls, it: Iterable[int]) -> frozenset[int]:  # type: ignore[override]
        """Make the result of `&` and other operators."""
        return frozenset(it)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._named or user_id in self._claimed

    def __iter__(self) -> Iterator[int]:
        return iter(self._named | self._claimed)

    def __len__(self) -> int:
        return len(self._named | self._claimed)

    def only_claimed(self, user_id: int) -> bool:
        """Return whether a person is an admin only by the link, and not in LABELBOT_ADMINS."""
        return user_id in self._claimed and user_id not in self._named

    def offer_code(self) -> ClaimCode | None:
        """Make and return the code of the link for the first admin, valid from now; None if there is an admin."""
        self.code = None if len(self) else ClaimCode()
        return self.code

    async def claim(self, user_id: int, code: str) -> bool:
        """Make a person the first admin if the code is right.

        Returns:
            True if the person is an admin now.

        Raises:
            SQLAlchemyError: the database failed; the code stays valid.
        """
        if self.code is None or not self.code.redeem(code):
            return False
        try:
            await self._stored.add(user_id)
        except BaseException:
            self.code.give_back()
            raise
        self._claimed.add(user_id)
        log.warning("the first admin is set by the link", id=user_id)
        return True

    async def withdraw(self, user_id: int) -> None:
        """Delete the admin role that a person got by the link; people in LABELBOT_ADMINS stay admins."""
        if user_id in self._claimed:
            await self._stored.remove(user_id)
            self._claimed.discard(user_id)
            log.warning("an admin by the link has withdrawn", id=user_id)
