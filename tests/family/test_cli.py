"""The command: quick, lazy, clear when a part is missing."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from yongzhou.house.cli import COMMANDS


def yongzhou(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "yongzhou.house.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_imports_no_heavy_part() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from yongzhou.house.cli import main\n"
        "result = CliRunner().invoke(main, ['--help']); assert result.exit_code == 0, result.output\n"
        "print([m for m in ('django', 'psycopg', 'rich', 'nats', 'numpy', 'pyarrow', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_is_quick() -> None:
    def processor_seconds() -> float:
        """What the command costs by itself, whatever else the machine does at this moment."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert yongzhou("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(processor_seconds() for _ in range(5)) < 0.15


def test_status_without_family(tmp_path: Path) -> None:
    done = yongzhou("status", "--json", DATA=str(tmp_path))
    assert done.returncode == 3
    assert json.loads(done.stdout) is None


def test_stop_without_family(tmp_path: Path) -> None:
    assert "没有家族在运行" in yongzhou("stop", DATA=str(tmp_path)).stdout


def test_unknown_gateway_is_a_configuration_error() -> None:
    done = yongzhou("gateway", "telex")
    assert done.returncode == 78
    assert "没有模块 yongzhou.gateways.telex" in done.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_entry_is_well_formed(name: str) -> None:
    module, _, function = COMMANDS[name].target.partition(":")
    assert module.startswith(("yongzhou.", "simulator."))
    assert function.isidentifier()
