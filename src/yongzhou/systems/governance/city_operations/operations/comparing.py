"""Two archived runs side by side: which inputs differ, and which numbers."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations.models import DOMAINS, SimulationRun


class Compare(BaseModel):
    """Two archived runs of one model."""

    first: UUID = Field(title="第一次", json_schema_extra={"resource": "city_operations.simulationrun"})
    second: UUID = Field(title="第二次", json_schema_extra={"resource": "city_operations.simulationrun"})


class Line(BaseModel):
    """One number in both runs."""

    name: str = Field(title="项目")
    first: float | None = Field(title="第一次")
    second: float | None = Field(title="第二次")
    gap: float | None = Field(title="差")
    apart: bool | None = Field(title="区间不重叠", description="没有区间的项目不判断")


class Compared(BaseModel):
    """What differs."""

    kind: str = Field(title="模型")
    same_inputs: bool = Field(title="输入相同")
    same_result: bool = Field(title="结果相同")
    inputs: list[str] = Field(title="不同的输入")
    lines: list[Line] = Field(title="逐项")


@operation("city_operations.compare_runs", title="比较推演", on=SimulationRun, action="read")
def compare_runs(ctx: Context, data: Compare) -> Compared:
    """Two runs number by number, and which inputs made the difference."""
    first, second = (ctx.get(SimulationRun, id, lock=False) for id in (data.first, data.second))
    return compared(first, second)


def compared(first: SimulationRun, second: SimulationRun) -> Compared:
    """Two rows that one may see, side by side; `Problem` for two different models."""
    if first.kind != second.kind:
        raise Problem("other_model", "两次推演用的不是同一个模型，不能逐项比较", remedy="选同一模型的两次")
    old, new = _flat(first.inputs.get("case", {})), _flat(second.inputs.get("case", {}))
    old["seed"], new["seed"] = first.seed, second.seed
    differs = [f"{name}：{old.get(name, '无')} → {new.get(name, '无')}" for name in sorted({*old, *new})
               if old.get(name) != new.get(name)]  # fmt: skip
    return Compared(
        kind=first.kind, same_inputs=first.inputs_hash == second.inputs_hash,
        same_result=first.outputs_hash == second.outputs_hash, inputs=differs,
        lines=_response_lines(first, second) if first.kind == "response" else _state_lines(first, second),
    )  # fmt: skip


def _flat(value: object, path: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        return {name: leaf for key, inner in value.items() for name, leaf in _flat(inner, f"{path}{key}.").items()}
    return {path.removesuffix("."): value}


def _response_lines(first: SimulationRun, second: SimulationRun) -> list[Line]:
    lines = []
    for name in first.outputs.keys() & second.outputs.keys():
        a, b = first.outputs[name], second.outputs[name]
        apart = a["high"] < b["low"] or b["high"] < a["low"]
        lines.append(
            Line(name=name, first=a["mean"], second=b["mean"], gap=round(b["mean"] - a["mean"], 4), apart=apart)
        )
    return sorted(lines, key=lambda line: list(first.outputs).index(line.name))


def _state_lines(first: SimulationRun, second: SimulationRun) -> list[Line]:
    a, b = ({(r["region"], r["domain"]): r["score"][1] for r in run.outputs.get("rows", [])} for run in (first, second))
    lines = []
    for region, domain in sorted({*a, *b}):
        one, two = a.get((region, domain)), b.get((region, domain))
        gap = None if one is None or two is None else round(two - one, 1)
        lines.append(Line(name=f"{region} {DOMAINS[domain]}", first=one, second=two, gap=gap, apart=None))
    return lines
