"""One frame as every door hands it on, and the policy for the times that it carries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from yongzhou.core.wire import frame_identity

DAY_US: Final = 86_400_000_000
CLOCK: Final = "clock"

NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
MISSING: Final = 9


@dataclass(slots=True)
class DeviceFrame:
    """A decoded frame with its raw bytes; times are microseconds since 1970 UTC, a missing result is None.

    `elements`, `phenomena`, `results` have equal length. `identity` is the hash of the raw bytes: a device that
    got no answer repeats itself, and the repetition has the same identity.
    """

    station: str
    function: str
    serial: int | None
    received: int
    peer: str
    raw: bytes
    elements: list[str] = field(default_factory=list)
    phenomena: list[int] = field(default_factory=list)
    results: list[float | None] = field(default_factory=list)

    @property
    def identity(self) -> bytes:
        """16 bytes: `core.wire.frame_identity` of the raw frame."""
        return frame_identity(self.raw)

    @property
    def weight(self) -> int:
        """About how many bytes the frame takes in a message."""
        return len(self.raw) + 160 + 40 * len(self.elements)


def judge(
    phenomena: Sequence[int], results: Sequence[float | None], received: int, own: Sequence[str] = ()
) -> tuple[list[int], list[str]]:
    """QARTOD flags and source flags of the observations of one frame.

    A phenomenon more than a day from receipt keeps its time and gets flag 3 with source flag "clock"; a missing
    result gets 9; all else 2, since a door evaluates nothing. `own` are the sender's own words, kept.
    """
    words = list(own) if own else [""] * len(results)
    near = not phenomena or (received - DAY_US <= min(phenomena) and max(phenomena) <= received + DAY_US)
    if near and None not in results:
        return [NOT_EVALUATED] * len(results), words
    flags: list[int] = []
    for index, (phenomenon, result) in enumerate(zip(phenomena, results, strict=True)):
        far = abs(phenomenon - received) > DAY_US
        if far:
            words[index] = CLOCK
        flags.append(MISSING if result is None else SUSPECT if far else NOT_EVALUATED)
    return flags, words
