"""What stands in a daily or weekly report: numbers with their sources, each recomputable for the same cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Left

from yongzhou.core.data.origin import worst
from yongzhou.core.indicators.figures import value
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.core.places.models import Place
from yongzhou.engines.telemetry.models import Alarm
from yongzhou.systems.governance.city_operations.models import (
    DOMAINS,
    SEVERITIES,
    Advice,
    Anomaly,
    Scan,
    StateVector,
    Supervision,
)
from yongzhou.systems.governance.city_operations.operations.federating import SOURCES

Item = dict[str, Any]
MATTERS = "/desk/matters/matter/"


def below(region: str, field: str = "region") -> Q:
    """Rows of a region and all below it."""
    return Q(**{f"{field}__gte": region, f"{field}__lt": region + ":"})


def content(region: str, start: datetime, end: datetime) -> dict[str, Any]:
    """All sections of a report of one region and half-open period; a fixed number of queries."""
    before = start - (end - start)
    sections = [
        _states(region, start, end),
        _matters(region, before, start, end),
        _alarms(region, start, end),
        _counties(region, start, end),
        _senses(region, end),
        _decisions(region, start, end),
    ]
    origins = StateVector.objects.filter(region=region, at__lt=end).order_by("-at").values_list("origin", flat=True)[:6]
    return {"sections": sections, "origin": worst([*origins])}


def _item(label: str, number: float | None, unit: str, url: str, before: float | None = None, digits: int = 0) -> Item:
    """One number: label, value, unit, where it opens; with `before` the change against the period before."""
    found: Item = {"label": label, "value": None if number is None else round(number, digits), "unit": unit, "url": url}
    if before is not None and number is not None:
        found["change"] = round(number - before, digits)
    return found


def _at(region: Q | str, at: datetime) -> dict[tuple[str, str], StateVector]:
    rows = StateVector.objects.filter(at__lt=at, **({"region": region} if isinstance(region, str) else {}))
    if not isinstance(region, str):
        rows = rows.filter(region)
    last = rows.order_by("region", "domain", "-at").distinct("region", "domain")
    return {(row.region, row.domain): row for row in last}


def _states(region: str, start: datetime, end: datetime) -> Item:
    first, last = _at(region, start), _at(region, end)
    low = {
        row["domain"]: row["low"]
        for row in StateVector.objects.filter(region=region, at__gte=start, at__lt=end).order_by()
        .values("domain").annotate(low=Min("score"))
    }  # fmt: skip
    items, words = [], []
    for code, title in DOMAINS.items():
        row, old = last.get((region, code)), first.get((region, code))
        if row is None or row.score is None:
            words.append(f"{title}：无数据源，{SOURCES[code]}")
            continue
        item = _item(title, row.score, "分", f"/desk/city_operations/?region={region}&domain={code}",
                     old.score if old is not None else None, 1)  # fmt: skip
        lowest = low.get(code)
        item |= {"word": SEVERITIES[row.severity], "low": None if lowest is None else round(min(lowest, row.score), 1),
                 "confidence": round(row.confidence)}  # fmt: skip
        reasons = [r for r in row.reasons if r["value"] is not None and r["share"]]
        if reasons:
            item["because"] = (
                f"{reasons[0]['title']} {reasons[0]['value']:,.{reasons[0]['digits']}f} {reasons[0]['unit']}"
            )
        items.append(item)
    return {"key": "states", "title": "总体态势", "items": items, "notes": words}


def _counts(rows: QuerySet[Matter], start: datetime, end: datetime) -> dict[str, int]:
    open_at = Q(opened_at__lt=end) & (Q(closed_at__isnull=True) | Q(closed_at__gte=end)) & ~Q(state="merged")
    done = Q(done_at__gte=start, done_at__lt=end, due__isnull=False)
    found: dict[str, int] = rows.order_by().aggregate(
        opened=Count("pk", filter=Q(opened_at__gte=start, opened_at__lt=end)),
        grave=Count("pk", filter=Q(opened_at__gte=start, opened_at__lt=end, level__lte=2)),
        closed=Count("pk", filter=Q(closed_at__gte=start, closed_at__lt=end)),
        open=Count("pk", filter=open_at),
        late=Count("pk", filter=open_at & Q(due__lt=end) & (Q(done_at__isnull=True) | Q(done_at__gte=end))),
        done=Count("pk", filter=done),
        in_time=Count("pk", filter=done & Q(done_at__lte=F("due"))),
    )
    return found


def _matters(region: str, before: datetime, start: datetime, end: datetime) -> Item:
    rows = Matter.objects.filter(below(region))
    now, old = _counts(rows, start, end), _counts(rows, before, start)
    rate = 100 * now["in_time"] / now["done"] if now["done"] else None
    items = [
        _item("新增事项", now["opened"], "件", MATTERS, old["opened"]),
        _item("其中橙色以上", now["grave"], "件", f"{MATTERS}?level=1,2", old["grave"]),
        _item("结案", now["closed"], "件", f"{MATTERS}?state=closed", old["closed"]),
        _item("期末未结", now["open"], "件", "/desk/indicators/city_operations.open_matters/", old["open"]),
        _item("期末超时", now["late"], "件", "/desk/indicators/city_operations.overdue_matters/", old["late"]),
        _item("按时办结率", rate, "%", "/desk/indicators/city_operations.on_time_rate/", None, 1),
    ]
    graves = rows.filter(opened_at__gte=start, opened_at__lt=end, level__lte=2).order_by("level", "opened_at")[:8]
    listed = [
        {"title": row.title, "level": row.level, "url": row.get_absolute_url(), "at": row.opened_at.isoformat(),
         "closed": row.state in CLOSED}
        for row in graves
    ]  # fmt: skip
    return {"key": "matters", "title": "事项办理", "items": items, "list": listed, "notes": []}


def _alarms(region: str, start: datetime, end: datetime) -> Item:
    alarms = Alarm.objects.filter(below(region), raised_at__gte=start, raised_at__lt=end)
    anomalies = Anomaly.objects.filter(below(region), since__gte=start, since__lt=end)
    told = anomalies.order_by().aggregate(
        all=Count("pk", filter=Q(hours__gte=2)), judged=Count("pk", filter=~Q(verdict="")),
        true=Count("pk", filter=Q(verdict="true")),
    )  # fmt: skip
    scans = Scan.objects.filter(hour__gte=start, hour__lt=end).count()
    hours = int((end - start).total_seconds() // 3600)
    items = [
        _item("设备报警", alarms.count(), "条", "/desk/iot_sensing/alarms/"),
        _item("持续异常", told["all"], "个", "/desk/city_operations/anomalies/"),
        _item("判定属实", told["true"], "个", "/desk/city_operations/anomaly/?verdict=true"),
        _item("已判定", told["judged"], "个", "/desk/city_operations/anomaly/"),
    ]
    worst_rows = anomalies.filter(hours__gte=2).order_by(F("z").desc(nulls_last=True))[:5]
    listed = [
        {"title": f"{row.title} {row.value:,.{row.digits}f} {row.unit}，常态 {_text(row.expected, row.digits)}",
         "url": row.get_absolute_url(), "at": row.since.isoformat()}
        for row in worst_rows
    ]  # fmt: skip
    notes = [] if scans >= hours else [f"本期应扫描 {hours} 个小时，实际 {scans} 个，未扫描的小时不能说没有异常"]
    return {"key": "alarms", "title": "预警与异常", "items": items, "list": listed, "notes": notes}


def _text(number: float | None, digits: int) -> str:
    return "未知" if number is None else f"{number:,.{digits}f}"


def _counties(region: str, start: datetime, end: datetime) -> Item:
    kind = "county" if len(region) == 4 else "town"
    places = dict(Place.objects.filter(below(region), kind=kind, valid_to__isnull=True).values_list("code", "name"))
    size = 6 if kind == "county" else 9
    rows = Matter.objects.filter(below(region)).annotate(part=Left("region", size))
    open_at = Q(opened_at__lt=end) & (Q(closed_at__isnull=True) | Q(closed_at__gte=end)) & ~Q(state="merged")
    counted: dict[str, Mapping[str, Any]] = {
        row["part"]: row
        for row in rows.order_by()
        .values("part")
        .annotate(
            opened=Count("pk", filter=Q(opened_at__gte=start, opened_at__lt=end)),
            closed=Count("pk", filter=Q(closed_at__gte=start, closed_at__lt=end)),
            open=Count("pk", filter=open_at),
            late=Count("pk", filter=open_at & Q(due__lt=end) & (Q(done_at__isnull=True) | Q(done_at__gte=end))),
        )
    }
    states = _at(Q(region__in=list(places)), end)
    table = []
    for code, name in sorted(places.items()):
        own, safety = counted.get(code, {}), states.get((code, "safety"))
        table.append(
            {"code": code, "name": name, **{key: own.get(key, 0) for key in ("opened", "closed", "open", "late")},
             "safety": safety.score if safety is not None else None,
             "word": SEVERITIES[safety.severity] if safety is not None else ""}
        )  # fmt: skip
    title = "各县区" if kind == "county" else "各乡镇街道"
    return {"key": "places", "title": title, "items": [], "table": table, "notes": []}


def _senses(region: str, end: datetime) -> Item:
    items = []
    for name in (
        "city_operations.fresh_datastreams",
        "city_operations.twin_completeness",
        "city_operations.open_alarms",
    ):
        figure = value(name, at=end, region=region)
        items.append(_item(figure.indicator.title, figure.value, figure.indicator.unit, figure.url, None,
                           figure.indicator.digits))  # fmt: skip
    return {"key": "senses", "title": "感知与数据质量", "items": items, "notes": []}


def _decisions(region: str, start: datetime, end: datetime) -> Item:
    made = Advice.objects.filter(below(region)).aggregate(
        made=Count("pk", filter=Q(made_at__gte=start, made_at__lt=end)),
        adopted=Count("pk", filter=Q(decided_at__gte=start, decided_at__lt=end) & ~Q(chosen="")),
        judged=Count("pk", filter=Q(judged_at__gte=start, judged_at__lt=end)),
        better=Count("pk", filter=Q(judged_at__gte=start, judged_at__lt=end, verdict="better")),
    )
    asked = Supervision.objects.filter(below(region)).aggregate(
        asked=Count("pk", filter=Q(asked_at__gte=start, asked_at__lt=end)),
        closed=Count("pk", filter=Q(closed_at__gte=start, closed_at__lt=end)),
        late=Count("pk", filter=Q(asked_at__lt=end, due__lt=end) & (Q(closed_at__isnull=True) | Q(closed_at__gte=end))),
    )
    advice, supervision = "/desk/city_operations/advice/", "/desk/city_operations/supervision/"
    items = [
        _item("提出建议", made["made"], "条", advice), _item("采纳", made["adopted"], "条", advice),
        _item("评效", made["judged"], "条", advice), _item("其中见效", made["better"], "条", advice),
        _item("交办督办", asked["asked"], "件", supervision), _item("销号", asked["closed"], "件", supervision),
        _item("期末逾期", asked["late"], "件", supervision),
    ]  # fmt: skip
    return {"key": "decisions", "title": "决策与督办", "items": items, "notes": []}


def numbers(sections: Iterable[Item]) -> dict[str, float | None]:
    """Every number of a report by its place in it; two reports of one cut must have the same."""
    found: dict[str, float | None] = {}
    for section in sections:
        for item in section["items"]:
            found[f"{section['title']}·{item['label']}"] = item["value"]
        for row in section.get("table", []):
            for key in ("opened", "closed", "open", "late", "safety"):
                found[f"{section['title']}·{row['name']}·{key}"] = row[key]
    return found
