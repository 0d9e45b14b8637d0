from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yongzhou.core.home import Home
from yongzhou.core.lake import FRAME, OBSERVATION, Lake, LakeError, connect

BORN = datetime(2026, 3, 1, tzinfo=UTC)
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)  # 12:00 in Yongzhou


def identity(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def observations(rows: list[tuple[int, datetime, float | None, int]], *, seq: int = 1, late: float = 0.0) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "datastream": stream,
                "phenomenon": at,
                "result": value,
                "flag": flag,
                "seq": seq,
                "frame": identity(f"{seq}"),
                "received": at + timedelta(seconds=late),
                "origin": "measured",
            }
            for stream, at, value, flag in rows
        ],
        OBSERVATION,
    )


def frames(names: list[str], *, station: str = "0099431107", seq: int = 1, at: datetime = NOON) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"frame": identity(name), "door": "sl651", "station": station, "function": "32", "serial": number,
             "received": at + timedelta(seconds=number), "peer": "127.0.0.1:1", "seq": seq, "raw": name.encode()}
            for number, name in enumerate(names)
        ],
        FRAME,
    )  # fmt: skip


def many(count: int, *, days: int = 1, seq: int = 1) -> pa.Table:
    return observations(
        [(n % 50, NOON + timedelta(days=n % days, seconds=n), float(n), 1) for n in range(count)], seq=seq
    )


NONE = frames([])


def test_window_and_position_are_one(lake: Lake) -> None:
    assert lake.position("OBS", BORN) is None
    assert lake.append(many(600), frames(["a"]), stream="OBS", incarnation=BORN, last_seq=7) == 7
    assert (lake.position("OBS", BORN), lake.total()) == (7, 600)
    assert lake.position("OBS", BORN + timedelta(days=1)) is None


def test_failed_append_leaves_nothing(lake: Lake) -> None:
    with pytest.raises(duckdb.Error):
        lake.append(many(600), NONE, stream="OBS", incarnation=BORN, last_seq=-1)
    assert (lake.position("OBS", BORN), lake.total()) == (None, 0)


def test_days_are_partitions_and_sorted(lake: Lake, home: Home) -> None:
    lake.append(many(2000, days=2), NONE, stream="OBS", incarnation=BORN, last_seq=1)
    found = [Path(str(row[0])) for row in _files(lake)]
    assert {path.parent.name for path in found} == {"day=1", "day=2"}
    table = pq.read_table(found[0], partitioning=None)
    keys = list(zip(table["datastream"].to_pylist(), table["phenomenon"].to_pylist(), strict=True))
    assert keys == sorted(keys)


def _append_one(home: Home) -> None:
    connect(home).append(many(600, days=2), NONE, stream="OBS", incarnation=BORN, last_seq=1)


