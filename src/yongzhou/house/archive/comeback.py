"""An empty data folder as the city stood at one moment: database by its WAL, lake by its catalogue, streams by time."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from nats.errors import Error as NatsError

from yongzhou.core.home import Home
from yongzhou.core.streams import OBS, STREAMS
from yongzhou.house.archive.keep import COMPLETE, NOTE, moment_of
from yongzhou.house.backup import bus, lakefiles, sealed
from yongzhou.house.backup.manifest import SECRETS, BackupError, copy, discard, empty
from yongzhou.house.family.lock import DataInUse
from yongzhou.house.family.ports import PortsInUse
from yongzhou.house.family.postgres import SUPERUSER, cluster
from yongzhou.house.family.roster import postgres_and_nats
from yongzhou.house.family.supervisor import FamilyError

REACH: Final = timedelta(hours=1)  # messages before the moment that are published again; who has them knows them
REPLAY_S: Final = 1800.0
_SETTINGS: Final = (
    "restore_command", "recovery_target_time", "recovery_target_action", "recovery_target_inclusive",
    "primary_slot_name",
)  # fmt: skip

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back: the moment reached (of the last transaction), files of the lake, messages by stream, faults."""

    reached: datetime | None
    lake_files: int
    messages: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def come_back(home: Home, folder: Path, passphrase: str, at: datetime | None, tell: Tell = lambda _: None) -> Returned:
    """Fill an empty home from an archive as it stood at `at` (aware; None: as late as the archive is complete).

    Raises `BackupError` in Chinese; a failed attempt leaves the folder empty again.
    """
    if not (folder / NOTE).exists():
        raise BackupError(f"{folder} 里没有 {NOTE}:不是连续归档")
    try:
        complete = datetime.fromisoformat((folder / COMPLETE).read_text())
    except FileNotFoundError:
        raise BackupError("归档还没有存完第一轮") from None
    at = at or complete
    if at > complete:
        raise BackupError(f"归档只完整到 {complete:%Y-%m-%d %H:%M:%S%z}:请选更早的时刻,或写 latest")
    bases = [base for base in sorted((folder / "base").iterdir()) if moment_of(base) <= at]
    if not bases:
        raise BackupError(f"没有早于 {at:%Y-%m-%d %H:%M:%S} 的基础备份:请选更晚的时刻,或用更早的备份")
    _, secrets = sealed.unpack(sealed.unseal((folder / SECRETS).read_bytes(), passphrase))
    empty(home.data, "数据目录")
    try:
        return _come_back(home, folder, bases[-1], secrets, at, tell)
    except (psycopg.Error, NatsError, OSError, DataInUse, PortsInUse, FamilyError) as error:
        discard(home.data.iterdir())
        raise BackupError(f"恢复没有做完:{str(error).strip()[:500]}") from error
    except BaseException:
        discard(home.data.iterdir())
        raise


def _come_back(home: Home, folder: Path, base: Path, secrets: dict[str, str], at: datetime, tell: Tell) -> Returned:
    sealed.spread(home, secrets)
    # the audit's head may be newer than the moment: it stays in the archive, the next block writes one anew
    tell(f"取回基础备份 {base.name} …")
    shutil.copytree(base, cluster(home), symlinks=True)
    cluster(home).chmod(0o700)
    _recover(home, folder, at)
    _copy_all(folder / "files", home.files)
    with postgres_and_nats(home):
        tell("重放预写日志 …")
        reached = _await_promotion(home)
        count, faults = _lake(home, folder)
        tell(f"取回数据湖 {count} 个文件,放回总线 …")
        positions = lakefiles.positions(home)
        messages = asyncio.run(_streams(home, folder, at, positions))
    return Returned(reached, count, messages, faults)


