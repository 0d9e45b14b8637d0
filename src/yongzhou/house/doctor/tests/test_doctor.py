"""The doctor: each fault is found, named and answered by what to do; one look that fails hides no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yongzhou.core.home import Home
from yongzhou.core.lake.catalogue import LakeFacts
from yongzhou.core.streams import EVENTS, OBS
from yongzhou.house.doctor import examine as examination
from yongzhou.house.doctor import folder, lake, machine, running
from yongzhou.house.doctor.examine import examine, worst
from yongzhou.house.doctor.finding import Finding, Level, graded, size, span
from yongzhou.house.family.status import FamilyStatus
from yongzhou.house.observe.bus import BusFacts, ConsumerFacts, StreamFacts
from yongzhou.house.observe.keepsakes import note_backup
from yongzhou.house.schema import environment


@pytest.fixture
def stopped(tmp_path: Path) -> Home:
    """A home that was never started, on ports that nobody uses."""
    return Home(data=tmp_path, port=61000)


def levels(found: Iterator[Finding] | list[Finding]) -> dict[str, Level]:
    return {one.name: one.level for one in found}


def stream(name: str, **more: object) -> StreamFacts:
    given: dict[str, object] = {
        "messages": 10, "bytes": 100, "max_bytes": 1000, "refuses": True, "first_seq": 1, "last_seq": 10,
        "replicas": 1, "replicas_current": 1, "consumers": (), **more,
    }  # fmt: skip
    return StreamFacts(name=name, **given)  # type: ignore[arg-type]


def bus(*streams: StreamFacts) -> BusFacts:
    return BusFacts("2.15.1", 0, 0, 1, 0, streams)


def test_a_stopped_home_is_looked_at_and_nothing_fails_for_being_stopped(stopped: Home) -> None:
    found = examine(stopped)
    by_name = {one.name: one for one in found}
    assert by_name["家族"].level is Level.SKIP
    assert by_name["端口"].level is Level.OK
    assert by_name["备份"].level is Level.WARN
    assert all(one.remedy for one in found if one.level in (Level.WARN, Level.FAIL))


def test_a_secret_that_others_may_read_is_a_fault(stopped: Home) -> None:
    stopped.secret("field_key_1")
    assert levels(folder.secrets(stopped))["密钥"] is Level.OK
    (stopped.data / "secrets" / "field_key_1").chmod(0o644)
    (found,) = folder.secrets(stopped)
    assert found.level is Level.FAIL
    assert "field_key_1" in found.text


def test_a_taken_port_is_named(stopped: Home) -> None:
    import socket

    with socket.socket() as taker:
        taker.bind(("127.0.0.1", stopped.port_of("web")))
        taker.listen()
        (found,) = folder.doors(stopped)
    assert found.level is Level.FAIL
    assert f"{stopped.port_of('web')}(web)" in found.text


def test_an_old_backup_is_told_with_its_age(stopped: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    note_backup(stopped, Path("/backups/one"), 5_000_000)
    assert levels(folder.kept(stopped))["备份"] is Level.OK
    note = json.loads((stopped.data / "last_backup.json").read_text())
    note["at"] = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    (stopped.data / "last_backup.json").write_text(json.dumps(note))
    (found,) = folder.kept(stopped)
    assert (found.level, "9 天" in found.text) == (Level.FAIL, True)


@pytest.mark.parametrize(("bytes_", "level"), [(100, Level.OK), (750, Level.WARN), (950, Level.FAIL)])
def test_a_stream_near_its_cap(bytes_: int, level: Level) -> None:
    found = levels(running.bus(bus(stream(OBS, bytes=bytes_, last_seq=10)), followed=10))
    assert found[OBS] is level


def test_lag_of_telemetry_and_of_a_durable_consumer() -> None:
    late = ConsumerFacts("grid-alarm", pending=5_000, unacknowledged=0, redelivered=3, durable=True)
    found = levels(running.bus(bus(stream(OBS, last_seq=600_000), stream(EVENTS, consumers=(late,))), followed=1))
    assert found["观测汇聚"] is Level.FAIL
    assert found[f"{EVENTS} 消费者"] is Level.WARN


def test_a_replica_that_is_not_current() -> None:
    found = levels(running.bus(bus(stream(OBS, replicas=3, replicas_current=2)), followed=10))
    assert found["OBS 副本"] is Level.WARN


def test_a_member_that_fails_or_eats_too_much(stopped: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    member = {"title": "网页", "state": "ready", "pid": 1, "restarts": 0, "message": "", "budget_mb": 100, "ports": {}}
    family = {"members": {"web": {**member}, "pump": {**member, "state": "backoff", "message": "退出码 1"}}, "pid": 1}
    monkeypatch.setattr(running.status, "memory_mb", lambda found: {"web": 150.0, "pump": 10.0})
    found = levels(running.members(stopped, family))  # type: ignore[arg-type]
    assert found == {"网页 web": Level.WARN, "网页 pump": Level.FAIL}
    assert FamilyStatus is not None


def test_a_lake_that_nobody_maintains() -> None:
    facts = LakeFacts(files=3000, bytes=1, young=2500, snapshots=90_000, oldest_snapshot_s=90_000, to_delete=0,
                      known_files=3000)  # fmt: skip
    assert levels(lake.maintenance(facts))["维护"] is Level.FAIL


def test_a_look_that_breaks_is_told_and_the_others_go_on(stopped: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(home: Home) -> Iterator[Finding]:
        raise RuntimeError("no /proc here")
        yield

    monkeypatch.setattr(examination.machine, "power", broken)
    found = examine(stopped)
    assert any(one.area == "诊断" and "no /proc here" in one.text for one in found)
    assert any(one.name == "端口" for one in found)


def test_the_worst_decides() -> None:
    some = [Finding("a", "b", level, "") for level in (Level.OK, Level.SKIP, Level.WARN)]
    assert worst(some) is Level.WARN
    assert worst([*some, Finding("a", "b", Level.FAIL, "")]) is Level.FAIL
    assert (graded(1, 2, 3), size(1_500_000_000), span(7300)) == (Level.OK, "1.5 GB", "2 小时")


def test_the_clock_is_asked_of_the_kernel() -> None:
    assert levels(machine.clock())["时区"] is Level.OK


def test_the_command_speaks_json_and_ends_1_for_a_fault(stopped: Home) -> None:
    stopped.secret("one")
    (stopped.data / "secrets" / "one").chmod(0o666)
    done = subprocess.run(
        [sys.executable, "-m", "yongzhou.house.cli", "doctor", "--json"],
        env=environment(stopped), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["level"] == "fail"
