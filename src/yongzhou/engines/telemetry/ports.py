"""What the reader asks of the house, without knowing how it is kept. No Django here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import pyarrow as pa

from yongzhou.engines.telemetry.batch import Refused, Registry
from yongzhou.engines.telemetry.rules import Change, Rule


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules as the watch takes them; `Rule.number` is a place in `keys` (ids of the rules' records).

    `open` is (number, datastream) of open alarms, `standing` the same as (number, thing).
    """

    rules: list[Rule]
    keys: list[UUID]
    open: set[tuple[int, int]]
    standing: set[tuple[int, str]]


class Stores(Protocol):
    """What the reader asks of the house."""

    def registry(self) -> Registry:
        """All live datastreams by their address."""

    def rules(self, registry: Registry) -> Rules:
        """Active rules with their open alarms."""

    def fingerprint(self) -> tuple[object, ...]:
        """Differs when datastreams or rules were added, changed or removed."""

    def standing(self, rules: Rules) -> set[tuple[int, str]]:
        """Open alarms as (place of the rule, thing)."""

    def latest(self) -> pa.Table:
        """datastream, phenomenon, result of the latest sound values."""

    def progress(self, stream: str, incarnation: datetime) -> int:
        """Sequence up to which `settle` was called; 0 if never for this incarnation."""

    def settle(
        self,
        latest: pa.Table,
        changes: Sequence[Change],
        rules: Rules,
        stream: str,
        incarnation: datetime,
        last_seq: int,
    ) -> set[int]:
        """Latest values, alarms with their events, and progress in one transaction; which datastreams changed."""

    def refuse(self, refused: Sequence[Refused]) -> None:
        """Put input into the quarantine; the same input again changes nothing."""
