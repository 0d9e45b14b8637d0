"""Homes for tests: a data folder and a block of ports that nobody uses."""

from __future__ import annotations

import random
from pathlib import Path

from yongzhou.core.home import Home
from yongzhou.house.family import ports


def free_home(data: Path) -> Home:
    """A home on `data` with a free block of ports, below the range that the kernel gives to clients."""
    dice = random.SystemRandom()
    while ports.busy(home := Home(data=data, port=dice.randrange(20000, 32000, ports.STEP))):
        pass
    return home
