"""Advice: options ranked with their weights in the open, a person's choice, the effect measured afterwards."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast
from uuid import UUID

import numpy as np
from django.db.models import Q
from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.indicators.definition import Indicator, indicators
from yongzhou.core.matters.verbs import number
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.city_operations import effect
from yongzhou.systems.governance.city_operations.baseline import cells, train
from yongzhou.systems.governance.city_operations.events import AdviceDecided, AdviceJudged, AdviceMade
from yongzhou.systems.governance.city_operations.models import Advice, Anomaly, Playbook
from yongzhou.systems.governance.city_operations.operations.learning import LEARN_DAYS, calendar, resolution
from yongzhou.systems.governance.city_operations.series import HOUR, full_hour, panel

MODEL: Final = "advice-1"
WEIGHTS: Final = {"effect": 0.5, "speed": 0.3, "cost": 0.2}
BEFORE: Final = timedelta(days=14)  # of the old course that the effect is told against
SEASON_H: Final = 14 * 24  # known hours from which day and week are taken out
WORDS: Final = {
    "better": "区间不含零，朝好的方向", "worse": "区间不含零，朝坏的方向",
    "unclear": "区间包含零，不能说有效果", "short": "前后至少各要 24 个有数的小时",
}  # fmt: skip


class Advise(BaseModel):
    """What about: an anomaly, or an indicator of a place."""

    anomaly: UUID | None = Field(default=None, title="异常", json_schema_extra={"resource": "city_operations.anomaly"})
    indicator: str = Field(default="", max_length=100, title="指标", description="没有异常时填")
    region: str = Field(default="", pattern=r"^[0-9]{0,12}$", title="地区")


class Advised(BaseModel):
    """The advice."""

    advice: UUID = Field(title="建议")
    options: int = Field(title="方案数")


@operation("city_operations.advise", title="提出建议", on=Advice, action="advise", emits=[AdviceMade])
def advise(ctx: Context, data: Advise) -> Advised:
    """Rank the measures of the playbook by effect, speed and cost; weights and numbers stay in the advice."""
    anomaly = ctx.get(Anomaly, data.anomaly, lock=False, action="read") if data.anomaly else None
    name = anomaly.series if anomaly is not None and anomaly.source == "indicator" else data.indicator
    region = anomaly.region if anomaly is not None else data.region or "4311"
    known = _indicator(name, "anomaly" if anomaly is not None else "indicator")
    today = timezone.localdate(ctx.now)
    rows = Playbook.objects.filter(indicator=name).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=today))
    options = ranked(list(rows.order_by("title")), known.direction)
    if not options:
        raise Problem("no_measure", f"处置措施库里没有针对「{known.title}」的措施", field="indicator",
                      remedy="请在「处置措施」里登记措施、代价和预期效果")  # fmt: skip
    place = Place.objects.filter(code=region).values_list("name", flat=True).first() or region
    row = Advice(
        number=number("advice", ctx.now, "JY"), anomaly=anomaly, indicator=name, region=region, options=options,
        title=f"{place}{known.title}{'异常' if anomaly else '待改善'}", weights=WEIGHTS, model=MODEL, cut=ctx.now,
        made_at=ctx.now, better="up" if known.direction == "up" else "down",
        origin=anomaly.origin if anomaly else "measured",
    )  # fmt: skip
    ctx.save(row)
    ctx.emit(
        AdviceMade(advice=row.pk, indicator=name, options=len(options), region=region, origin=cast(Any, row.origin))
    )
    return Advised(advice=row.pk, options=len(options))


def _indicator(name: str, field: str) -> Indicator:
    if name not in indicators():
        raise Problem("unknown_indicator", f"没有指标「{name or '空'}」", field=field,
                      remedy="设备数据流的异常请先看它影响的指标；指标名见「指标」页")  # fmt: skip
    return indicators()[name]


def ranked(measures: list[Playbook], direction: str) -> list[dict[str, Any]]:
    """Options with their criteria from 0 to 1 and the weighted sum, best first.

    Effect counts in the good direction and is set against the largest of the options; speed by the logarithm of the
    minutes; cost from 5 (0) to 1 (1).
    """
    if not measures:
        return []
    sign = 1.0 if direction == "up" else -1.0
    effects = np.array([max(0.0, sign * float(one.change)) for one in measures])
    minutes = np.log(np.array([float(one.minutes) for one in measures]) + 1)
    quick = (minutes.max() - minutes) / (np.ptp(minutes) or 1.0)
    cheap = (5 - np.array([float(one.cost) for one in measures])) / 4
    strong = effects / (effects.max() or 1.0)
    total = WEIGHTS["effect"] * strong + WEIGHTS["speed"] * quick + WEIGHTS["cost"] * cheap
    order = np.argsort(-total, kind="stable")
    return [
        {
            "title": measures[i].title, "office": measures[i].office, "minutes": measures[i].minutes,
            "change": measures[i].change, "cost": measures[i].cost, "source": measures[i].source,
            "effect": round(float(strong[i]), 2), "speed": round(float(quick[i]), 2),
            "cheap": round(float(cheap[i]), 2),
            "score": round(100 * float(total[i])),
        }
        for i in order
    ]  # fmt: skip


class Decide(BaseModel):
    """A person's word."""

    advice: UUID = Field(title="建议")
    adopted: bool = Field(title="采纳")
    option: str = Field(default="", max_length=120, title="方案", description="采纳时填方案名称")
    reason: str = Field(min_length=2, max_length=300, title="理由")
    window_h: int = Field(default=72, ge=24, le=720, title="评效窗口（小时）")


