"""Run benchmarks, print a table, write `docs/benchmarks.md`: `python -m benchmarks [--repeat 3] [name …]`.

Each benchmark is a module that prints lines of JSON (`benchmarks.result`). Of several runs the median is told, with the
least and the greatest. A bar that is missed is shown as missed. A run of some renews their lines only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Final, TypedDict

from rich.console import Console
from rich.table import Table

from benchmarks.result import Line, keeps
from yongzhou.core.home import REPOSITORY

NAMES: Final = (
    "gateway",
    "mqtt",
    "telemetry",
    "live_page",
    "history",
    "persons",
    "posts",
    "decisions",
    "start",
    "synthetic",
)
KEPT: Final = REPOSITORY / "build" / "benchmarks.json"
PAGE: Final = REPOSITORY / "docs" / "benchmarks.md"
HEAD: Final = """# Benchmarks

Written by `python -m benchmarks`. Each line is the median of its runs. Machines differ and are shared: where there is a
peer, both were measured in turn in one run, and the ratio is what counts.

Machine: {machine}

| benchmark | measured | ours | peer | ratio | bar | kept | runs |
|---|---|---|---|---|---|---|---|
"""


class Result(TypedDict):
    """The median line of one measurement, the spread of what its bar is about, and the number of runs."""

    line: Line
    least: float
    greatest: float
    runs: int


def measure(name: str, repeat: int) -> list[Result]:
    """Run one benchmark several times. Raises `RuntimeError` with its last words if it fails."""
    found: dict[str, list[Line]] = {}
    for _ in range(repeat):
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip()[-600:]}")
        for text in done.stdout.splitlines():
            if text.startswith("{") and "skipped" not in (line := json.loads(text)):
                found.setdefault(line["name"], []).append(line)
    return [_median(lines) for lines in found.values()]


def _median(lines: list[Line]) -> Result:
    values = sorted(lines, key=_judged)
    middle = values[(len(values) - 1) // 2]
    line = Line(**middle)
    line["ours"] = median(each["ours"] for each in lines)
    if line["peer"] is not None:
        line["peer"] = median(each["peer"] or 0.0 for each in lines)
    return {"line": line, "least": _judged(values[0]), "greatest": _judged(values[-1]), "runs": len(lines)}


def _judged(line: Line) -> float:
    """What the bar is about."""
    ratio = line["ratio"]
    return line["ours"] if ratio is None or line["bar"].startswith("ours") else ratio


def machine() -> str:
    """Processor, cores, memory, kernel."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((row.partition(": ")[2] for row in info.splitlines() if row.startswith("model name")), "unknown")
    memory = int(Path("/proc/meminfo").read_text(encoding="utf-8").split()[1]) / 1024**2
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {system}"


def rows(results: dict[str, list[Result]]) -> list[tuple[str, ...]]:
    """Cells of the table; a benchmark without a result (its peer is not installed, nobody ran it) says so."""
    cells: list[tuple[str, ...]] = []
    for name in NAMES:
        if not results.get(name):
            cells.append((name, "not run on this machine", "", "", "", "", "", "0"))
        for one in results.get(name, []):
            line = one["line"]
            cells.append(
                (
                    name,
                    line["name"],
                    f"{line['ours']:,.10g} {line['unit']}",
                    "" if line["peer"] is None else f"{line['peer']:,.10g}",
                    "" if line["ratio"] is None else f"{line['ratio']:g}",
                    line["bar"],
                    "" if not line["bar"] else "yes" if keeps(line) else "**no**",
                    f"{one['runs']} ({one['least']:g}-{one['greatest']:g})",
                )
            )
    return cells


def main() -> int:
    """Exit code 1 if a benchmark failed to run or a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure us beside our peers.")
    parser.add_argument("names", nargs="*", default=NAMES, help=f"which of {', '.join(NAMES)}; all if none")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}")
    results: dict[str, list[Result]] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    failed = []
    for name in asked.names:
        try:
            results[name] = measure(name, asked.repeat)
        except RuntimeError as error:
            failed.append(str(error))
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(results, ensure_ascii=False, indent=1), encoding="utf-8")
    cells = rows(results)
    table = Table("benchmark", "measured", "ours", "peer", "ratio", "bar", "kept", "runs")
    for row in cells:
        table.add_row(*row)
    Console().print(table)
    body = "".join(f"| {' | '.join(row)} |\n" for row in cells)
    PAGE.write_text(HEAD.format(machine=machine()) + body, encoding="utf-8")
    for text in failed:
        print(text, file=sys.stderr)
    missed = [one for each in results.values() for one in each if not keeps(one["line"])]
    return 1 if failed or missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
