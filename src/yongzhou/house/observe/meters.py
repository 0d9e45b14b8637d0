"""Figures of one process, by prometheus-client: requests and operations. Imported and counted only on first use.

All processes of a family write below `PROMETHEUS_MULTIPROC_DIR`, where the endpoint adds them up; without that
variable a process counts for itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"

_making: Final = Lock()


@dataclass(frozen=True, slots=True)
class Meters:
    """What a process counts."""

    requests: Histogram  # door, route, method, status
    operations: Histogram  # operation, door, outcome
    refusals: Counter  # door, code


def meters() -> Meters:
    """The meters of this process; its threads may ask for them at once."""
    with _making:
        return _made()


@cache
def _made() -> Meters:
    if folder := os.environ.get(FOLDER):
        Path(folder).mkdir(parents=True, exist_ok=True)
    from prometheus_client import Counter, Histogram

    return Meters(
        requests=Histogram(
            "yongzhou_request_seconds", "Requests by door, route, method and status",
            ("door", "route", "method", "status"), buckets=BUCKETS,
        ),
        operations=Histogram(
            "yongzhou_operation_seconds", "Operations by door and outcome", ("operation", "door", "outcome"),
            buckets=BUCKETS,
        ),
        refusals=Counter("yongzhou_refusals", "Operations and requests refused, by door and code", ("door", "code")),
    )  # fmt: skip


def operation_ran(operation: str, door: str, outcome: str, seconds: float) -> None:
    """Watcher of `core.operations.watch`."""
    found = meters()
    found.operations.labels(operation, door, outcome).observe(seconds)
    if outcome != "done":
        found.refusals.labels(door, outcome).inc()


def watch_operations() -> None:
    """Count every operation of this process from now on."""
    from yongzhou.core.operations.watch import watch

    watch(operation_ran)
