"""Handles failed calls that the program cannot correct: the chat is gone, or Telegram stays unreachable.

Telegram reports many of these failures as bad requests. It reports mistakes of the program in the same way; only the
reason in the error shows the difference.

The reasons below come from the Bot API, from TDLib, and from Telegram's servers
(https://core.telegram.org/method/messages.sendMessage#possible-errors). Failures are not remembered for the chat: an
update informs the bot if it was removed or muted, and a group that accepts no text may still accept a reaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError

from bot.transport.http import UnreadableResult
from bot.transport.retries import GivenUp

log = structlog.get_logger()

# Texts in reasons that mean that the chat is gone, or that the bot may not write there.
UNREACHABLE = (
    # The chat does not exist, or no longer exists.
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
    # A person or group does not want to hear from the bot.
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
    # Writing to the chat costs money.
    "balance_too_low",
    "payment_required",
    "payment_unsupported",
    "premium_account_required",
    "privacy_premium_required",
    # The chat allows no reactions, or not this reaction.
    "reaction_invalid",
    "reactions_disabled",
    "reactions are disabled",
)
# Errors that need no action: the text is unchanged, the message is gone, or the callback query expired.
NO_ACTION = (
    "message is not modified",
    "message to edit not found",
    "message to react not found",
    "message_id_invalid",
    "message_not_modified",
    "query is too old",
    "query_id_invalid",
)


@contextmanager
def failures_logged() -> Iterator[None]:
    """Log failed calls within the block if the program cannot correct the failure.

    Raises:
        BadRequest: Telegram refused the call itself, which is a mistake of the program.
    """
    try:
        yield
    except (Forbidden, ChatMigrated) as error:
        log.info("chat unreachable", reason=error.message)
    except BadRequest as error:
        if is_unreachable(error):
            log.info("chat unreachable", reason=error.message)
        elif not _needs_no_action(error):
            raise
    except UnreadableResult as error:
        log.warning("sent, and nothing more is known of it", reason=error.message)
    except (InvalidToken, NetworkError, GivenUp) as error:
        log.warning("message lost, or its fate unknown", reason=error.message)


def is_unreachable(error: BadRequest) -> bool:
    """Return whether the chat is gone, or the bot may not write there."""
    return _contains(error, UNREACHABLE)


def _needs_no_action(error: BadRequest) -> bool:
    """Return whether the error needs no action."""
    return _contains(error, NO_ACTION)


def _contains(error: BadRequest, parts: tuple[str, ...]) -> bool:
    reason = error.message.lower()
    return any(part in reason for part in parts)