class Decided(BaseModel):
    """Where it stands."""

    advice: UUID = Field(title="建议")
    state: str = Field(title="状态")


@operation("city_operations.decide_advice", title="决定建议", on=Advice, action="decide", emits=[AdviceDecided])
def decide_advice(ctx: Context, data: Decide) -> Decided:
    """Adopt one option, or refuse with a reason; only a person decides, and once."""
    row = ctx.get(Advice, data.advice)
    if ctx.actor.kind != "person":
        raise Problem("person", "建议只能由人决定", status=403, remedy="请值班领导决定")
    if row.state != "made":
        raise Problem("decided", "这条建议已经决定过", status=409, remedy="要改变做法请重新提出建议")
    if data.adopted:
        option = next((one for one in row.options if one["title"] == data.option), None)
        if option is None:
            raise Problem("option", f"没有方案「{data.option}」", field="option",
                          remedy=f"可选：{'、'.join(one['title'] for one in row.options)}")  # fmt: skip
        row.chosen, row.expected, row.began_at, row.window_h = option["title"], option["change"], ctx.now, data.window_h
    row.state = "adopted" if data.adopted else "refused"
    row.reason, row.decided_at, row.decided_by = data.reason, ctx.now, ctx.actor.name[:80]
    ctx.save(row)
    ctx.emit(AdviceDecided(advice=row.pk, adopted=data.adopted, region=row.region, origin=cast(Any, row.origin)))
    return Decided(advice=row.pk, state=row.state)


class Measure(BaseModel):
    """Which advice."""

    advice: UUID = Field(title="建议")


class Measured(BaseModel):
    """What the numbers say."""

    advice: UUID = Field(title="建议")
    verdict: Literal["better", "unclear", "worse", "short"] = Field(title="评效")
    mean: float | None = Field(title="平均变化")
    low: float | None = Field(title="区间下限")
    high: float | None = Field(title="区间上限")
    final: bool = Field(title="已定论")


@operation("city_operations.measure_effect", title="评效", on=Advice, action="judge", emits=[AdviceJudged])
def measure_effect(ctx: Context, data: Measure) -> Measured:
    """The change since the measure began, against the baseline and beside similar places, with 95 % intervals.

    Before the window is over the numbers are shown as they are, without a final verdict.
    """
    row = ctx.get(Advice, data.advice)
    if row.state not in ("adopted", "judged") or row.began_at is None:
        raise Problem("not_adopted", "没有采纳的建议不评效", status=409, remedy="先决定是否采纳")
    began, end = (
        full_hour(row.began_at) + HOUR,
        min(full_hour(ctx.now), full_hour(row.began_at) + row.window_h * HOUR + HOUR),
    )
    found = effect_of(row.indicator, row.region, began, end, cast(Literal["up", "down"], row.better))
    over = ctx.now >= row.began_at + timedelta(hours=row.window_h)
    row.effect = {**found, "until": end.isoformat(), "final": over}
    row.verdict = found["verdict"]
    if over and row.state == "adopted":
        row.state, row.judged_at = "judged", ctx.now
        ctx.emit(AdviceJudged(advice=row.pk, verdict=row.verdict, region=row.region, origin=cast(Any, row.origin)))
    ctx.save(row)
    series = found["series"] or {"value": None, "low": None, "high": None}
    return Measured(advice=row.pk, verdict=cast(Any, row.verdict), mean=series["value"], low=series["low"],
                    high=series["high"], final=over)  # fmt: skip


def effect_of(name: str, region: str, began: datetime, end: datetime, better: Literal["up", "down"]) -> dict[str, Any]:
    """Both measurements of one indicator and place, as plain values."""
    start = began - timedelta(days=LEARN_DAYS)
    seen = panel(start, max(end, began), names=[name])
    split = int((began - start) / HOUR)
    first = split - int(BEFORE / HOUR)  # the old course is told by these hours, its season by all before the measure
    at = split - first
    own = [row for row, one in enumerate(seen.keys) if one.region == region]
    words: dict[str, Any] = {"before_h": at, "basis": "原值", "series": None, "beside": None}
    if not own:
        return {**words, "verdict": "short", "why": "这个指标在这个地区没有读数"}
    values = seen.values[own[0]]
    if (~np.isnan(values[:split])).sum() >= SEASON_H:
        kinds, hours = cells(start, len(values), calendar())
        past = train(values[None, :split], kinds[:split], hours[:split], resolution([seen.keys[own[0]]]))
        values = values - past.centre[0, kinds, hours]  # learned before the measure only, never from its own effect
        words["basis"] = "减去措施前学到的日周常态后的值"
    values = values[first:]
    found = effect.interrupted(values, at)
    said = effect.verdict(found, better)
    if found is not None:
        words["series"] = {name: round(part, 4) for name, part in found.mean._asdict().items()}
        words["jump"] = {name: round(part, 4) for name, part in found.jump._asdict().items()}
        words["slope"] = {name: round(part, 5) for name, part in found.slope._asdict().items()}
        words |= {"before": found.before, "after": found.after, "lags": found.lags}
    mates = [row for row, one in enumerate(seen.keys) if len(one.region) == len(region) and one.region != region]
    other = effect.beside(seen.values[own[0], first:], seen.values[mates][:, first:], at)
    if other is not None:
        words["beside"] = {name: round(float(part), 4) for name, part in asdict(other).items()}
    return {**words, "verdict": said, "why": WORDS[said]}
