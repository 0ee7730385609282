"""Who became an admin by a link."""

from __future__ import annotations

from bot.services.admins import Admins
from bot.storage.storage import Storage

# Telegram's ids have up to 52 bits.
ANN, BEN = 2**51, 7


async def test_a_claim_is_kept_until_it_is_withdrawn(storage: Storage) -> None:
    first = await Admins.load(frozenset(), storage.claimed_admins)
    assert first.code is None
    code = first.offer_code()
    assert code is not None
    assert await first.claim(ANN, code.text)
    again = await Admins.load(frozenset(), storage.claimed_admins)
    assert (set(again), again.offer_code(), again.only_claimed(ANN)) == ({ANN}, None, True)
    await again.withdraw(ANN)
    assert (set(again), again.only_claimed(ANN)) == (set(), False)
    assert await storage.claimed_admins.ids() == frozenset()


async def test_settings_add_admins_and_keep_them(storage: Storage) -> None:
    await storage.claimed_admins.add(ANN)
    await storage.claimed_admins.add(ANN)
    admins = await Admins.load(frozenset({ANN, BEN}), storage.claimed_admins)
    assert sorted(admins) == [BEN, ANN]
    assert {BEN, 3} & admins == {BEN}
    assert not admins.only_claimed(ANN)
    assert not admins.only_claimed(BEN)
    for admin in (ANN, BEN):
        await admins.withdraw(admin)
    assert sorted(admins) == [BEN, ANN]
    assert await storage.claimed_admins.ids() == frozenset()
