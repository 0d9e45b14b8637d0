"""Foreign text and our JSON become events of one shape; what is written later is followed, also over a cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yongzhou.house.family import logs
from yongzhou.house.observe.lines import follow, parse, read


@pytest.mark.parametrize(
    ("role", "text", "at", "level", "event"),
    [
        ("postgres", "2026-11-24 13:50:56.101 UTC [9] worker ERROR:  permission denied for schema lake",
         "2026-11-24T13:50:56.101Z", "error", "permission denied for schema lake"),
        ("nats", "[84] 2026/11/24 13:33:37.837193 [WRN] Plaintext passwords detected",
         "2026-11-24T13:33:37.837Z", "warning", "Plaintext passwords detected"),
        ("front", '{"level":"warn","ts":"2026-11-24T13:50:30.9Z","logger":"tls","msg":"on-demand"}',
         "2026-11-24T13:50:30.9Z", "warning", "on-demand"),
        ("web", '{"at":"2026-11-24T13:50:30.900Z","level":"info","role":"web","logger":"a","event":"hello"}',
         "2026-11-24T13:50:30.900Z", "info", "hello"),
        ("web", "Traceback (most recent call last):", "", "info", "Traceback (most recent call last):"),
        ("web", '{"broken": ', "", "info", '{"broken": '),
        ("web", "[1, 2]", "", "info", "[1, 2]"),
    ],
)  # fmt: skip
def test_every_kind_of_line(role: str, text: str, at: str, level: str, event: str) -> None:
    found = parse(role, text)
    assert (found.at, found.level, found.role, found.event) == (at, level, role, event)


def test_lines_of_all_members_come_in_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('{"at":"2026-01-01T00:00:02Z","level":"info","event":"third"}\n')
    (tmp_path / "a.log.1").write_text('{"at":"2026-01-01T00:00:00Z","level":"info","event":"first"}\nits trace\n')
    (tmp_path / "b.log").write_text('{"at":"2026-01-01T00:00:01Z","level":"info","event":"second"}\n')
    assert [line.event for line in read(tmp_path)] == ["first", "its trace", "second", "third"]
    assert [line.event for line in read(tmp_path, ("b",))] == ["second"]


def test_following_survives_the_cut_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("old\n")
    found: list[str] = []
    steps = iter([lambda: log.write_text("old\nnew\n"), lambda: log.write_text("x\n"), lambda: None])

    def stop() -> bool:
        step = next(steps, None)
        if step is None:
            return True
        step()
        return False

    found += [line.event for line in follow(tmp_path, (), stop)]
    assert found == ["new", "x"]


def test_the_family_reads_the_last_word_of_a_member(tmp_path: Path) -> None:
    with logs.open_log(tmp_path, "web") as file:
        assert logs.last_line(tmp_path, "web") == ""
        row = {"at": "", "level": "error", "logger": "x", "event": "no port", "error": "OSError", "message": "taken"}
        file.write(json.dumps(row).encode() + b"\n")
        file.flush()
        assert logs.last_line(tmp_path, "web") == "no port: OSError taken"
