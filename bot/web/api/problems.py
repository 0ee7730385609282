"""What went wrong with a request, for its client: RFC 9457, "Problem Details for HTTP APIs"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from inference import errors

# Prefix of the type of each problem. The types are names and no addresses of pages.
TYPE = "urn:labelbot:problem:"
CONTENT_TYPE = "application/problem+json"
# Seconds after which a client may try again: the queue of a full pool is answered within seconds.
RETRY_AFTER_S = 1
# Seconds after which a client may try again if the program is about to end or to start.
RESTART_S = 5
# Limits on what a problem repeats of a request, in characters.
MAX_DETAIL, MAX_VALUE = 1000, 80


class Problem(Exception):
    """A request that is not answered with labels.

    Attributes:
        status: status code of the response.
        kind: name of the kind of problem, such as "not-an-image".
        title: the kind in words; the same for all problems of the kind.
        detail: what was expected and what came, for a person.
        retry_after_s: seconds after which the same request may succeed; None if it will not.
        headers: further headers of the response.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        retry_after_s: float | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(status, kind, title, detail)
        self.status = status
        self.kind = kind
        self.title = title
        # Headers may hold bytes that are no text, and names of models may be long.
        self.detail = detail[:MAX_DETAIL].encode(errors="replace").decode()
        self.retry_after_s = retry_after_s
        self._headers = headers

    @property
    def headers(self) -> dict[str, str]:
        wait = {} if self.retry_after_s is None else {"Retry-After": str(max(1, round(self.retry_after_s)))}
        return dict(self._headers) | wait

    def body(self) -> dict[str, Any]:
        """Return the members of a problem in RFC 9457."""
        return {"type": TYPE + self.kind, "title": self.title, "status": self.status, "detail": self.detail}


def shown(value: object) -> str:
    """Return a value of a request as JSON for a message, cut if it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "a value that is nested too deeply"
    return text if len(text) <= MAX_VALUE else text[:MAX_VALUE] + "…"


def bad_request(detail: str) -> Problem:
    """Return the problem of a request that does not have the documented form."""
    return Problem(422, "unexpected-request", "The request is not as expected", detail)


def too_many_bytes(detail: str) -> Problem:
    return Problem(413, "too-many-bytes", "The image or the request is too large", detail)


def unsupported_type(detail: str) -> Problem:
    return Problem(415, "unsupported-type", "The type of the request's body is not supported", detail)


def busy(detail: str, retry_after_s: float = RETRY_AFTER_S) -> Problem:
    return Problem(429, "busy", "Too many requests", detail, retry_after_s=retry_after_s)


def problem_of(error: errors.InferenceError) -> Problem:
    """Convert an error of the labelling."""
    match error:
        case errors.TooManyBytes():
            return too_many_bytes(str(error))
        case errors.TooManyPixels():
            return Problem(413, "too-many-pixels", "The image has too many pixels", str(error))
        case errors.NotAnImage():
            return Problem(422, "not-an-image", "The image cannot be read", str(error))
        case errors.ImageError() | errors.OutOfMemory():
            return Problem(422, "unreadable-image", "The image cannot be labelled", str(error))
        case errors.DownloadError():
            return Problem(422, "download-failed", "The address did not deliver an image", str(error))
        case errors.Overloaded():
            return busy("expected fewer images at once. Received: more than this server holds")
        case errors.ModelNotFound():
            return Problem(404, "no-such-model", "There is no such model", str(error))
        case errors.DeadlineExceeded() | errors.WorkerCrashed() | errors.PoolClosed():
            title = "The image was not labelled this time"
            return Problem(503, "unavailable", title, str(error), retry_after_s=RESTART_S)
        case _:
            return Problem(500, "broken-model", "The model does not work", str(error))
