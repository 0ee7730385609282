from __future__ import annotations

import os
import time
from pathlib import Path

from bot.storage.dated_backups import delete_expired_backups


def test_backups_before_migrations_are_deleted_like_what_they_hold(tmp_path: Path) -> None:
    delete_expired_backups(tmp_path, retention_days=7)
    folder = tmp_path / "backups"
    folder.mkdir()
    old, young, mine = (
        folder / f"{name}.backup"
        for name in ("before-migration-2026-01-02T030405Z", "before-migration-2026-01-03T030405Z", "mine")
    )
    for file, age_days in ((old, 8), (young, 6), (mine, 8)):
        file.touch()
        os.utime(file, (time.time() - age_days * 24 * 3600,) * 2)
    delete_expired_backups(tmp_path, retention_days=7)
    assert sorted(folder.iterdir()) == [young, mine]
