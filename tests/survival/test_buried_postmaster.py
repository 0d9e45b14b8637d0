"""A postmaster.pid whose number belongs to nobody, to a dead child nobody has buried, or to another program goes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from yongzhou.core.home import Home
from yongzhou.house.family.postgres import cluster, end_survivor


def left_behind(folder: Path, text: str) -> Path:
    lock = cluster(Home(data=folder, port=1024)) / "postmaster.pid"
    lock.parent.mkdir()
    lock.write_text(f"{text}\n/nowhere\n")
    end_survivor(Home(data=folder, port=1024))
    return lock


def test_another_program_has_the_number(tmp_path: Path) -> None:
    assert not left_behind(tmp_path, str(os.getpid())).exists()


def test_nobody_has_buried_it(tmp_path: Path) -> None:
    zombie = subprocess.Popen(["bash", "-c", "exec -a postgres true"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert not left_behind(tmp_path, str(zombie.pid)).exists()
    finally:
        zombie.wait()


@pytest.mark.parametrize("text", ["", "no number"])
def test_a_file_that_names_nobody_is_left_to_the_server(tmp_path: Path, text: str) -> None:
    assert left_behind(tmp_path, text).exists()
