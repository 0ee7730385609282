"""Fixtures of the HTTP API's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.label_api import LabelApi, running_api


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LabelApi]:
    """An API without keys, shared by the tests of a module."""
    async with running_api(tmp_path_factory.mktemp("home"), private_links=True) as running:
        yield running
