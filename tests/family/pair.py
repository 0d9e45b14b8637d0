"""PostgreSQL and NATS as a process of its own: `python -m tests.family.pair DATA PORT`, until stdin ends."""

from __future__ import annotations

import sys
from pathlib import Path

from yongzhou.core.home import Home
from yongzhou.house.family import postgres_and_nats

if __name__ == "__main__":
    with postgres_and_nats(Home(data=Path(sys.argv[1]), port=int(sys.argv[2]))) as family:
        print(*family.pids().values(), flush=True)
        sys.stdin.read()
