"""The settings of a chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal, TypeAlias, TypedDict

from bot.domain.time_zones import zone_of
from inference import Blocklist, Classification, TaughtScore

Mode: TypeAlias = Literal["off", "ask", "auto"]
AnswerBy: TypeAlias = Literal["reply", "react"]
ChannelPosts: TypeAlias = Literal["comment", "caption"]
Asks: TypeAlias = Literal["always", "unsure", "never"]
Teachers: TypeAlias = Literal["everyone", "admins"]

MIN_TOP = 1
MAX_TOP = 10
MINUTES_A_DAY = 24 * 60
# Maximum number of names that are never said in a chat. The list still fits on a phone's screen.
MAX_NEVER_SAY = 50
# If the likely labels are never said, labels with a lower score are not worth saying.
MIN_SCORE_LEFT = 0.01


class SettingsChange(TypedDict, total=False):
    """Settings to change; None restores the default."""

    top_k: int | None
    mode: Mode | None
    language: str | None
    threshold: float | None
    quiet_from: int | None
    quiet_to: int | None
    utc_offset_min: int | None
    time_zone: str | None
    answer_by: AnswerBy | None
    channel_posts: ChannelPosts | None
    never_say: tuple[str, ...] | None
    corrections: Asks | None
    teachers: Teachers | None


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """The settings of a chat, with their defaults.

    Attributes:
        top_k: number of labels in an answer, from 1 to 10.
        mode: answers to photos in a group: never ("off"), only on request ("ask"), or automatically ("auto").
        language: code of the bot's language; None for the person's language in private chats, English elsewhere.
        threshold: minimum score in [0, 1] of automatic answers; None for the model's threshold.
        quiet_from: minute of the day at which quiet hours start; None for no quiet hours. In quiet hours there are no
            automatic answers.
        quiet_to: minute of the day at which quiet hours end; None for no quiet hours.
        utc_offset_min: offset of the chat's time zone from UTC, in minutes; positive in the east.
        time_zone: name of the chat's time zone in the IANA database, which knows summer time; None to use the offset.
        answer_by: form of automatic answers: a reply or a reaction.
        channel_posts: form of answers to a channel's posts: a comment (a setting of its discussion group), or labels in
            the caption (a setting of the channel); None for no answer.
        never_say: keys of the classes and kinds that are never said; see `inference.Blocklist`.
        corrections: answers below which people are asked whether they are right: all, those of an unsure model, or
            none.
        teachers: people who may teach in a group. By default only its admins: the bot says a taught name to the whole
            group, so a stranger could make it say anything.
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
    never_say: tuple[str, ...] = ()
    corrections: Asks = "unsure"
    teachers: Teachers = "admins"
    time_zone: str | None = None

    @property
    def zone(self) -> tzinfo:
        """The time zone of the chat."""
        if self.time_zone is not None:
            return zone_of(self.time_zone)
        return timezone(timedelta(minutes=self.utc_offset_min))

    @property
    def knows_zone(self) -> bool:
        """Whether somebody has told the time zone of the chat."""
        return self.time_zone is not None or self.utc_offset_min != 0

    def quiet_period(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the start and the end of the quiet hours at an aware time, or of the next quiet hours, in local time.

        None if the chat has no quiet hours.
        """
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return None
        today = now.astimezone(self.zone).date()
        ends_next_day = self.quiet_to < self.quiet_from
        for days in (-1, 0, 1, 2):
            day = today + timedelta(days=days)
            end = self._at(day + timedelta(days=ends_next_day), self.quiet_to)
            if end.astimezone(UTC) > now:
                return self._at(day, self.quiet_from), end
        raise AssertionError("the quiet hours of tomorrow end after today")

    def _at(self, day: date, minute: int) -> datetime:
        return datetime.combine(day, time(minute // 60, minute % 60), self.zone)

    def is_quiet(self, at: datetime) -> bool:
        """Return whether an aware datetime is in the quiet hours. The end itself is not in the quiet hours."""
        if self.quiet_from is None or self.quiet_to is None:
            return False
        there = at.astimezone(self.zone)
        minute = there.hour * 60 + there.minute
        since_start = (minute - self.quiet_from) % MINUTES_A_DAY
        return since_start < (self.quiet_to - self.quiet_from) % MINUTES_A_DAY

    def sayable(self, classification: Classification) -> Classification | None:
        """Return labels without those that are never said in the chat; None if nothing is left to say."""
        if not self.never_say:
            return classification
        left = classification.without(Blocklist(self.never_say))
        if left is None:
            return None
        # The score itself, since the headline's probability of an unfamiliar photo is low whatever is left out.
        if left.headline.level == "unsure" and left.predictions[0].score < MIN_SCORE_LEFT:
            return None
        return left

    def asks_about(self, said: Classification, taught: Sequence[TaughtScore] = ()) -> bool:
        """Return whether people are asked whether an answer is right.

        Args:
            said: labels that may be said.
            taught: classes taught in the chat that come before them.
        """
        is_unsure = said.headline.level == "unsure" and not taught
        return self.corrections == "always" or (self.corrections == "unsure" and is_unsure)

    def is_sure(self, classification: Classification | None, taught: Sequence[TaughtScore] = ()) -> bool:
        """Return whether labels are sure enough for an automatic answer. A class that was taught here always is."""
        if taught:
            return True
        said = None if classification is None else self.sayable(classification)
        if said is None:
            return False
        headline = said.headline
        return headline.level != "unsure" if self.threshold is None else headline.probability >= self.threshold


DEFAULT_SETTINGS = ChatSettings()
