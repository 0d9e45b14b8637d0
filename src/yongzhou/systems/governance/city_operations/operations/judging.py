"""What people and machines may ask of the city's state: compute it now, or judge a made-up case by today's rules."""

from __future__ import annotations

import numpy as np
from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations import state
from yongzhou.systems.governance.city_operations.compute import Rules, compute_states, places_of_state
from yongzhou.systems.governance.city_operations.models import DOMAINS, SEVERITIES, StateVector


class ComputeState(BaseModel):
    """Which domains; none means all six."""

    domains: list[str] = Field(default_factory=list, title="领域", max_length=6)


class Computed(BaseModel):
    """What was done."""

    places: int = Field(title="地方数")
    changed: int = Field(title="变化行数")


class Judge(BaseModel):
    """A case: values of the signs of one domain."""

    domain: str = Field(title="领域", max_length=16)
    values: dict[str, float] = Field(title="指标值", description="指标名到数值")


class Judged(BaseModel):
    """What today's rules say to it."""

    score: float | None = Field(title="得分")
    severity: int = Field(title="程度")
    word: str = Field(title="级别")
    confidence: float = Field(title="可信度 %")
    rule: str = Field(title="规则版本")


@operation("city_operations.compute_state", title="重算态势", on=StateVector, action="compute")
def compute_state(ctx: Context, data: ComputeState) -> Computed:
    """Compute the state of all places now, instead of at the next minute."""
    _known(data.domains)
    places = places_of_state()
    return Computed(places=len(places), changed=compute_states(ctx.now, places, data.domains or None))


@operation("city_operations.judge", title="试判级别", on=StateVector, action="read")
def judge(ctx: Context, data: Judge) -> Judged:
    """Score and level that today's rules give to made-up values; nothing is stored."""
    _known([data.domain])
    rules = Rules.of(timezone.localdate(ctx.now))
    signs = [sign for sign in rules.signs if sign.domain == data.domain]
    if unknown := sorted(set(data.values) - {sign.indicator for sign in signs}):
        raise Problem("unknown_sign", f"「{DOMAINS[data.domain]}」没有体征 {'、'.join(unknown)}", field="values",
                      remedy=f"可用：{'、'.join(s.indicator for s in signs) or '这个领域还没有体征'}")  # fmt: skip
    if not signs:
        return Judged(score=None, severity=-1, word=SEVERITIES["-1"], confidence=0, rule=rules.version)
    values = np.array([data.values.get(sign.indicator, np.nan) for sign in signs])
    parts = state.normalise(values, np.array([s.worst for s in signs]), np.array([s.best for s in signs]))
    joined, confidence = state.score(parts, np.array([s.weight for s in signs]))
    limits = rules.limits[data.domain]
    points = np.round(100 * joined, 1)
    found = int(state.severity(points, np.array([limits.blue, limits.yellow, limits.orange, limits.red])))
    return Judged(
        score=None if np.isnan(points) else float(points),
        severity=found,
        word=SEVERITIES[str(found)],
        confidence=round(100 * float(confidence)),
        rule=rules.version,
    )


def _known(domains: list[str]) -> None:
    if unknown := [domain for domain in domains if domain not in DOMAINS]:
        raise Problem("unknown_domain", f"没有领域「{'、'.join(unknown)}」", field="domain",
                      remedy=f"可选：{'、'.join(f'{code} {name}' for code, name in DOMAINS.items())}")  # fmt: skip