def test_new_files_are_synced_before_the_commit(lake: Lake, home: Home, tmp_path: Path) -> None:
    """What was not synced is lost with the power: each Parquet file and folder is, ahead of the catalogue's COMMIT."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    program = (
        "import sys, importlib.util as u; from pathlib import Path; from yongzhou.core.home import Home; "
        f"s = u.spec_from_file_location('t', {__file__!r}); t = u.module_from_spec(s); s.loader.exec_module(t); "
        f"t._append_one(Home(Path({str(home.data)!r}), {home.port}))"
    )
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-y", "-s", "400", "-e", "trace=fsync,sendto", "-o", str(trace)]
    subprocess.run([*strace, sys.executable, "-c", program], check=True)
    lines = trace.read_text().splitlines()
    data = [str(row[0]) for row in _files(lake)]
    assert len(data) == 2
    commit = next(n for n, line in enumerate(lines) if "ducklake_snapshot VALUES" in line)
    for path in [*data, *{str(Path(path).parent) for path in data}]:
        assert next(n for n, line in enumerate(lines) if f"<{path}>" in line and "fsync" in line) < commit


def test_history_raw_keeps_the_last_received(lake: Lake) -> None:
    lake.append(observations([(1, NOON, 5.0, 1), (2, NOON, 9.0, 1)]), NONE, stream="OBS", incarnation=BORN, last_seq=1)
    lake.append(observations([(1, NOON, 6.0, 1)], seq=2, late=60), NONE, stream="OBS", incarnation=BORN, last_seq=2)
    rows = lake.history([1], NOON, NOON + timedelta(hours=1)).to_pylist()
    assert [(row["result"], UUID(row["frame"]).bytes) for row in rows] == [(6.0, identity("2"))]


def test_history_in_steps(lake: Lake) -> None:
    values = [(1, NOON, 1.0, 1), (1, NOON + timedelta(minutes=10), 4.0, 3), (1, NOON + timedelta(minutes=20), 99.0, 4),
              (1, NOON + timedelta(minutes=70), 7.0, 1)]  # fmt: skip
    lake.append(observations(values), NONE, stream="OBS", incarnation=BORN, last_seq=1)
    first, second = lake.history([1], NOON, NOON + timedelta(hours=2), 3600).to_pylist()
    assert (first["bucket"], first["min"], first["avg"], first["max"], first["last"]) == (NOON, 1.0, 2.5, 4.0, 4.0)
    assert (first["valid"], first["received"], first["origins"]) == (2, 3, ["measured"])
    assert (second["bucket"], second["last"]) == (NOON + timedelta(hours=1), 7.0)


def test_a_day_begins_at_midnight_in_yongzhou(lake: Lake) -> None:
    evening = datetime(2026, 7, 1, 15, 59, tzinfo=UTC)
    lake.append(observations([(1, evening, 1.0, 1), (1, evening + timedelta(minutes=1), 2.0, 1)]), NONE,
                stream="OBS", incarnation=BORN, last_seq=1)  # fmt: skip
    days = lake.history([1], evening - timedelta(days=1), evening + timedelta(days=1), 86400)
    assert days["bucket"].to_pylist() == [datetime(2026, 6, 30, 16, tzinfo=UTC), datetime(2026, 7, 1, 16, tzinfo=UTC)]


def test_frames_by_identity_and_station(lake: Lake) -> None:
    lake.append(many(1), frames(["a", "b", "c"]), stream="OBS", incarnation=BORN, last_seq=1)
    assert lake.frames([UUID(bytes=identity("b"))])["raw"].to_pylist() == [b"b"]
    assert lake.frames_of("0099431107", 2)["raw"].to_pylist() == [b"c", b"b"]
    assert lake.frames_of("0099431107", door="mqtt").num_rows == 0


def test_last_identities_are_eight_a_station(lake: Lake) -> None:
    for seq in range(1, 11):
        lake.append(many(1), frames([f"f{seq}"], seq=seq), stream="OBS", incarnation=BORN, last_seq=seq)
    assert lake.last_identities()["frame"].to_pylist() == [identity(f"f{seq}") for seq in range(3, 11)]


def test_counts(lake: Lake) -> None:
    lake.append(observations([(1, NOON, 1.0, 1), (1, NOON, 2.0, 9), (2, NOON, 1.0, 4)]), NONE,
                stream="OBS", incarnation=BORN, last_seq=1)  # fmt: skip
    rows = lake.counts(NOON, NOON + timedelta(hours=1)).to_pylist()
    assert [(row["datastream"], row["rows"], row["valid"]) for row in rows] == [(1, 2, 1), (2, 1, 0)]


def test_maintenance_merges_flushes_and_keeps_every_row(lake: Lake) -> None:
    for seq in range(1, 7):
        lake.append(many(700, seq=seq), frames([f"{seq}"], seq=seq), stream="OBS", incarnation=BORN, last_seq=seq)
    lake.append(many(10, seq=8), NONE, stream="OBS", incarnation=BORN, last_seq=8)
    assert lake.maintain() is None  # neither many files nor ten minutes
    done = lake.maintain(force=True)
    assert done is not None

    assert (done.young_before, done.young_after, done.flushed_rows) == (5, 0, 10 + 6)
    assert (lake.total(), lake.position("OBS", BORN)) == (6 * 700 + 10, 8)


def test_reading_a_lake_that_nobody_made(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", home.dsn().replace("dbname=yongzhou", "dbname=template1"))
    with pytest.raises(LakeError, match="目录库") as raised:
        connect(Home(tmp_path, home.port), read_only=True)
    assert home.secret("postgres_yz_owner") not in str(raised.value)


def _append_many(home: Home, writer: int, windows: int) -> None:
    lake = connect(home)
    for seq in range(1, windows + 1):
        lake.append(many(600 if seq % 2 else 20, seq=seq), NONE, stream=f"W{writer}", incarnation=BORN, last_seq=seq)
    lake.close()
    os._exit(0)


def test_appends_reads_and_maintenance_at_the_same_moment(lake: Lake, home: Home) -> None:
    """Two processes append, this one maintains and reads: nothing is lost, nothing doubled."""
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_many, args=(home, number, 12)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    reader = connect(home, read_only=True)
    seen = 0
    while any(writer.is_alive() for writer in writers):
        lake.maintain(force=True)
        now = reader.total()
        assert now >= seen
        seen = now
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert lake.total() == 2 * (6 * 600 + 6 * 20)
    assert [lake.position(f"W{number}", BORN) for number in (1, 2)] == [12, 12]
    reader.close()


def _files(lake: Lake) -> list[tuple[object, ...]]:
    with lake.cursor() as cursor:
        return cursor.execute("SELECT data_file FROM ducklake_list_files('lake', 'observation')").fetchall()
