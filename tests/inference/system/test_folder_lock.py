"""The lock on a folder."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inference.system.folder_lock import locked


def test_changes_follow_one_another(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "count"

    def add(_: int) -> None:
        with locked(file.parent):
            count = int(file.read_text()) if file.exists() else 0
            file.write_text(str(count + 1))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(200)))
    assert file.read_text() == "200"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
