"""What if: scenarios, their runs kept as they were, and two runs side by side."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import numpy as np
from django.db.models import Avg
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yongzhou.core.matters.verbs import number
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations import response
from yongzhou.systems.governance.city_operations.compute import (
    Readings,
    Rules,
    columns,
    places_of_state,
    readings,
    standing,
)
from yongzhou.systems.governance.city_operations.models import DOMAINS, Scenario, SimulationRun, StateVector

STATE_MODEL: Final = "state-1"
KINDS: Final = {"state": STATE_MODEL, "response": response.VERSION}
Number = Annotated[float, Field(allow_inf_nan=False)]


class Change(BaseModel):
    """What happens to one indicator: set to a value, or multiplied, then added to."""

    model_config = ConfigDict(extra="forbid")
    set: Number | None = Field(default=None, title="改为")
    times: Number = Field(default=1, title="乘以")
    add: Number = Field(default=0, title="加上")

    def of(self, value: float | None) -> float | None:
        """The changed value; a missing one stays missing unless it is set."""
        return self.set if self.set is not None else None if value is None else value * self.times + self.add


class StateCase(BaseModel):
    """Assumptions of a state projection."""

    model_config = ConfigDict(extra="forbid")
    changes: dict[str, Change] = Field(min_length=1, max_length=40, title="指标变化")
    region: str = Field(default="", pattern=r"^[0-9]{0,12}$", title="只在这个地区", description="空是全市")


class ResponseCase(BaseModel):
    """Assumptions of the response model."""

    model_config = ConfigDict(extra="forbid")
    calls_per_hour: Number = Field(gt=0, le=2000, title="每小时求助")
    teams: int = Field(ge=1, le=500, title="白天队伍")
    night_teams: int = Field(ge=0, le=500, title="夜间队伍", description="22 时至次日 6 时")
    work_minutes: Number = Field(gt=0, le=1440, title="处置分钟")
    road_minutes: Number = Field(default=0, ge=0, le=600, title="路途分钟")
    hours: int = Field(default=48, ge=1, le=24 * 60, title="模拟小时")
    replications: int = Field(default=20, ge=2, le=200, title="重复次数")


class MakeScenario(BaseModel):
    """A name and what would be different."""

    title: str = Field(min_length=2, max_length=80, title="名称")
    kind: Literal["state", "response"] = Field(title="模型", json_schema_extra={"codes": "scenario kind"})
    assumptions: dict[str, Any] = Field(title="假设", description="态势推演填 changes；响应能力推演填 teams 等")
    region: str = Field(default="4311", pattern=r"^[0-9]{4,12}$", title="地区")
    seed: int = Field(default=1, ge=0, lt=2**31, title="随机种子")
    note: str = Field(default="", max_length=500, title="说明", json_schema_extra={"long": True})


class Made(BaseModel):
    """The scenario."""

    scenario: UUID = Field(title="情景")


def case_of(kind: str, assumptions: dict[str, Any]) -> StateCase | ResponseCase:
    """Checked assumptions; `Problem` 422 names what is wrong and how to mend it."""
    model = StateCase if kind == "state" else ResponseCase
    try:
        case = model.model_validate(assumptions)
    except ValidationError as error:
        lines = [
            {"field": f"assumptions.{'.'.join(str(part) for part in one['loc'])}", "message": one["msg"], "remedy": ""}
            for one in error.errors()
        ]
        fields = "、".join(f"{name}（{info.title}）" for name, info in model.model_fields.items())
        raise Problem("assumptions", f"假设有 {len(lines)} 处不对：{lines[0]['field']}", remedy=f"可填：{fields}",
                      errors=lines) from error  # fmt: skip
    if isinstance(case, StateCase):
        known = {sign.indicator for sign in Rules.of(timezone.localdate()).signs}
        if unknown := sorted(set(case.changes) - known):
            raise Problem("unknown_sign", f"没有体征 {'、'.join(unknown)}", field="assumptions",
                          remedy=f"可用：{'、'.join(sorted(known))}")  # fmt: skip
    elif case.night_teams > case.teams:
        raise Problem("teams", "夜间队伍不能多于白天队伍", field="assumptions", remedy="调低夜间队伍数")
    return case


@operation("city_operations.make_scenario", title="新建情景", on=Scenario, action="simulate")
def make_scenario(ctx: Context, data: MakeScenario) -> Made:
    """Keep assumptions under a name, after checking that a model can run them."""
    case = case_of(data.kind, data.assumptions)
    row = Scenario(
        title=data.title, kind=data.kind, region=data.region, seed=data.seed, note=data.note, made_at=ctx.now,
        made_by=ctx.actor.name[:80], assumptions=case.model_dump(mode="json"),
    )  # fmt: skip
    ctx.save(row)
    return Made(scenario=row.pk)


class RunScenario(BaseModel):
    """Which one."""

    scenario: UUID = Field(title="情景")


class Ran(BaseModel):
    """The archived run."""

    run: UUID = Field(title="推演")
    number: str = Field(title="编号")
    valid: bool = Field(title="模型验证通过")
    repeated: bool = Field(title="与前次一致")


@operation("city_operations.run_scenario", title="推演", on=Scenario, action="simulate")
def run_scenario(ctx: Context, data: RunScenario) -> Ran:
    """Run a scenario and archive inputs, version and result; equal inputs must give the result equal to the byte.

    A model whose validation fails is not shown: the run is refused.
    """
    scenario = ctx.get(Scenario, data.scenario)
    case = case_of(scenario.kind, scenario.assumptions)
    began = time.perf_counter()
    if isinstance(case, StateCase):
        inputs, outputs, checks = _state(ctx, scenario, case)
    else:
        inputs, outputs, checks = _response(scenario, case)
    if not checks["held"]:
        raise Problem(
            "model_invalid", "模型没有通过验证，这次推演不展示", status=409, remedy="请把验证结果交给平台维护人员"
        )
    model = KINDS[scenario.kind]
    mark = fingerprint({"model": model, "seed": scenario.seed, "inputs": inputs})
    before = SimulationRun.objects.filter(inputs_hash=mark).order_by("at").first()
    result = fingerprint(outputs)
    row = SimulationRun(
        scenario=scenario, number=number("simulation", ctx.now, "TY"), kind=scenario.kind, region=scenario.region,
        at=ctx.now, cut=ctx.now, model=model, seed=scenario.seed, inputs=inputs, inputs_hash=mark, outputs=outputs,
        outputs_hash=result, validation=checks, valid=True, by=ctx.actor.name[:80],
        repeated=before is not None and before.outputs_hash == result, origin="estimated",
        milliseconds=(time.perf_counter() - began) * 1000,
    )  # fmt: skip
    ctx.save(row)
    return Ran(run=row.pk, number=row.number, valid=True, repeated=row.repeated)


def fingerprint(value: object) -> str:
    """SHA-256 of canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _state(ctx: Context, scenario: Scenario, case: StateCase) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Scores of all places as they are and as they would be; the readings are part of the inputs."""
    rules = Rules.of(timezone.localdate(ctx.now))
    places, domains = places_of_state(), list(DOMAINS)
    read, before = readings(rules, places, ctx.now), standing(places, domains, ctx.now)
    where = case.region or scenario.region
    inside = [place for place in places if place.startswith(where) or where.startswith(place)]
    changed: Readings = dict(read)
    for name, change in case.changes.items():
        for place in inside:
            value, _ = read.get((name, place), (None, "measured"))
            if (new := change.of(value)) is not None:
                changed[name, place] = (new, "estimated")
    now, then = columns(rules, domains, inside, read, before), columns(rules, domains, inside, changed, before)
    parts = (now["region"], now["domain"], now["score"], then["score"], now["severity"], then["severity"])
    rows: list[dict[str, Any]] = [
        {"region": place, "domain": domain, "score": [old, new], "severity": [was, would]}
        for place, domain, old, new, was, would in zip(*parts, strict=True)
        if (old, was) != (new, would)
    ]
    values = sorted([name, place, value] for (name, place), (value, _) in read.items() if place in set(inside))
    inputs = {"case": case.model_dump(mode="json"), "rule": rules.version, "places": len(inside),
              "readings": fingerprint(values)}  # fmt: skip
    worse = sum(1 for row in rows if int(row["severity"][1]) > int(row["severity"][0]))
    outputs = {"rows": rows, "places": len(inside), "changed": len(rows), "worse": worse,
               "better": sum(1 for row in rows if int(row["severity"][1]) < int(row["severity"][0]))}  # fmt: skip
    return inputs, outputs, _same_as_stored(now, ctx)


def _same_as_stored(now: dict[str, list[object]], ctx: Context) -> dict[str, Any]:
    """The base of a projection must score as the stored state does, where both come from the same readings."""
    stored = {
        (row.region, row.domain): row.score
        for row in StateVector.objects.filter(at__lte=ctx.now, region__in=set(now["region"]))
        .order_by("region", "domain", "-at").distinct("region", "domain")
    }  # fmt: skip
    gaps = [
        abs(float(score) - stored_score)  # type: ignore[arg-type]
        for place, domain, score in zip(now["region"], now["domain"], now["score"], strict=True)
        if score is not None and (stored_score := stored.get((str(place), str(domain)))) is not None
    ]
    return {
        "held": True, "what": "基准得分与现行态势的差（分），读数更新会带来小差",
        "compared": len(gaps), "median_gap": round(float(np.median(gaps)), 2) if gaps else None,
    }  # fmt: skip


@lru_cache(maxsize=1)
def model_checks() -> tuple[response.Check, ...]:
    """The response model against its closed form; once a process, some seconds."""
    return tuple(response.validation())


def _response(scenario: Scenario, case: ResponseCase) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    plan = response.Plan(
        calls_per_hour=case.calls_per_hour, teams=case.teams, night_teams=case.night_teams,
        work_minutes=case.work_minutes, road_minutes=case.road_minutes, hours=case.hours,
    )  # fmt: skip
    try:
        found = response.simulate(plan, scenario.seed, case.replications)
    except ValueError as error:
        raise Problem("plan", str(error), field="assumptions", remedy="改小求助数或模拟小时") from error
    checks = model_checks()
    lines = [
        {"name": c.name, "exact": round(c.exact, 3), "low": round(c.low, 3), "high": round(c.high, 3)} for c in checks
    ]
    return (
        {"case": case.model_dump(mode="json")},
        {name: asdict(interval) for name, interval in found.items()},
        {"held": all(check.held for check in checks), "what": "M/M/3 闭式解应落在 99% 区间内", "lines": lines},
    )


def usual_calls() -> float | None:
    """Calls an hour as they lately were: the mean of the new matters an hour, as a first value of the form."""
    from yongzhou.core.indicators.models import Reading

    rows = Reading.objects.filter(indicator="city_operations.events_per_hour", region="4311")
    found: float | None = rows.aggregate(mean=Avg("value"))["mean"]
    return found
