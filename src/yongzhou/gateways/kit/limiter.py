"""Token buckets by device address: one flooding device is slowed, the others never notice."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

MAX_ADDRESSES: Final = 100_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Limiter:
    """Each address may send `burst` frames at once and `rate` frames a second for ever.

    The defaults let a station hand in a day of five-minute reports after an outage without being slowed.
    """

    rate: float = 20.0
    burst: float = 300.0
    throttled: int = 0
    flooding: dict[str, float] = field(default_factory=dict)
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    def take(self, address: str, now: float) -> float:
        """Take one token at monotonic time `now`: 0.0 if granted, else the seconds until one is there."""
        bucket = self._buckets.get(address)
        if bucket is None:
            if len(self._buckets) >= MAX_ADDRESSES:
                self._buckets.popitem(last=False)
            self._buckets[address] = _Bucket(self.burst - 1.0, now)
            return 0.0
        self._buckets.move_to_end(address)
        bucket.tokens = min(self.burst, bucket.tokens + (now - bucket.at) * self.rate)
        bucket.at = now
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return 0.0
        self.throttled += 1
        if address in self.flooding or len(self.flooding) < 100:
            self.flooding[address] = now
        return (1.0 - bucket.tokens) / self.rate

    def flooders(self, now: float) -> list[str]:
        """Addresses that were slowed within the last minute."""
        self.flooding = {address: at for address, at in self.flooding.items() if now - at < 60.0}
        return sorted(self.flooding)
