"""How much of the processors other people's work took meanwhile: a bar in seconds is for a machine of one's own."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CORES: Final = os.cpu_count() or 1
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
LEAST: Final = 0.2  # a machine that is busier than this proves nothing more


def _busy_s() -> float:
    user, nice, system, _, _, irq, softirq, *_ = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) * TICK_S


def _own_s() -> float:
    """Processor time of this process and all that it ever started; of those still running by their own account."""
    ended = sum(
        part for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN) for part in resource.getrusage(who)[:2]
    )
    parents: dict[int, list[tuple[int, float]]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append((int(stat.parent.name), sum(map(int, fields[11:15])) * TICK_S))
    running, wave = 0.0, [os.getpid()]
    while wave:
        found = [child for parent in wave for child in parents.get(parent, [])]
        running += sum(seconds for _, seconds in found)
        wave = [pid for pid, _ in found]
    return ended + running


@dataclass(slots=True)
class Share:
    """Begins to count when it is made."""

    _busy: float = field(default_factory=_busy_s)
    _own: float = field(default_factory=_own_s)
    _began: float = field(default_factory=lambda: os.times().elapsed)

    def ours(self) -> float:
        """Share of the processors since then that others left to us, 0.2 to 1."""
        spent = max(0.1, os.times().elapsed - self._began) * CORES
        others = (_busy_s() - self._busy) - (_own_s() - self._own)
        return min(1.0, max(LEAST, 1.0 - max(0.0, others) / spent))
