from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from inference.system.home import NoHome, default_home


def test_the_folder_lies_in_the_home_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/alice")
    assert default_home() == Path("/home/alice/.local/share/labelbot")


@pytest.mark.parametrize("home", [None, ""])
def test_a_user_without_a_home_and_without_an_entry_is_told_so(
    monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    def find_nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", find_nobody)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False) if home is None else monkeypatch.setenv("HOME", home)
    with pytest.raises(NoHome, match="no home folder: set LABELBOT_HOME"):
        default_home()
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_home() == Path("/data/labelbot")
