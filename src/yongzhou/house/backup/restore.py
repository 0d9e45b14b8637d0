"""Restore a backup into an empty data folder, and compare what came back with what the backup promised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from nats.errors import Error as NatsError

from yongzhou.core.home import Home
from yongzhou.house.backup import bus, lakefiles, records, sealed
from yongzhou.house.backup.make import AUDIT_HEAD
from yongzhou.house.backup.manifest import NAME, SECRETS, BackupError, Manifest, copy, discard, empty, wrong_files
from yongzhou.house.family.lock import DataInUse
from yongzhou.house.family.ports import PortsInUse
from yongzhou.house.family.roster import postgres_and_nats

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back; `faults` is empty when everything that was compared is equal."""

    manifest: Manifest
    faults: list[str] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=dict)


def verify(source: Path, passphrase: str | None = None) -> list[str]:
    """Faults of a backup without restoring it: files by size and SM3; with the passphrase also the manifest itself."""
    manifest = Manifest.read(source)
    faults = wrong_files(source, manifest)
    if passphrase is not None:
        text, _ = sealed.unpack(sealed.unseal((source / SECRETS).read_bytes(), passphrase))
        if text != (source / NAME).read_text(encoding="utf-8"):
            faults.append(f"{NAME} 与封存的不同:清单被改动")
    return faults


def restore(
    home: Home, source: Path, passphrase: str, *, compare: bool = True, tell: Tell = lambda _: None
) -> Restored:
    """Fill an empty home from a backup, with its own ports; compare rows, digests and the lake.

    A backup with faults is refused before anything is written; a failed restore leaves the folder empty again.
    Raises `BackupError` in Chinese.
    """
    tell("核对备份文件 …")
    if faults := verify(source, passphrase):
        raise BackupError("备份有问题,没有恢复:\n" + "\n".join(faults[:20]))
    manifest = Manifest.read(source)
    _, secrets = sealed.unpack(sealed.unseal((source / SECRETS).read_bytes(), passphrase))
    empty(home.data, "数据目录")
    try:
        return _restore(home, source, manifest, secrets, compare, tell)
    except (psycopg.Error, NatsError, OSError, DataInUse, PortsInUse) as error:
        discard(home.data.iterdir())
        raise BackupError(f"恢复没有做完:{str(error).strip()[:500]}") from error
    except BaseException:
        discard(home.data.iterdir())
        raise


def _restore(
    home: Home, source: Path, manifest: Manifest, secrets: dict[str, str], compare: bool, tell: Tell
) -> Restored:
    sealed.spread(home, secrets)
    for name in manifest.files:
        if name == AUDIT_HEAD or name.startswith(("lake/", "files/")):
            copy(source / name, home.data / name)
    faults: list[str] = []
    with postgres_and_nats(home):
        tell("恢复数据库 …")
        records.load(home, source / records.DUMP)
        if compare:
            tell("逐表核对 …")
            faults += records.differences(manifest.tables, records.prints_of(home))
        if manifest.lake_snapshot is not None:
            lakefiles.move(home)
        if compare and manifest.lake:
            found = lakefiles.counts(home)
            faults += [
                f"数据湖 {name} 应有 {rows} 行,实有 {found.get(name, 0)} 行"
                for name, rows in manifest.lake.items()
                if found.get(name, 0) != rows
            ]
        tell("放回总线余量 …")
        names = [name for name, said in manifest.streams.items() if said["copied"]]
        messages = asyncio.run(bus.publish(home, source / bus.FOLDER, names))
    return Restored(manifest, faults, messages)
