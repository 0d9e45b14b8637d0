"""Clerks who file reports at the REST door, each with a key, and insist until they are answered."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from uuid import uuid4

from tests.survival.city import City


@dataclass
class Clerks:
    """`with Clerks(city, 2) as clerks:` files reports until the block ends; `filed` maps key to answer."""

    city: City
    number: int = 2
    pause: float = 0.1
    filed: dict[str, Any] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)  # of each try
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Clerks:
        self.city.token("hotline")
        count = itertools.count()
        self._threads = [threading.Thread(target=self._work, args=(count,)) for _ in range(self.number)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, count: itertools.count[int]) -> None:
        while not self._stop.is_set():
            place, key = next(count), str(uuid4())
            body = {
                "text": f"井盖缺失 {key}",
                "type": "020101",
                "door": "staff",
                "lon": 111.55 + 0.002 * (place % 60),  # far enough from each other not to be the same cause
                "lat": 26.40 + 0.002 * (place // 60),
                "crs": "CGCS2000",
            }
            deadline = time.monotonic() + 60
            while True:
                found = self.city.call("/api/grid_governance/report", body, key=key, login="hotline", timeout=5)
                self.statuses.append(found.status)
                if found.status == 200:
                    self.filed[key] = found.document
                    break
                if 400 <= found.status < 500 or time.monotonic() > deadline:
                    self.failures.append(f"{found.status} {found.body.decode(errors='replace')[:200]}")
                    break
                time.sleep(0.1)
            time.sleep(self.pause)
