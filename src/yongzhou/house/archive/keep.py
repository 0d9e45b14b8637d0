"""Keep an archive: stream the WAL, copy what is new of lake, attachments and streams, every few seconds."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg
from nats.errors import Error as NatsError

from yongzhou.core.audit.sealer import anchor_path
from yongzhou.core.home import Home
from yongzhou.core.streams import STREAMS
from yongzhou.house.backup import bus, sealed
from yongzhou.house.backup.manifest import SECRETS, BackupError, copy, put
from yongzhou.house.family.postgres import SUPERUSER, binary

EVERY_S: Final = 10.0  # what a lost machine may cost of the lake's newest files; of PostgreSQL a moment
SLOT: Final = "yz_archive"
RECEIPT_S: Final = 20.0
BASE_DAYS: Final = 7
KEEP_BASES: Final = 2
NOTE: Final = "archive.json"
COMPLETE: Final = "complete"  # the moment up to which everything is here

Tell = Callable[[str], None]


@dataclass(slots=True)
class Archive:
    """One archive of one home. `with Archive(home, folder, words):` keeps it until the block ends.

    The folder should lie on another machine's disk. Raises `BackupError` in Chinese if it cannot begin.
    """

    home: Home
    folder: Path
    passphrase: str
    every_s: float = EVERY_S
    tell: Tell = lambda _: None
    _stop: threading.Event = field(default_factory=threading.Event)
    _receiver: subprocess.Popen[bytes] | None = None
    _thread: threading.Thread | None = None
    failures: int = 0

    def __enter__(self) -> Archive:
        for name in ("base", "wal", "lake", "files", "bus"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        note = {"city": self.home.city, "format": 1}
        put(self.folder / NOTE, json.dumps(note).encode())
        put(self.folder / SECRETS, sealed.seal(sealed.pack(self.home, json.dumps(note)), self.passphrase))
        self._receive()
        self.renew_base()
        self.copy_new()
        self._thread = threading.Thread(target=self._keep, name="archive", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._receiver is not None:
            self._receiver.terminate()
            self._receiver.wait(10)

    def copy_new(self) -> None:
        """What is new of lake, attachments, streams and the audit's head since the last time.

        Afterwards the archive is complete up to the moment at which this began.
        """
        began = datetime.now(UTC)
        head = anchor_path(self.home)
        if head.exists():
            copy(head, self.folder / "audit" / "head")
        asyncio.run(self._streams())
        for name, root in (("files", self.home.files), ("lake", self.home.lake)):
            _copy_tree(root, self.folder / name)
        with psycopg.connect(self.home.dsn(), autocommit=True, connect_timeout=5) as connection:
            # a return to a moment needs a commit behind it
            connection.execute("select pg_logical_emit_message(true, %s, 'complete')", [SLOT])
            self._await_receipt(connection)
        put(self.folder / "complete.new", began.isoformat().encode())
        (self.folder / "complete.new").replace(self.folder / COMPLETE)

    def _await_receipt(self, connection: psycopg.Connection) -> None:
        """Until the receiver has flushed all WAL that was written before this call; `BackupError` if it does not."""
        row = connection.execute("select pg_current_wal_lsn()::text").fetchone()
        deadline = time.monotonic() + RECEIPT_S
        while time.monotonic() < deadline:
            found = connection.execute(
                "select 1 from pg_stat_replication s join pg_replication_slots r on r.active_pid = s.pid"
                " where r.slot_name = %s and s.flush_lsn >= %s::pg_lsn",
                [SLOT, row[0] if row else None],
            ).fetchone()
            if found is not None:
                return
            time.sleep(0.02)
        raise BackupError(f"归档 {RECEIPT_S:.0f} 秒没有收到预写日志:请看 pg_receivewal 是否在运行")

    def renew_base(self, *, force: bool = False) -> Path:
        """A new base backup if the newest is a week old; older ones than the two newest go, and their WAL with them."""
        bases = sorted((self.folder / "base").iterdir())
        newest = moment_of(bases[-1]) if bases else None
        if newest is not None and not force and datetime.now(UTC) - newest < timedelta(days=BASE_DAYS):
            return bases[-1]
        self.tell("制作数据库基础备份 …")
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        draft = self.folder / f"base-{name}.draft"
        tool = [
            *(binary("pg_basebackup"), "-D", str(draft), "--format=plain", "--wal-method=none"),
            *("--checkpoint=fast", "--manifest-checksums=SHA256", *_login(self.home)),
        ]
        done = subprocess.run(tool, capture_output=True, text=True, check=False, env=_secret(self.home))
        if done.returncode:
            shutil.rmtree(draft, ignore_errors=True)
            raise BackupError(f"基础备份没有做成:{done.stderr.strip()[-500:]}")
        target = self.folder / "base" / name
        draft.rename(target)
        for old in [*bases, target][:-KEEP_BASES]:
            shutil.rmtree(old)
        self._prune_wal()
        return target

    def _receive(self) -> None:
        """Start the receiver of the WAL; what it has written is on disk. Its slot keeps what it has not had yet."""
        tool = [binary("pg_receivewal"), "-D", str(self.folder / "wal"), f"--slot={SLOT}", *_login(self.home)]
        made = subprocess.run(
            [*tool, "--create-slot", "--if-not-exists"],
            capture_output=True,
            text=True,
            check=False,
            env=_secret(self.home),
        )
        if made.returncode:
            raise BackupError(f"不能接收预写日志:{made.stderr.strip()[-500:]}。请确认家族正在运行(yongzhou status)")
        self._receiver = subprocess.Popen([*tool, "--synchronous"], stderr=subprocess.DEVNULL, env=_secret(self.home))

    def _keep(self) -> None:
        while not self._stop.wait(self.every_s):
            try:
                if self._receiver is not None and self._receiver.poll() is not None:
                    self._receive()
                self.renew_base()
                self.copy_new()
                self.failures = 0
            except (OSError, BackupError, NatsError, TimeoutError, psycopg.Error) as error:  # the city restarts
                self.failures += 1
                self.tell(f"这一轮没有存完({type(error).__name__}),{self.every_s:.0f} 秒后再试")

    async def _streams(self) -> None:
        state_path = self.folder / "bus" / "reached.json"
        state = json.loads(state_path.read_text()) if state_path.exists() else {}
        async with bus.bus(self.home) as js:
            for info in await js.streams_info():
                name = str(info.config.name)
                if name not in STREAMS or info.created is None:
                    continue
                born, last = info.created.isoformat(), info.state.last_seq
                before = state.get(name, {})
                first = before["last"] + 1 if before.get("born") == born else info.state.first_seq
                if first > last:
                    continue
                with (self.folder / "bus" / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                    async for line in bus.messages(js, name, max(1, first), last):
                        file.write(json.dumps({**line, "born": born}) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                state[name] = {"born": born, "last": last}
        put(state_path.with_suffix(".new"), json.dumps(state).encode())
        state_path.with_suffix(".new").replace(state_path)

    def _prune_wal(self) -> None:
        """WAL before the oldest base backup leads nowhere."""
        oldest = min((self.folder / "base").iterdir())
        label = (oldest / "backup_label").read_text()
        first = label.partition("(file ")[2].partition(")")[0]
        for path in (self.folder / "wal").iterdir():
            if len(path.name) >= 24 and path.name[:24] < first:
                path.unlink()


def moment_of(base: Path) -> datetime:
    """When a base backup was begun: its name."""
    return datetime.strptime(base.name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _copy_tree(source: Path, target: Path) -> None:
    """Files that are not there yet; a suffix like `.new` marks a draft, a file of another size is one too."""
    for folder, _, names in os.walk(source):
        for name in names:
            path = Path(folder) / name
            there = target / path.relative_to(source)
            if there.exists() or path.suffix not in ("", ".parquet"):
                continue
            draft = there.with_name(there.name + ".draft")
            try:
                copy(path, draft)
            except FileNotFoundError:  # dropped by maintenance between the two looks
                continue
            draft.replace(there)


def _login(home: Home) -> list[str]:
    return ["-h", "127.0.0.1", "-p", str(home.port_of("postgres")), "-U", SUPERUSER, "--no-password"]


def _secret(home: Home) -> dict[str, str]:
    return {"PGPASSWORD": home.secret(f"postgres_{SUPERUSER}"), "LC_ALL": "C.UTF-8"}
