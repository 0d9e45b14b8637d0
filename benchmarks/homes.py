"""Homes of benchmarks: a folder that goes away, a block of ports, an environment of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import Member, roster


@contextmanager
def own_home() -> Iterator[Home]:
    """A fresh home on `BENCH_PORT` (default 9290); this process and those it starts belong to it."""
    with tempfile.TemporaryDirectory(prefix="yongzhou-bench-") as folder:
        os.environ.update(
            DATA=folder,
            PORT=os.environ.get("BENCH_PORT") or "9290",
            DJANGO_SETTINGS_MODULE="yongzhou.house.settings",
            PYTHONPATH=f"{REPOSITORY / 'src'}:{REPOSITORY}",
        )
        os.environ["WEB_RATE"] = "0"  # one client asks as fast as it can
        for name in ("DATABASE", "DATABASE_URL", "NATS_URL"):
            os.environ.pop(name, None)
        yield Home(data=Path(folder), port=int(os.environ["PORT"]))


def members(*names: str) -> list[Member]:
    """These members of the family, waiting for each other only."""
    return [member.without_others(set(names)) for member in roster() if member.name in names]
