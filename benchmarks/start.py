"""The whole family: seconds from nothing to ready, again on the same data, and memory (Pss) at rest.

Run: `python -m benchmarks.start`. The simulator stays out: it is no part of the house.
"""

from __future__ import annotations

import time
from typing import Final

from benchmarks.homes import members, own_home
from benchmarks.result import tell
from yongzhou.core.home import Home
from yongzhou.house.family import Family, roster, status

COLD_S: Final = 240
WARM_S: Final = 15
MEMORY_MB: Final = 1600
REST_S: Final = 10.0


def started(home: Home) -> tuple[float, float]:
    """Seconds until all are ready, and MB after a rest."""
    names = [member.name for member in roster() if member.name != "simulator"]
    family = Family(home, members(*names))
    began = time.perf_counter()
    family.start()
    try:
        family.wait_ready(timeout=COLD_S)
        spent = time.perf_counter() - began
        time.sleep(REST_S)
        found = status.read(home)
        return spent, sum(status.memory_mb(found).values()) if found else 0.0
    finally:
        family.stop()


def main() -> None:
    """A home of its own, three lines."""
    with own_home() as home:
        cold, _ = started(home)
        warm, memory = started(home)
    for name, value, bar, unit in (
        ("start of the family on an empty folder", cold, COLD_S, "s"),
        ("start of the family on its data", warm, WARM_S, "s"),
        ("memory of the family at rest (Pss)", memory, MEMORY_MB, "MB"),
    ):
        tell(name, ours=value, peer=None, ratio=None, bar=f"ours <= {bar}", unit=unit)


if __name__ == "__main__":
    main()
