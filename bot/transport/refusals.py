"""What Telegram means when it refuses a call as a bad request, which is also what our own mistakes come back as.

The words are those of the Bot API, of TDLib, and of Telegram's servers
(https://core.telegram.org/method/messages.sendMessage#possible-errors). Nothing is noted of the chat: that the bot was
removed or muted comes as an update of its own, and a group that takes no text may still take a reaction.
"""

from __future__ import annotations

from telegram.error import BadRequest

# Parts of what says that nobody is there to read, or that the bot may not write.
UNREACHABLE = (
    # There is no such chat, or none any more.
    "channel_invalid",
    "channel_private",
    "chat not found",
    "chat was deactivated",
    "chat was deleted",
    "chat_id_invalid",
    "input_user_deactivated",
    "no access to the chat",
    "peer_id_invalid",
    "topic_closed",
    "topic_deleted",
    "message thread not found",
    "user is deactivated",
    "user_deactivated",
    # Somebody does not want to hear from the bot.
    "bot is not a member",
    "bot was blocked",
    "bot was kicked",
    "user_is_blocked",
    "user_is_bot",
    # The bot lacks a right: CHAT_SEND_PLAIN_FORBIDDEN, CHAT_WRITE_FORBIDDEN, CHAT_GUEST_SEND_FORBIDDEN ...
    "_forbidden",
    "administrator rights",
    "chat_admin_required",
    "chat_restricted",
    "have no rights",
    "message can't be edited",
    "message_author_required",
    "no write access to the chat",
    "not enough rights",
    "not in the chat",
    "user_banned_in_channel",
    "user_not_participant",
    "user_restricted",
    # Whoever wants to write has to pay.
    "balance_too_low",
    "payment_required",
    "payment_unsupported",
    "premium_account_required",
    "privacy_premium_required",
    # The chat takes no reaction, or not this one.
    "reaction_invalid",
    "reactions_disabled",
    "reactions are disabled",
)
# What is there already says it, is gone, or was waited for too long.
NOTHING_TO_DO = (
    "message is not modified",
    "message to edit not found",
    "message to react not found",
    "message_id_invalid",
    "message_not_modified",
    "query is too old",
    "query_id_invalid",
)


def nobody_is_there(error: BadRequest) -> bool:
    """Tell whether nobody can read what was to be sent."""
    return _cool_downs(error, UNREACHABLE)


def nothing_is_to_do(error: BadRequest) -> bool:
    """Tell whether what was to be done is done already, or cannot be any more."""
    return _cool_downs(error, NOTHING_TO_DO)


def _cool_downs(error: BadRequest, words: tuple[str, ...]) -> bool:
    reason = error.message.lower()
    return any(known in reason for known in words)
