"""T17: the whole city under a steady load for an hour; nothing may grow. `python -m tests.survival.soak --minutes 60`.

Every ten seconds memory (Pss) of each member, logs, WAL, streams, lake, outbox and connections are noted. After a
warm-up the slope of each figure (Theil-Sen: the median of all pairs, deaf to single peaks) times an hour may be at most
its share of the figure, or its least amount, whichever is more. The report is `build/soak.json`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tests.support.homes import free_home
from tests.survival.city import City, until
from tests.survival.clerk import Clerks
from tests.survival.devices import ELEMENTS, Stations
from yongzhou.core.home import REPOSITORY
from yongzhou.core.streams import STREAMS
from yongzhou.house.family import logs, status
from yongzhou.house.observe import bus, database

EVERY_S: Final = 10.0
WARM_UP: Final = 0.4  # of the time
STATIONS: Final = [f"0075{n:06d}" for n in range(40)]


@dataclass(frozen=True, slots=True)
class Bar:
    """How much a figure may rise in an hour: a share of itself, but at least `least` (in its own unit)."""

    share: float
    least: float
    cap: float = float("inf")  # and what it may never exceed


def bars(names: Sequence[str]) -> dict[str, Bar]:
    """The bar of each figure. Streams and tables that hold the city's data grow by their nature; they have caps."""
    found = {}
    for name in names:
        kind = name.partition(":")[0]
        if kind == "memory":
            found[name] = Bar(0.05, 8.0)  # MB
        elif kind == "log":
            found[name] = Bar(float("inf"), 0, cap=logs.CAP_BYTES * (logs.KEPT + 2))
        elif kind == "stream":
            found[name] = Bar(float("inf"), 0, cap=STREAMS[name.partition(":")[2]].max_bytes or float("inf"))
        else:
            found[name] = {
                "wal": Bar(0.2, 100e6, cap=3e9),
                "lake files": Bar(0.5, 300, cap=3_000),
                "lake snapshots": Bar(0.2, 500, cap=20_000),
                "outbox": Bar(0, 100, cap=5_000),
                "connections": Bar(0, 5, cap=90),
                "unsealed age": Bar(0, 10, cap=60),
                "obs lag": Bar(0, 500, cap=5_000),
                "open files": Bar(0.05, 20),
            }[name]
    return found


def sample(city: City) -> dict[str, float]:
    """All figures of this moment."""
    found: dict[str, float] = {}
    state = status.read(city.home)
    assert state is not None
    for name, megabytes in status.memory_mb(state).items():
        found[f"memory:{name}"] = megabytes
    for path in (city.home.data / "logs").glob("*.log"):
        kept = [path, *path.parent.glob(f"{path.name}.*")]
        found[f"log:{path.stem}"] = sum(one.stat().st_size for one in kept)
    streams = bus.facts(city.home)
    for stream in streams.streams:
        if stream.name in STREAMS:
            found[f"stream:{stream.name}"] = stream.bytes
    facts = database.facts(city.home)
    observed = streams.stream("OBS")
    found["wal"] = facts.wal_bytes
    found["outbox"] = facts.waiting["outbox"]
    found["connections"] = facts.connections
    found["unsealed age"] = facts.unsealed_age_s
    found["obs lag"] = max(0.0, (observed.last_seq if observed else 0) - facts.waiting["obs_followed"])
    if facts.lake is not None:
        found["lake files"], found["lake snapshots"] = facts.lake.known_files, facts.lake.snapshots
    found["open files"] = sum(_open_files(member["pid"]) for member in state["members"].values() if member["pid"])
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure over the whole run."""

    name: str
    first: float
    last: float
    highest: float
    per_hour: float
    allowed: float
    sound: bool


def judge(at_s: Sequence[float], figures: Mapping[str, Sequence[float]], which: Mapping[str, Bar]) -> list[Verdict]:
    """Slopes after the warm-up against the bars. `figures[name][i]` was noted at `at_s[i]` (seconds)."""
    begin = int(len(at_s) * WARM_UP)
    moments = np.asarray(at_s[begin:], float)
    verdicts = []
    for name, values in figures.items():
        bar, value = which[name], np.asarray(values[begin:], float)
        per_hour = slope(moments, value) * 3600
        allowed = max(bar.share * float(np.median(value)) if np.isfinite(bar.share) else np.inf, bar.least)
        highest = float(np.max(values))
        sound = per_hour <= allowed and highest <= bar.cap
        verdicts.append(Verdict(name, values[0], values[-1], highest, per_hour, allowed, sound))
    return verdicts


def slope(at: np.ndarray, value: np.ndarray) -> float:
    """Theil-Sen estimator: median of the slopes of all pairs; 0 for fewer than two moments."""
    if len(at) < 2:
        return 0.0
    first, second = np.triu_indices(len(at), 1)
    return float(np.median((value[second] - value[first]) / (at[second] - at[first])))


def soak(city: City, seconds: float, *, every_s: float = EVERY_S) -> tuple[list[Verdict], dict[str, object]]:
    """Load a running city and note its figures; verdicts, and what was done meanwhile."""
    city.register(STATIONS, ELEMENTS)
    at_s: list[float] = []
    rows: list[dict[str, float]] = []
    began = time.monotonic()
    with Stations(city.home, STATIONS, pause=1.0) as stations, Clerks(city, 1, pause=0.5) as clerks:
        while (now := time.monotonic() - began) < seconds:
            rows.append(sample(city))
            at_s.append(now)
            time.sleep(max(0.0, every_s - (time.monotonic() - began - now)))
    names = sorted(set.intersection(*(set(row) for row in rows)))
    figures = {name: [row[name] for row in rows] for name in names}
    until(lambda: city.one("select count(*) from core_outbox") == 0, 60, "the outbox is empty")
    done: dict[str, object] = {
        "seconds": round(at_s[-1]),
        "frames": len(stations.acknowledged),
        "operations": len(clerks.filed),
        "failures": [*stations.failures, *clerks.failures],
        "samples": len(rows),
    }
    return judge(at_s, figures, bars(names)), done


def _open_files(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def main() -> int:
    """Run, print, write the report; 1 if something grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--every", type=float, default=EVERY_S)
    options = parser.parse_args()
    logging.getLogger("simulator").setLevel(logging.WARNING)
    for name in ("DATABASE", "DATABASE_URL", "NATS_URL", "DATA", "PORT", "CITY"):
        os.environ.pop(name, None)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="yongzhou-soak-"))
        city = City(free_home(Path(folder)))
        city.start()
        stack.callback(city.stop)
        verdicts, done = soak(city, options.minutes * 60, every_s=options.every)
    report = REPOSITORY / "build" / "soak.json"
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps({**done, "figures": [asdict(one) for one in verdicts]}, ensure_ascii=False, indent=1))
    for one in verdicts:
        mark = "ok  " if one.sound else "GREW"
        print(f"{mark} {one.name:24} {one.first:14.1f} -> {one.last:14.1f}  {one.per_hour:+14.1f}/h")
    print({name: value for name, value in done.items() if name != "failures"}, f"{len(done['failures'])} failures")  # type: ignore[arg-type]
    return 0 if all(one.sound for one in verdicts) and not done["failures"] else 1


if __name__ == "__main__":
    sys.exit(main())
