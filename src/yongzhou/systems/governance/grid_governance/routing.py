"""Which system and unit takes an alarm: the decision table `alarm_routing`. No Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from yongzhou.core.calendar import SHANGHAI
from yongzhou.engines.decisions import DecisionTable, DmnError, decide, load_dmn

TABLE: Final = Path(__file__).with_name("decisions") / "alarm_routing.dmn"
OWN: Final = "grid_governance"


@dataclass(frozen=True, slots=True)
class Route:
    """Where an alarm goes: the system that opens the matter, responsibility rule, event type, limit, and why."""

    steward: str
    unit_rule: str
    event_type: str
    limit_hours: float
    rule: str
    why: str

    @property
    def ours(self) -> bool:
        """Whether this system opens the event; else the sector does and we keep still."""
        return self.steward == OWN


@cache
def table() -> DecisionTable:
    """The committed decision table."""
    return load_dmn(TABLE)


def route(kind: str, level: int, region: str, at: datetime) -> Route:
    """Decide one alarm.

    `kind` is the observed property or kind of rule (level, rain, silence …), `level` 1 (red) to 4 (blue), `region` any
    division code, `at` the moment of raising. Raises `DmnError` for a table that yields no complete route.
    """
    facts = {"kind": kind, "level": level, "region": region[:6], "hour": at.astimezone(SHANGHAI).hour}
    outcome = decide(table(), facts)
    value = outcome.value
    if not isinstance(value, dict) or not all(value.values()):
        raise DmnError(f"告警 {facts} 没有得到完整的派单结果", table=table().name)
    notes = {rule.id: rule.note for rule in table().rules}
    why = notes.get(outcome.rules[0], "") if outcome.rules else "未列出的告警，由网格中心判断"
    return Route(
        steward=str(value["steward"]),
        unit_rule=str(value["unit"]),
        event_type=str(value["event_type"]),
        limit_hours=float(str(value["limit_hours"])),
        rule=outcome.rules[0] if outcome.rules else "default",
        why=why,
    )
