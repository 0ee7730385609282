"""What people send: photos and albums, at random moments."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from math import pi, sin


@dataclass(frozen=True, slots=True)
class Arrival:
    """Photos that one chat sends at once: one, or an album, which gets one answer."""

    time_s: float
    chat_id: int
    photos: int = 1


@dataclass(frozen=True, slots=True)
class Load:
    """What people send.

    Attributes:
        photos_per_s: mean number of photos a second.
        seconds: duration.
        chats: number of chats; each message comes from any of them.
        group_share: share of the chats that are groups.
        album_share: share of the messages that are albums.
        album_photos: photos of an album.
        swing: how far the rate swings around its mean, as a share of the mean: 0 is steady, 1 is from nothing to
            twice the mean.
        period_s: duration of a swing, the first half is the busier one.
    """

    photos_per_s: float
    seconds: float
    chats: int = 5_000
    group_share: float = 0.1
    album_share: float = 0.0
    album_photos: int = 4
    swing: float = 0.0
    period_s: float = 60.0

    @property
    def photos_per_message(self) -> float:
        return 1 + self.album_share * (self.album_photos - 1)

    def arrivals(self, seed: int) -> Iterable[Arrival]:
        """Yield a Poisson process of messages, whose rate may swing."""
        chance, now_s = random.Random(seed), 0.0
        highest = self.photos_per_s / self.photos_per_message * (1 + self.swing)
        while (now_s := now_s + chance.expovariate(highest)) < self.seconds:
            if chance.random() * (1 + self.swing) > 1 + self.swing * sin(2 * pi * now_s / self.period_s):
                continue
            chat = chance.randrange(1, self.chats + 1)
            photos = self.album_photos if chance.random() < self.album_share else 1
            yield Arrival(now_s, -chat if chat <= self.group_share * self.chats else chat, photos)
