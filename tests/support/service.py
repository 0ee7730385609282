"""`labelbot run` as a process that is killed and restarted."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from bot.localchat.server import LocalChatServer

PROGRAM = Path(sys.executable).with_name("labelbot")


class Service:
    """The program, with two workers and the settings of a fresh installation.

    Args:
        server: that it talks to.
        home: of its data, and of its log.
        settings: that differ, by their names in the environment.

    Attributes:
        environment: the variables that the program is started with.
        starter: command before that of the program, which it executes.
        program: the program itself.
    """

    def __init__(self, server: LocalChatServer, home: Path, **settings: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
        self.environment = kept | {
            "LABELBOT_TOKEN": server.token,
            "LABELBOT_API_URL": server.api_url,
            "LABELBOT_HOME": str(home),
            "LABELBOT_WORKERS": "2",
            # Tests ask no published address.
            "LABELBOT_AUTO_PULL": "false",
            # At this pace no photo waits, so each gets an answer of its own.
            "LABELBOT_MESSAGES_PER_SECOND_PER_CHAT": "20",
            **settings,
        }
        self.starter: tuple[str, ...] = ()
        self.program = PROGRAM
        self.home = home
        self._log = home / "log"

    @classmethod
    @asynccontextmanager
    async def running(cls, server: LocalChatServer, home: Path, **settings: str) -> AsyncIterator[Self]:
        service = cls(server, home, **settings)
        await service.start()
        try:
            yield service
        finally:
            if service.process.returncode is None:
                await service.kill()

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.starter, self.program, "run", env=self.environment, cwd=self.home, stderr=log
            )

    async def kill(self) -> None:
        """What a power cut does to a process."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()

    def workers(self) -> list[int]:
        """Pids of the processes that the program started and has not yet waited for."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sorted({int(child) for task in tasks for child in (task / "children").read_text().split()})

    def log(self, event: str) -> list[dict[str, Any]]:
        """What all runs of the program logged of one kind of event."""
        lines = self._log.read_text().splitlines()
        # A killed process may leave an incomplete line.
        records = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [record for record in records if record["event"] == event]
