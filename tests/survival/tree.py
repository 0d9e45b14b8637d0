"""The family as a process of its own, so that its whole tree can be killed: `python -m …tree DATA PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.survival.city import members
from yongzhou.core.home import Home
from yongzhou.house.family import Family

if __name__ == "__main__":
    with Family(Home(data=Path(sys.argv[1]), port=int(sys.argv[2])), members()) as family:
        print(*family.pids().values(), flush=True)
        sys.stdin.read()
