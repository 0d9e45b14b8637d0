"""Small notes beside the data: when the last backup was made."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from yongzhou.core.home import Home


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When and where, and how large."""

    at: str  # RFC 3339
    folder: str
    bytes: int

    @property
    def age_s(self) -> float:
        """Seconds since."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.at)).total_seconds()


def _path(home: Home) -> Path:
    return home.data / "last_backup.json"


def note_backup(home: Home, folder: Path, size: int) -> None:
    """Remember a backup that was made and is complete."""
    note = LastBackup(datetime.now(UTC).isoformat(timespec="seconds"), str(folder), size)
    draft = _path(home).with_suffix(".new")
    draft.write_text(json.dumps(asdict(note), ensure_ascii=False), encoding="utf-8")
    draft.replace(_path(home))


def last_backup(home: Home) -> LastBackup | None:
    """The last one, None if there never was one here."""
    try:
        return LastBackup(**json.loads(_path(home).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
