"""Test all series together each hour; say what is not as usual, with false discoveries held."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations import baseline, charts
from yongzhou.systems.governance.city_operations.discoveries import discoveries
from yongzhou.systems.governance.city_operations.events import AnomalyFired, AnomalyResolved
from yongzhou.systems.governance.city_operations.models import Anomaly, Baseline, Scan
from yongzhou.systems.governance.city_operations.operations.learning import as_arrays, calendar, resolution
from yongzhou.systems.governance.city_operations.series import HOUR, Panel, full_hour, panel

Floats = NDArray[np.float64]

LOOK_H: Final = 168  # hours before the looked-at one that drift and related series are told from
DRIFT_DAYS: Final = 7  # a baseline younger than that tells no drift
STUCK_H: Final = 24
HOLD_H: Final = 2  # hours in a row until an anomaly is told
CAP: Final = 200  # new anomalies a scan; the rest of a storm is counted, not listed
COUNTS: Final = ("city_operations.events_per_hour",)


class Detect(BaseModel):
    """Which hour to look at, and how strictly."""

    hour: datetime | None = Field(default=None, title="小时", description="不填是最近一个完整的小时")
    control: Literal["bh", "by"] = Field(
        default="bh", title="错误发现控制", json_schema_extra={"codes": "discovery control"}
    )
    rate: float = Field(default=0.05, gt=0, lt=1, title="错误发现率")


class Detected(BaseModel):
    """What the scan says."""

    hour: datetime = Field(title="小时")
    series: int = Field(title="序列数")
    tests: int = Field(title="检验数")
    naive: int = Field(title="不作校正会报")
    found: int = Field(title="发现数")
    faults: int = Field(title="数据故障")
    learning: int = Field(title="学习中")
    opened: int = Field(title="新异常")


@operation(
    "city_operations.detect_anomaly",
    title="扫描异常",
    on=Anomaly,
    action="detect",
    emits=[AnomalyFired, AnomalyResolved],
)
def detect_anomaly(ctx: Context, data: Detect) -> Detected:
    """Test every series of one hour against its baseline at once, and keep the account of what is not as usual."""
    began = time.perf_counter()
    hour = full_hour(data.hour or ctx.now - HOUR)
    if hour > ctx.now - HOUR:
        raise Problem("too_early", "这个小时还没有过完", field="hour", remedy="选一个已经过完的小时")
    seen = panel(hour - LOOK_H * HOUR, hour + HOUR)
    known = {(row.source, row.series, row.region): row for row in Baseline.objects.all()}
    rows = [row for row, one in enumerate(seen.keys) if one.key in known]
    tried = Tried(Panel([seen.keys[r] for r in rows], seen.values[rows], seen.start),
                  as_arrays([known[seen.keys[r].key] for r in rows]), [known[seen.keys[r].key].days for r in rows],
                  data.control, data.rate)  # fmt: skip
    opened = _account(ctx, hour, tried)
    facts = {
        "control": data.control, "rate": data.rate, "series": len(rows), "learning": len(seen.keys) - tried.ready,
        "tests": tried.tests, "naive": tried.naive, "found": tried.found, "faults": tried.faults,
    }  # fmt: skip
    spent = (time.perf_counter() - began) * 1000
    Scan.objects.update_or_create(hour=hour, defaults={**facts, "at": ctx.now, "milliseconds": spent})
    counts: dict[str, int] = {
        name: int(facts[name]) for name in ("series", "tests", "naive", "found", "faults", "learning")
    }
    return Detected(hour=hour, opened=opened, **counts)


class Tried:
    """All tests of one hour on the last column of a panel."""

    def __init__(
        self, seen: Panel, base: baseline.Baseline, days: list[int], control: Literal["bh", "by"], rate: float
    ) -> None:
        self.seen, self.base = seen, base
        hours = seen.values.shape[1] if len(seen.keys) else LOOK_H + 1
        kinds, of_day = baseline.cells(seen.start, hours, calendar())
        self.kind, self.hour_of_day = int(kinds[-1]), int(of_day[-1])
        now = (slice(None), self.kind, self.hour_of_day)
        self.value = seen.values[:, -1]
        self.centre, self.scale = base.centre[now], base.scale[now]
        self.cell_days, self.basis = base.days[now], base.basis[now]
        self.residuals = baseline.distance(seen.values, kinds, of_day, base) if len(seen.keys) else seen.values
        self.z = self.residuals[:, -1] if len(seen.keys) else np.zeros(0)
        self.p_level = baseline.tail(self.z, self.cell_days, base.freedom[now])
        self.p_drift = self._drift(np.array(days, dtype=np.int64))
        both = np.concatenate([self.p_level, self.p_drift])
        told = discoveries(both, rate, control)
        size = len(seen.keys)
        self.tests, self.ready = told.tests, int((~np.isnan(self.p_level)).sum())
        self.naive = int((both[~np.isnan(both)] <= rate).sum())
        self.adjusted = {"level": told.adjusted[:size], "drift": told.adjusted[size:]}
        level = told.found[:size] & (np.abs(self.z) > baseline.OUTLIER)
        self.hits: dict[str, NDArray[np.bool_]] = {"level": level, "drift": told.found[size:] & ~level}
        self.factor = charts.unit_jump(self.value, self.centre, self.scale) if size else np.zeros(0)
        sensor = np.array([one.source == "datastream" for one in seen.keys], dtype=np.bool_)
        usual = np.where(np.nan_to_num(self.scale) > 2 * resolution(seen.keys), self.scale, 0.0)
        self.hits["stuck"] = charts.stuck(seen.values, STUCK_H, usual) & sensor if size else np.zeros(0, dtype=np.bool_)
        self.hits["unit"] = self.factor > 0
        self.hits["level"] = self.hits["level"] & ~self.hits["unit"]
        self.hits["count"] = self._counts()
        self.found = int(self.hits["level"].sum() + self.hits["drift"].sum())
        self.faults = int(self.hits["stuck"].sum() + self.hits["unit"].sum())

    def _drift(self, days: NDArray[np.int64]) -> Floats:
        """p-values of the residuals' EWMA, its sigma widened by their memory; NaN for young baselines."""
        from scipy.special import ndtr

        if not len(self.seen.keys):
            return np.zeros(0)
        smooth = charts.ewma(np.clip(self.residuals, -4, 4), 0.0)[:, -1]
        sigma = charts.ewma_sigma(1.0, memory=self.base.memory)
        p: Floats = 2 * ndtr(-np.abs(smooth / sigma))
        return np.where((days >= DRIFT_DAYS) & ~np.isnan(self.z), p, np.nan)

    def _counts(self) -> NDArray[np.bool_]:
        """EARS C2 on the daily sums of counting indicators, told with the last hour of a day in Yongzhou."""
        found = np.zeros(len(self.seen.keys), dtype=np.bool_)
        if self.hour_of_day != 23:
            return found
        for row, one in enumerate(self.seen.keys):
            if one.name in COUNTS and LOOK_H >= 24:
                whole = self.seen.values[row, -(LOOK_H // 24 * 24) :].reshape(-1, 24)
                days = np.nansum(whole, axis=1)
                past = days[:-1]
                if len(past) >= 6:
                    found[row] = (days[-1] - past.mean()) / max(past.std(ddof=1), 0.2) > 3
        return found

    def evidence(self, row: int, method: str) -> dict[str, Any]:
        """Why this is told: the cell, how many days stand behind it, what moves with it."""
        words: dict[str, Any] = {
            "kind": baseline.KINDS[self.kind], "hour": self.hour_of_day, "days": int(self.cell_days[row]),
            "basis": ("本类日子本小时", "同组日子本小时", "全部日子本小时", "没有")[int(self.basis[row])],
        }  # fmt: skip
        if method == "unit":
            words["factor"] = float(self.factor[row])
        if method == "stuck":
            words["hours"] = STUCK_H
        mine = self.seen.keys[row]
        mates = [
            index for index, one in enumerate(self.seen.keys)
            if index == row or (one.region[:6] == mine.region[:6] and one.name != mine.name)
        ]  # fmt: skip
        near = charts.related(self.residuals[mates], mates.index(row))
        words["related"] = [
            {"title": self.seen.keys[mates[index]].title, "series": self.seen.keys[mates[index]].name,
             "region": self.seen.keys[mates[index]].region, "lag_h": lag, "correlation": corr}
            for index, lag, corr in near
        ]  # fmt: skip
        return words


def _account(ctx: Context, hour: datetime, tried: Tried) -> int:
    """Open what is new, carry on what goes on, close what is over; how many are new."""
    open_now = {
        (row.source, row.series, row.region, row.method): row
        for row in Anomaly.objects.exclude(state="over").select_for_update()
    }
    found = [(row, method) for method, hits in tried.hits.items() for row in np.flatnonzero(hits).tolist()]
    found.sort(key=lambda hit: -abs(float(np.nan_to_num(tried.z[hit[0]]))))
    opened, still = 0, set()
    for row, method in found:
        key = (*tried.seen.keys[row].key, method)
        known = open_now.get(key)
        still.add(key)
        if known is None and opened >= CAP:
            continue
        opened += known is None
        _write(ctx, hour, tried, row, method, known)
    looked = {one.key: row for row, one in enumerate(tried.seen.keys)}
    for key, known in open_now.items():
        row_of = looked.get(key[:3])
        if key in still or row_of is None or np.isnan(tried.value[row_of]) or known.last_at >= hour:
            continue  # no value is no news
        if key[3] == "count" and tried.hour_of_day != 23:
            continue
        known.state = "over"
        ctx.save(known)
        if known.hours >= HOLD_H:
            ctx.emit(AnomalyResolved(anomaly=known.pk, series=known.series, hours=known.hours, region=known.region,
                                     origin=_origin(known)))  # fmt: skip
    return opened


def _write(ctx: Context, hour: datetime, tried: Tried, row: int, method: str, known: Anomaly | None) -> None:
    one = tried.seen.keys[row]
    anomaly = known or Anomaly(
        source=one.source, series=one.name, region=one.region, title=one.title, unit=one.unit, digits=one.digits,
        method=method, since=hour, hours=0, origin=one.origin, reasons=tried.evidence(row, method),
    )  # fmt: skip
    if known is not None and known.last_at >= hour:
        return  # a look at the same hour again
    half = 1.96 * float(tried.scale[row])
    adjusted = tried.adjusted.get(method)
    p = {"level": tried.p_level, "drift": tried.p_drift}.get(method)
    values: Mapping[str, Any] = {
        "last_at": hour, "hours": anomaly.hours + 1, "value": float(tried.value[row]),
        "expected": _number(tried.centre[row]), "low": _number(tried.centre[row] - half),
        "high": _number(tried.centre[row] + half), "z": _number(tried.z[row]), "tests": tried.tests,
        "p": _number(p[row]) if p is not None else None,
        "adjusted": _number(adjusted[row]) if adjusted is not None else None,
    }  # fmt: skip
    for name, value in values.items():
        setattr(anomaly, name, value)
    fires = anomaly.state == "pending" and (anomaly.hours >= HOLD_H or method == "count")
    if fires:
        anomaly.state = "firing"
    ctx.save(anomaly)
    if fires:
        ctx.emit(
            AnomalyFired(
                anomaly=anomaly.pk, source=one.source, series=one.name, method=method, value=anomaly.value,
                expected=anomaly.expected, z=anomaly.z, since=anomaly.since, region=anomaly.region,
                origin=_origin(anomaly),
            )
        )  # fmt: skip


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _origin(row: Anomaly) -> Any:
    return row.origin
