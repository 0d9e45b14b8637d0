"""The supervisor with small members: order, missing parts, crash loops, one-shots, stop."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.house.family import Family, FamilyError, Member, State, logs, status
from yongzhou.house.family.probe import running

pytestmark = pytest.mark.family


def python(code: str) -> Callable[[Home], Sequence[str]]:
    return lambda home: [sys.executable, "-S", "-c", code]


def at_once(home: Home, age: float) -> bool:
    return True


def sleeper(name: str, *after: str) -> Member:
    note = f"open({{}}, 'a').write('{name} ')"
    code = (
        "import os, signal, sys, time\n"
        "note = os.path.join(os.environ['DATA'], 'order')\n"
        f"def end(*_): open(note, 'a').write('-{name} '); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"{note.format('note')}\n"
        "time.sleep(600)"
    )

    def noted(home: Home, age: float) -> bool:
        order = home.data / "order"
        return order.exists() and name in order.read_text().split()

    return Member(name=name, title=name, command=python(code), after=after, ready=noted)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return free_home(tmp_path)


def test_starts_in_order_and_stops_in_reverse(home: Home) -> None:
    with Family(home, [sleeper("c", "b"), sleeper("b", "a"), sleeper("a")]):
        pass
    assert (home.data / "order").read_text().split() == ["a", "b", "c", "-c", "-b", "-a"]


def test_base_outlives_those_who_need_it_through_a_one_shot(home: Home) -> None:
    once = Member(name="once", title="", command=python(""), one_shot=True, after=("base",))
    with Family(home, [sleeper("base"), once, sleeper("user", "once")]):
        pass
    assert (home.data / "order").read_text().split()[-2:] == ["-user", "-base"]


def test_missing_module_is_reported_and_stops_nobody(home: Home) -> None:
    absent = Member(name="absent", title="缺", command=python(""), module="yongzhou.house.roles.absent")
    family = Family(home, [absent, sleeper("waits", "absent"), sleeper("sound")])
    family.start()
    try:
        family.wait_ready("sound", timeout=10)
        with pytest.raises(FamilyError, match=r"缺少模块 yongzhou\.house\.roles\.absent"):
            family.wait_ready("absent", timeout=10)
        assert family.runs["waits"].state == State.WAITING
        assert family.settled()
    finally:
        family.stop()


def test_crash_loop_backs_off_and_says_why(home: Home) -> None:
    family = Family(home, [Member(name="loop", title="", command=python("raise SystemExit('no disk')"), ready=running)])
    family.start()
    try:
        with pytest.raises(FamilyError, match="退出码 1:no disk"):
            family.wait_ready("loop", timeout=20)
        assert family.runs["loop"].restarts >= 2
    finally:
        family.stop()


def test_configuration_error_is_not_tried_again(home: Home) -> None:
    family = Family(home, [Member(name="bad", title="", command=python("raise SystemExit(78)"), ready=running)])
    family.start()
    try:
        with pytest.raises(FamilyError, match="退出码 78"):
            family.wait_ready(timeout=10)
        assert family.runs["bad"].restarts == 0
    finally:
        family.stop()


def test_one_shot_lets_its_followers_start(home: Home) -> None:
    once = Member(name="once", title="", command=python(""), one_shot=True)
    with Family(home, [once, sleeper("next", "once")]) as family:
        assert family.runs["once"].state == State.DONE
        assert family.runs["next"].state == State.READY


def test_member_that_will_not_stop_is_ended(home: Home) -> None:
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open(os.environ['DATA'] + '/up', 'w')\n"
        "time.sleep(600)"
    )
    stubborn = Member(
        name="stubborn",
        title="",
        command=python(code),
        ready=lambda home, age: (home.data / "up").exists(),
        stop_seconds=0.3,
    )
    with Family(home, [stubborn]) as family:
        pid = family.pids()["stubborn"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_worker_of_a_killed_member_dies_too(home: Home) -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        "open(os.environ['DATA'] + '/child', 'w').write(str(child.pid))\n"
        "time.sleep(600)"
    )

    def noted(home: Home, age: float) -> bool:
        return (home.data / "child").exists() and bool((home.data / "child").read_text())

    with Family(home, [Member(name="parent", title="", command=python(code), ready=noted)]) as family:
        child = int((home.data / "child").read_text())
        family.kill("parent")
        deadline = time.monotonic() + 5
        while Path(f"/proc/{child}/stat").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not Path(f"/proc/{child}/environ").exists() or not Path(f"/proc/{child}/environ").read_bytes()


def test_status_file_tells_members_and_memory(home: Home) -> None:
    with Family(home, [sleeper("one")]) as family:
        found = status.read(home)
        assert found is not None
        assert found["members"]["one"]["pid"] == family.pids()["one"]
        assert 1 < status.memory_mb(found)["one"] < 100
    assert status.read(home) is None


def test_unknown_dependency_is_a_clear_error(home: Home) -> None:
    with pytest.raises(FamilyError, match="unknown members: nobody"):
        Family(home, [sleeper("a", "nobody")])


def test_logs_are_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "CAP_BYTES", 1000)
    with logs.open_log(tmp_path, "a") as file:
        for _ in range(4):
            file.write(b"x" * 1500)
            file.flush()
            logs.cap(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2"]
    assert (tmp_path / "a.log").stat().st_size == 0
