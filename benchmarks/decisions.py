"""Decision tables against hand-written code: lines of JSON (`benchmarks.result`).

Run: `python -m benchmarks.decisions [rows]`. The best of several rounds: microseconds a row (the peer is a bare Python
function with the same rules) and rows a second in a batch (the peer is a hand-written CASE an output).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.result import tell
from yongzhou.engines.decisions import decide, load_dmn
from yongzhou.engines.decisions.batch import decide_batch

TABLE = load_dmn(Path(__file__).parents[1] / "src/yongzhou/engines/decisions/tests/alarm_routing.dmn")

CASES = """
SELECT CASE {0} END AS steward, CASE {1} END AS unit, CASE {2} END AS event_type, CASE {3} END AS limit_hours FROM facts
"""
CONDITIONS = (
    "kind = 'rain' AND level = 3",
    "kind = 'rain' AND level >= 1 AND level < 3",
    "kind = 'river_level' AND level >= 2",
    "kind = 'river_level' AND level < 2 AND region IN ('431102', '431103')",
    "kind = 'river_level' AND level < 2 AND region NOT IN ('431102', '431103')",
    "kind = 'device_fault' AND hour >= 8 AND hour < 18",
    "kind = 'device_fault' AND hour < 8",
    "kind = 'device_fault' AND hour >= 18",
    "kind = 'air_quality' AND level >= 2",
)


class Facts(TypedDict):
    """One alarm."""

    kind: str
    level: float
    region: str
    hour: float


def bare(facts: Facts) -> tuple[str, str, str, float]:
    """The table as a person would write it."""
    kind, level, region, hour = facts["kind"], facts["level"], facts["region"], facts["hour"]
    if kind == "rain" and level == 3:
        return "flash_flood", "431100_water", "rain_red", 0.5
    if kind == "rain" and 1 <= level < 3:
        return "water", "431100_water", "rain_alert", 2
    if kind == "river_level" and level >= 2:
        return "water", "431100_water", "level_over", 1
    if kind == "river_level" and level < 2 and region in ("431102", "431103"):
        return "water", "4311_city_water", "level_watch", 4
    if kind == "river_level" and level < 2:
        return "water", "county_water", "level_watch", 8
    if kind == "device_fault" and 8 <= hour < 18:
        return "iot_sensing", "431100_data", "device_fault", 8
    if kind == "device_fault":
        return "grid_governance", "duty_desk", "device_fault", 4
    if kind == "air_quality" and level >= 2:
        return "environment", "431100_ecology", "air_exceeded", 4
    return "grid_governance", "duty_desk", "other", 8


def best(run: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of the fastest of several runs."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


LAST: Facts = {"kind": "air_quality", "level": 2.0, "region": "431124", "hour": 3.0}  # met by the last rule


def one_row(rounds: int = 20_000) -> None:
    """Microseconds a row."""
    ours = best(lambda: [decide(TABLE, LAST) for _ in range(rounds)]) / rounds * 1e6
    peer = best(lambda: [bare(LAST) for _ in range(rounds)]) / rounds * 1e6
    tell("decision table, one row", ours=ours, peer=peer, ratio=ours / peer, bar="ours <= 5", unit="us")


def many_rows(size: int) -> None:
    """Seconds a batch, both to Arrow."""
    rng = np.random.default_rng(1)
    kinds = np.array(["rain", "river_level", "device_fault", "air_quality", "noise"])
    facts = pa.table(
        {
            "kind": kinds[rng.integers(0, 5, size)],
            "level": rng.integers(1, 4, size).astype(float),
            "region": rng.integers(431121, 431130, size).astype(str),
            "hour": rng.integers(0, 24, size).astype(float),
        }
    )
    connection = duckdb.connect(config={"threads": 1})
    connection.register("facts", facts)
    cases = []
    for place, output in enumerate(TABLE.outputs):
        whens = [
            f"WHEN {condition} THEN {literal(rule.outputs[place])}"
            for condition, rule in zip(CONDITIONS, TABLE.rules, strict=True)
        ]
        cases.append(" ".join([*whens, f"ELSE {literal(output.default)}"]))
    sql = CASES.format(*cases)
    peer_rows = connection.sql(sql).to_arrow_table()
    names = [output.name for output in TABLE.outputs]
    if decide_batch(TABLE, facts).select(names).to_pylist() != peer_rows.select(names).to_pylist():
        raise SystemExit("ours and the hand-written CASE disagree")
    ours = best(lambda: decide_batch(TABLE, facts))
    peer = best(lambda: connection.sql(sql).to_arrow_table())
    name = f"decision table, batch of {size:,} against a hand-written CASE"
    tell(name, ours=size / ours, peer=size / peer, ratio=peer / ours, bar="ratio >= 0.7", unit="rows/s")


def literal(value: object) -> str:
    """A value as SQL."""
    return f"'{value}'" if isinstance(value, str) else f"{value}::DOUBLE"


if __name__ == "__main__":
    one_row()
    many_rows(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
