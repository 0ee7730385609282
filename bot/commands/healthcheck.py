"""`labelbot healthcheck`: asks the running bot of this home how it is, for Docker and Kubernetes."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import typer

from bot.web.home_socket import SOCKET_NAME, connect
from inference.errors import ProgramError

# Docker gives a check 30 s. A bot that needs this long to answer turns too slowly.
TIMEOUT_S = 5.0


class Unhealthy(ProgramError):
    """The bot does not run, or does not work. The message has one line per cause."""


def run(home: Path, *, live: bool) -> None:
    """Print the state of the running bot.

    Args:
        home: folder of the bot's data.
        live: whether it is enough that the bot runs.

    Raises:
        Unhealthy: the bot does not run, or, without `live`, does not receive or cannot answer.
    """
    status, content = _ask(home, "/healthz" if live else "/readyz")
    if live:
        if status != HTTPStatus.OK:
            raise Unhealthy(f"the bot answered {status}")
        typer.echo("the bot runs")
        return
    report: dict[str, Any] = json.loads(content)
    if not report["ready"]:
        broken = [f"{name}: {part['detail']}" for name, part in report["parts"].items() if not part["ready"]]
        raise Unhealthy("\n".join(broken) or f"the bot is {report['state']}")
    for name, part in report["parts"].items():
        typer.echo(f"{name}: {part['detail']}")


def _ask(home: Path, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("localhost")
    try:
        connection.sock = connect(home, TIMEOUT_S)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except TimeoutError:
        raise Unhealthy(f"the bot does not answer within {TIMEOUT_S:g} s") from None
    except (OSError, HTTPException):
        raise Unhealthy(f"no bot with this home runs: nothing answers at {home / SOCKET_NAME}") from None
    finally:
        connection.close()
