"""A backup is made while the city writes; what is restored is what stood at one instant, and nothing else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.core.lake import FRAME, OBSERVATION, connect
from yongzhou.core.streams import OBS, ensure_streams
from yongzhou.house import schema
from yongzhou.house.backup import BackupError, bus, records, sealed
from yongzhou.house.backup.make import backup
from yongzhou.house.backup.manifest import NAME, SECRETS, Manifest
from yongzhou.house.backup.restore import restore, verify
from yongzhou.house.family import postgres_and_nats

pytestmark = pytest.mark.family
WORDS = "一句足够长的备份口令-2026"
SETTLED, TAIL = 3, 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Path, Manifest]]:
    """A small running city, written to all the while, and its backup."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE", raising=False)
        folder = tmp_path_factory.mktemp("city")
        home = free_home(folder / "data")
        with postgres_and_nats(home):
            subprocess.run(
                [sys.executable, "-m", "yongzhou.house.cli", "migrate"], env=schema.environment(home), check=True
            )
            asyncio.run(_publish(home))
            kept = home.files / "ab" / ("ab" * 32)
            kept.parent.mkdir(parents=True)
            kept.write_bytes(b"photograph")
            with _writing(home) as written:
                found = backup(home, folder / "backup", WORDS)
            assert written["rows"] > 0
        yield home, folder / "backup", found


async def _publish(home: Home) -> None:
    """Messages on OBS, of which the lake holds the first ones."""
    async with bus.bus(home) as js:
        await ensure_streams(js)
        for number in range(SETTLED + TAIL):
            await js.publish("obs.sl651.0", f"batch {number}".encode(), headers={"Nats-Msg-Id": f"batch-{number}"})
        created = (await js.stream_info(OBS)).created
    assert created is not None
    lake = connect(home)
    lake.append(_observations(600), _frames(2), stream=OBS, incarnation=created, last_seq=SETTLED)
    lake.close()


def _observations(rows: int) -> pa.Table:
    now = datetime(2026, 6, 18, 3, 0, tzinfo=UTC)
    columns = {
        "datastream": range(rows), "phenomenon": [now] * rows, "result": [1.5] * rows, "flag": [1] * rows,
        "seq": range(rows), "frame": [uuid4().bytes] * rows, "received": [now] * rows, "origin": ["synthetic"] * rows,
    }  # fmt: skip
    return pa.table({name: pa.array(values, OBSERVATION.field(name).type) for name, values in columns.items()})


def _frames(rows: int) -> pa.Table:
    now = datetime(2026, 6, 18, 3, 0, tzinfo=UTC)
    row = {
        "door": "sl651", "station": "0061512300", "function": "32", "serial": 1, "received": now, "peer": "", "seq": 1,
        "raw": b"\x7e\x7e",
    }  # fmt: skip
    return pa.Table.from_pylist([{"frame": uuid4().bytes, **row} for _ in range(rows)], schema=FRAME)


class _writing:
    """Keeps inserting records and observations in the background."""

    def __init__(self, home: Home) -> None:
        self.home, self.stop, self.count = home, threading.Event(), {"rows": 0}
        self.thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        lake = connect(self.home)
        with psycopg.connect(self.home.dsn(), autocommit=True) as connection:
            while not self.stop.is_set():
                name = f"r{uuid4().hex[:8]}"
                connection.execute(
                    "insert into people_role (id, origin, created_at, row_version, code, name, two_factors)"
                    " values (gen_random_uuid(), 'synthetic', now(), 1, %s, %s, false)",
                    [name, name],
                )
                lake.append(
                    _observations(5),
                    _frames(1),
                    stream="OTHER",
                    incarnation=datetime(2026, 1, 1, tzinfo=UTC),
                    last_seq=1,
                )
                self.count["rows"] += 1
        lake.close()

    def __enter__(self) -> dict[str, int]:
        self.thread.start()
        while self.count["rows"] == 0 and self.thread.is_alive():
            self.stop.wait(0.01)
        return self.count

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()


def test_comes_back_equal(made: tuple[Home, Path, Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE", raising=False)
    old, source, manifest = made
    home = free_home(tmp_path / "data")
    done = restore(home, source, WORDS)
    assert done.faults == []
    assert done.messages[OBS] == TAIL
    assert manifest.tables["public.people_role"].rows > 12
    assert manifest.lake["observation"] >= 600
    assert home.secret("field_key_1") == old.secret("field_key_1")
    assert (home.files / "ab" / ("ab" * 32)).read_bytes() == b"photograph"
    with postgres_and_nats(home):
        assert records.differences(manifest.tables, records.prints_of(home)) == [
            "表 lake.ducklake_metadata 行数相同,内容不同"
        ]
        assert asyncio.run(_first(home)) == b"batch 3"


async def _first(home: Home) -> bytes | None:
    async with bus.bus(home) as js:
        return (await js.get_msg(OBS, 1)).data


def test_is_sound_by_itself(made: tuple[Home, Path, Manifest]) -> None:
    assert verify(made[1], WORDS) == []


def test_holds_no_key_in_clear(made: tuple[Home, Path, Manifest]) -> None:
    home, source, _ = made
    key = home.secret("field_key_1").encode()
    assert all(key not in path.read_bytes() for path in source.rglob("*") if path.is_file())


def test_a_changed_file_is_named_and_nothing_is_restored(made: tuple[Home, Path, Manifest], tmp_path: Path) -> None:
    _, source, manifest = made
    name = next(name for name in manifest.files if name.startswith("lake/"))
    before = (source / name).read_bytes()
    try:
        (source / name).write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(BackupError, match="被改动"):
            restore(free_home(tmp_path / "data"), source, WORDS)
        assert not (tmp_path / "data").exists()
    finally:
        (source / name).write_bytes(before)


def test_a_forged_manifest_is_found(made: tuple[Home, Path, Manifest]) -> None:
    _, source, _ = made
    before = (source / NAME).read_text()
    try:
        (source / NAME).write_text(before.replace('"city": "yongzhou"', '"city": "elsewhere"'))
        assert any("清单被改动" in fault for fault in verify(source, WORDS))
    finally:
        (source / NAME).write_text(before)


def test_another_passphrase_does_not_open(made: tuple[Home, Path, Manifest]) -> None:
    with pytest.raises(BackupError, match="口令不对"):
        sealed.unseal((made[1] / SECRETS).read_bytes(), WORDS + "?")


def test_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me")
    with pytest.raises(BackupError, match="不是空的"):
        backup(free_home(tmp_path), tmp_path, WORDS)
    assert (tmp_path / "mine").read_text() == "keep me"


def test_refuses_a_short_passphrase(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="至少"):
        backup(free_home(tmp_path / "data"), tmp_path / "backup", "short")


def test_without_a_city_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="正在运行"):
        backup(free_home(tmp_path / "data"), tmp_path / "backup", WORDS)
    assert not (tmp_path / "backup").exists()
