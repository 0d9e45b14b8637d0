"""Make a backup beside the running city.

Order matters: first what may only be too old (bus positions, the audit's head), then one picture of PostgreSQL in
which everything is counted and dumped, then the files and the tail of the bus, which may only hold more.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
from nats.errors import Error as NatsError

from yongzhou import __version__
from yongzhou.core.audit.sealer import anchor_path
from yongzhou.core.home import Home
from yongzhou.house.backup import bus, lakefiles, records, sealed
from yongzhou.house.backup.manifest import NAME, SECRETS, BackupError, Manifest, copy, discard, empty, put
from yongzhou.house.observe.keepsakes import note_backup

AUDIT_HEAD: Final = "audit/head"
Tell = Callable[[str], None]


def backup(home: Home, target: Path, passphrase: str, tell: Tell = lambda _: None) -> Manifest:
    """Write a backup of a running home into an empty folder; a failed attempt leaves nothing behind.

    Raises `BackupError` in Chinese.
    """
    if os.environ.get("DATABASE_URL"):
        raise BackupError("DATABASE_URL 指向另一台 PostgreSQL:请用那台服务器自己的备份办法")
    sealed.seal(b"", passphrase)  # a short passphrase is refused before any work
    empty(target, "备份目录")
    hold = home.data / f"backup-hold-{os.getpid()}"
    try:
        return _backup(home, target, passphrase, hold, tell)
    except (psycopg.Error, NatsError, OSError) as error:
        discard([target])
        raise BackupError(
            f"备份没有做完:{str(error).strip()[:300]}。请确认本目录上的家族正在运行(yongzhou status)"
        ) from error
    except BaseException:
        discard([target])
        raise
    finally:
        discard([hold])


def _backup(home: Home, target: Path, passphrase: str, hold: Path, tell: Tell) -> Manifest:
    manifest = Manifest(made_at=datetime.now(UTC).isoformat(timespec="seconds"), city=home.city, version=__version__)
    head = anchor_path(home)
    if head.exists():
        manifest.files[AUDIT_HEAD] = copy(head, target / AUDIT_HEAD)
    starts = asyncio.run(bus.starts(home, lakefiles.positions(home)))
    with records.snapshot(home) as (connection, name):
        lake = lakefiles.files(connection, home) if lakefiles.exists(connection) else []
        if missing := lakefiles.hold(lake, home, hold):
            raise BackupError(f"数据湖目录里缺 {len(missing)} 个文件,例如 {missing[0]}")
        tell("导出数据库 …")
        records.dump(home, name, target / records.DUMP)
        manifest.tables = records.prints(connection)
        if lakefiles.exists(connection):
            manifest.lake_snapshot = lakefiles.snapshot_id(connection)
    manifest.lake = lakefiles.counts(home, manifest.lake_snapshot)
    manifest.files[records.DUMP] = _seen(target / records.DUMP)
    tell(f"复制数据湖 {len(lake)} 个文件 …")
    for path in lake:
        manifest.files[f"lake/{path}"] = copy(hold / path, target / "lake" / path)
    for path in sorted(home.files.rglob("*")) if home.files.exists() else []:
        if path.is_file() and not path.suffix:  # a suffix marks a draft
            inner = f"files/{path.relative_to(home.files)}"
            manifest.files[inner] = copy(path, target / inner)
    tell("读取总线余量 …")
    manifest.streams = asyncio.run(bus.keep(home, target / bus.FOLDER, starts))
    for path in sorted((target / bus.FOLDER).glob("*.jsonl")):
        manifest.files[f"{bus.FOLDER}/{path.name}"] = _seen(path)
    put(target / SECRETS, sealed.seal(sealed.pack(home, manifest.text()), passphrase))
    put(target / NAME, manifest.text().encode())  # last: without it there is no backup
    note_backup(home, target, sum(size for size, _ in manifest.files.values()))
    return manifest


def _seen(path: Path) -> tuple[int, str]:
    """Size and SM3 of a file that another program wrote, put on disk."""
    draft = path.with_name(path.name + ".copy")
    found = copy(path, draft)
    shutil.move(draft, path)
    return found
