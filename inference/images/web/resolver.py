"""Resolution of host names in threads that do not delay the end of the program."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

# Maximum number of lookups at once. If a name cannot be resolved, the system may give up only after about 30 s. Several
# lookups at once prevent a few such names from blocking all other names.
MAX_LOOKUPS = 8
# Time after which the caller gets an error. The lookup of the system may take twice as long.
TIMEOUT_S = 15.0

Lookup = Callable[..., list[Any]]


class Resolver(AbstractResolver):
    """Resolves host names through the system, as aiohttp's resolver does, but not in the event loop's thread pool.

    The whole program shares the few threads of that pool, and a program waits for those threads before it ends.

    Args:
        look_up: blocking function that resolves a name; None for `socket.getaddrinfo`.
        max_lookups: maximum number of lookups at once; further names wait.
    """

    def __init__(self, look_up: Lookup | None = None, max_lookups: int = MAX_LOOKUPS) -> None:
        self._look_up = look_up or socket.getaddrinfo
        self._permits = asyncio.Semaphore(max_lookups)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a host name.

        Raises:
            OSError: the name does not exist, or the lookup took longer than `TIMEOUT_S`.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await self._find(host, port, family)
        except TimeoutError as error:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer within {TIMEOUT_S:g} s") from error
        return [
            ResolveResult(
                hostname=host,
                host=_with_scope(address),
                port=address[1],
                family=found_family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for found_family, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Do nothing: a thread that still waits for the system ends with the program."""

    async def _find(self, host: str, port: int, family: socket.AddressFamily) -> list[Any]:
        await self._permits.acquire()
        found = _in_thread(
            lambda: self._look_up(host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
        )
        found.add_done_callback(self._release)
        return await asyncio.shield(found)

    def _release(self, found: asyncio.Future[list[Any]]) -> None:
        """Release the permit of a thread that has ended, even if its caller was cancelled."""
        self._permits.release()
        found.exception()


def _in_thread(work: Callable[[], list[Any]]) -> asyncio.Future[list[Any]]:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[list[Any]] = loop.create_future()

    def run() -> None:
        resolve: Callable[[], None]
        try:
            resolve = partial(done.set_result, work())
        except Exception as error:  # noqa: BLE001 -- the future raises it in the caller
            resolve = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the event loop has already ended
            loop.call_soon_threadsafe(resolve)

    threading.Thread(target=run, name="resolver", daemon=True).start()
    return done


def _with_scope(address: tuple[Any, ...]) -> str:
    """Return an address with its scope; only link-local IPv6 addresses have a scope."""
    return f"{address[0]}%{address[3]}" if len(address) > 3 and address[3] else str(address[0])
