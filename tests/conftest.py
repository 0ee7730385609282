"""Fixtures of all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Program


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development data beside the checkout; tests that use it are marked `shared`."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the development data at {folder}")
    return folder


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(tmp_path / "home", monkeypatch, capsys)
