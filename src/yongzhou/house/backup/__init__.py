"""Backup beside the running city, and restore into an empty data folder, compared row by row and file by file."""

from yongzhou.house.backup.manifest import BackupError

__all__ = ["BackupError"]
