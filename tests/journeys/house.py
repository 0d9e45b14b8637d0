"""A whole family without the simulator: `python -m tests.journeys.house DATA PORT`, until stdin ends.

Prints the seconds of the start when every member is ready. A process of its own, so that nothing of the test run's
home is inherited.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from yongzhou.core.home import Home
from yongzhou.house.family.roster import roster
from yongzhou.house.family.supervisor import Family

if __name__ == "__main__":
    members = [member for member in roster() if member.name != "simulator"]
    begun = time.monotonic()
    with Family(Home(data=Path(sys.argv[1]), port=int(sys.argv[2])), members) as family:
        family.wait_ready()
        print(f"{time.monotonic() - begun:.1f}", flush=True)
        sys.stdin.read()
