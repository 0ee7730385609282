"""Errors of the Bot API, with Telegram's own descriptions."""

from __future__ import annotations

from typing import Any


class BotApiError(Exception):
    """An error of the Bot API: a status, a description, and sometimes parameters.

    Attributes:
        code: HTTP status, which is also the `error_code` of the response.
        description: Telegram's sentence, e.g. "Bad Request: chat not found".
        parameters: `retry_after` (seconds) or `migrate_to_chat_id`; None if the error has neither.
    """

    def __init__(self, code: int, description: str, parameters: dict[str, int] | None = None) -> None:
        super().__init__(code, description, parameters)
        self.code = code
        self.description = description
        self.parameters = parameters

    def __str__(self) -> str:
        return f"{self.code} {self.description}"

    def answer(self) -> dict[str, Any]:
        """Return the JSON object of the response."""
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters is not None:
            answer["parameters"] = self.parameters
        return answer


def bad_request(reason: str) -> BotApiError:
    return BotApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> BotApiError:
    return BotApiError(403, f"Forbidden: {reason}")


def conflict(reason: str) -> BotApiError:
    return BotApiError(409, f"Conflict: {reason}")


def too_many_requests(retry_after_s: int) -> BotApiError:
    return BotApiError(429, f"Too Many Requests: retry after {retry_after_s}", {"retry_after": retry_after_s})


def migrated(new_chat_id: int) -> BotApiError:
    return BotApiError(
        400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": new_chat_id}
    )