def _recover(home: Home, folder: Path, at: datetime) -> None:
    """Tell PostgreSQL where its WAL lies and how far to go; the unfinished last segment counts too."""
    wal = str((folder / "wal").resolve())
    lines = [
        f'restore_command = \'cp "{wal}/%f" "%p" 2>/dev/null || cp "{wal}/%f.partial" "%p" 2>/dev/null\'',
        "recovery_target_action = 'promote'",
        f"recovery_target_time = '{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f+00}'",
    ]
    with (cluster(home) / "postgresql.auto.conf").open("a") as file:
        file.write("\n".join(lines) + "\n")
    (cluster(home) / "recovery.signal").touch()
    for stale in ("postmaster.pid", "postmaster.opts"):
        (cluster(home) / stale).unlink(missing_ok=True)


def _await_promotion(home: Home) -> datetime | None:
    """Wait until the WAL is replayed, then make the cluster an ordinary one; time of its last transaction."""
    dsn = (
        f"host=127.0.0.1 port={home.port_of('postgres')} dbname=postgres user={SUPERUSER}"
        f" password={home.secret('postgres_' + SUPERUSER)}"
    )
    deadline = time.monotonic() + REPLAY_S
    while True:
        with suppress(psycopg.OperationalError), psycopg.connect(dsn, autocommit=True) as connection:
            row = connection.execute("select pg_is_in_recovery(), pg_last_xact_replay_timestamp()").fetchone()
            if row is not None and not row[0]:
                for name in _SETTINGS:
                    connection.execute(f"alter system reset {name}")
                connection.execute(
                    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active"
                )
                connection.execute("select pg_reload_conf()")
                reached: datetime | None = row[1]
                return reached
        if time.monotonic() > deadline:
            raise BackupError("预写日志没有在半小时内重放完")
        time.sleep(0.1)


def _lake(home: Home, folder: Path) -> tuple[int, list[str]]:
    """Exactly the files that the catalogue knows at that moment; which of them the archive lacks."""
    faults = []
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        if not lakefiles.exists(connection):
            return 0, []
        root = connection.execute("select value from lake.ducklake_metadata where key = 'data_path'").fetchone()
        lakefiles.move(home)
        former = Path(str(root[0])) if root else home.lake
        paths = [_inside(path, former, home) for path in lakefiles.files(connection, Home(former.parent, home.port))]
    for path in paths:
        try:
            copy(folder / "lake" / path, home.lake / path)
        except FileNotFoundError:
            faults.append(f"归档里没有数据湖文件 {path}")
    return len(paths) - len(faults), faults


def _inside(path: Path, former: Path, home: Home) -> Path:
    return path.relative_to(former) if path.is_absolute() else path


async def _streams(
    home: Home, folder: Path, at: datetime, positions: dict[tuple[str, datetime], int]
) -> dict[str, int]:
    """Publish what had been on the streams and may not have been dealt with at that moment.

    OBS: behind the lake's position; the others: of the hour before. What was dealt with is known by its identity.
    """
    reached = {(stream, born.isoformat()): last for (stream, born), last in positions.items()}
    for name in STREAMS:
        path = folder / "bus" / f"{name}.jsonl"
        chosen = home.data / f"{name}.again.jsonl"
        with chosen.open("w", encoding="utf-8") as file:
            for row in _rows(path):
                when = datetime.fromisoformat(row["at"])
                dealt_with = row["seq"] <= reached.get((OBS, row["born"]), 0) if name == OBS else when < at - REACH
                if when <= at and not dealt_with:
                    file.write(json.dumps(row) + "\n")
    names = list(STREAMS)
    said = await bus.publish(home, home.data, names, suffix=".again.jsonl")
    for name in names:
        (home.data / f"{name}.again.jsonl").unlink()
    return said


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            with suppress(ValueError):  # the last line of an archive whose machine died
                yield json.loads(line)


def _copy_all(source: Path, target: Path) -> None:
    for path in source.rglob("*") if source.exists() else []:
        if path.is_file() and path.suffix != ".draft":
            copy(path, target / path.relative_to(source))
