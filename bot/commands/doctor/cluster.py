"""Checks the Ray cluster that the settings name."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning

if TYPE_CHECKING:
    from bot.config import Settings
    from inference import Cluster

NAME = "cluster"
ADVICE = "install the same versions there, as docs/scaling.md says"
# Limit on the look at all nodes, which starts a process on each, in seconds.
TIMEOUT_S = 60.0


def check_cluster(settings: Settings) -> Findings:
    """Connect to the cluster, and look at each of its nodes; yield nothing if the settings name no cluster."""
    if settings.cluster is None:
        return
    from inference import Cluster
    from inference.errors import MissingExtra, ProgramError

    try:
        cluster = Cluster(settings.cluster)
        findings = asyncio.run(_look_at(cluster))
    except MissingExtra as error:
        yield failed(NAME, f"{settings.cluster}: Ray is not installed", error.command)
    except ProgramError as error:
        yield failed(NAME, str(error), "see docs/scaling.md; this machine must be a node of the cluster, too")
    else:
        yield from findings


async def _look_at(cluster: Cluster) -> list[Finding]:
    async with cluster:
        with suppress(TimeoutError):
            async with asyncio.timeout(TIMEOUT_S):
                await cluster.wait_until_checked()
        return list(_findings(cluster))


def _findings(cluster: Cluster) -> Findings:
    if (connected := cluster.connected) is not None:
        yield ok(NAME, f"{connected.address}; Ray {connected.ray}, Python {connected.python}")
    for node in cluster.nodes:
        name = f"{node.name} ({node.address})"
        if node.usable:
            yield ok(NAME, f"{name}: cores: {node.cores}, workers: {node.workers}")
        else:
            yield warning(NAME, f"{name}: {node.fault or f'no answer within {TIMEOUT_S:g} s'}", ADVICE)
