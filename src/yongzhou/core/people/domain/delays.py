"""How long a guesser waits: a few free tries, then a delay that doubles up to a cap; nobody is locked out for good.

After OWASP "Slow Down Online Guessing Attacks with Device Cookies": a device that has signed in before has a counter
of its own, so that strangers' guesses never delay the owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Pace:
    """Free tries, the first delay and its cap in seconds."""

    free: int
    first_s: float
    cap_s: float

    def wait(self, failures: int) -> timedelta:
        """The pause after so many failures before the next try is looked at."""
        if failures < self.free:
            return timedelta(0)
        return timedelta(seconds=min(self.cap_s, self.first_s * 2.0 ** min(failures - self.free, 32)))


PLACE: Final = Pace(free=5, first_s=10, cap_s=900)  # one login from one address, or from one known device
STRANGERS: Final = Pace(
    free=50, first_s=2, cap_s=36
)  # one login from wherever it is not known: 100 tries an hour at most
SPRAY: Final = Pace(free=100, first_s=2, cap_s=60)  # one address over all logins; an office shares one
SECOND: Final = Pace(free=5, first_s=10, cap_s=900)  # one-time codes of a login whose password was right
