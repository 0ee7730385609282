"""What a chat has set, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, TypedDict

from inference import Classification

Mode: TypeAlias = Literal["off", "ask", "auto"]
AnswerBy: TypeAlias = Literal["reply", "react"]
ChannelPosts: TypeAlias = Literal["comment", "caption"]

MIN_TOP = 1
MAX_TOP = 10
MINUTES_A_DAY = 24 * 60


class SettingsChange(TypedDict, total=False):
    """Settings to change; None goes back to what holds where nothing was set."""

    top_k: int | None
    mode: Mode | None
    language: str | None
    threshold: float | None
    quiet_from: int | None
    quiet_to: int | None
    utc_offset_min: int | None
    answer_by: AnswerBy | None
    channel_posts: ChannelPosts | None


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """The settings of a chat, with what holds where nothing was set.

    Attributes:
        top_k: number of labels in an answer, from 1 to 10.
        mode: what a group's photos get: nothing ("off"), an answer when somebody asks ("ask"), or always ("auto").
        language: code of the one that the bot speaks; None is the person's own in private chats, English elsewhere.
        threshold: the score in [0, 1] under which a photo that nobody asked about gets nothing; None is the model's.
        quiet_from: the minute of the day from which photos that nobody asked about get nothing; None is never.
        quiet_to: the minute of the day at which that ends; None is never, too.
        utc_offset_min: of the chat's clock, in minutes east of Greenwich.
        answer_by: what a photo that nobody asked about gets.
        channel_posts: what posts of a channel get: a comment in its discussion group, which sets that, or the labels in
            the caption, which the channel itself sets; None is nothing.
    """

    top_k: int = 5
    mode: Mode = "ask"
    language: str | None = None
    threshold: float | None = None
    quiet_from: int | None = None
    quiet_to: int | None = None
    utc_offset_min: int = 0
    answer_by: AnswerBy = "reply"
    channel_posts: ChannelPosts | None = None

    def is_quiet(self, at: datetime) -> bool:
        """Tell whether a time, which knows its zone, falls into the quiet hours; their end is no part of them."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        there = at - (at.utcoffset() or timedelta(0)) + timedelta(minutes=self.utc_offset_min)
        minute = there.hour * 60 + there.minute
        since_start = (minute - self.quiet_from) % MINUTES_A_DAY
        return since_start < (self.quiet_to - self.quiet_from) % MINUTES_A_DAY

    def is_sure(self, classification: Classification) -> bool:
        """Tell whether labels are sure enough to speak up unasked."""
        if self.threshold is None:
            return classification.confident
        return classification.predictions[0].score >= self.threshold


DEFAULT_SETTINGS = ChatSettings()
