"""催办 and 难点堵点: the clock looks at every running event, and once a day at where the time went."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
from django.db.models import F
from pydantic import BaseModel, Field

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.life import STATES
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.grid_governance import clock, process_mining
from yongzhou.systems.governance.grid_governance.events import BottleneckFound, EventEscalated
from yongzhou.systems.governance.grid_governance.models import ClockStop, Event, ProcessFinding, Supervision
from yongzhou.systems.governance.grid_governance.operations.common import RUNNING, calendar, kind_of, retime, stops_of
from yongzhou.systems.governance.grid_governance.operations.handling import take_up
from yongzhou.systems.governance.grid_governance.operations.joint import watch_co_tasks
from yongzhou.systems.governance.grid_governance.operations.pressing import issue
from yongzhou.systems.governance.grid_governance.operations.ruling import watch_rulings

BATCH: Final = 200
WINDOW: Final = timedelta(days=90)
_KINDS: Final = {
    "reported": "queue",
    "accepted": "queue",
    "assigned": "queue",
    "handling": "work",
    "done": "check",
    "verified": "check",
}


class Look(BaseModel):
    """How many events at most in one go."""

    limit: int = Field(default=BATCH, title="每次件数", ge=1, le=2000)


class Looked(BaseModel):
    """What the watch did."""

    escalated: int
    late: int
    resumed: int
    joint: int = 0
    rulings: int = 0


class Mine(BaseModel):
    """How far back to look."""

    days: int = Field(default=90, title="天数", ge=1, le=730)
    top: int = Field(default=8, title="条数", ge=1, le=50)


class Mined(BaseModel):
    """How many steps were read and how many findings written."""

    steps: int
    findings: int


@operation("grid_governance.escalate", title="催办", on=Event, action="escalate", emits=[EventEscalated])
def escalate(ctx: Context, data: Look) -> Looked:
    """Remind at 50 %, tell the supervisor at 80 %, red list at 100 %, the city at 150 %; resume what stood too long."""
    resumed = _wake(ctx, data.limit)
    free = Event.objects.select_for_update(of=("self",), skip_locked=True).select_related("unit", "handler")
    late = list(
        free.filter(state__in=("reported", "accepted", "assigned"), accept_due__lt=ctx.now, accept_late=False)[
            : data.limit
        ]
    )
    for event in late:
        event.accept_late = True
        ctx.save(event)
        note_step(ctx, event, before=event.state, reason="超过受理签收时限")
        _tell(ctx, event, 1, f"「{event.title}」超过签收时限，请立即处理")
        ctx.emit(EventEscalated(matter=event.pk, unit=event.unit_id, rung=0, region=event.region, origin=event.origin))
    due = list(free.filter(next_rung_at__lte=ctx.now, state__in=RUNNING).order_by("next_rung_at")[: data.limit])
    for event in due:
        _raise(ctx, event)
    return Looked(
        escalated=len(due),
        late=len(late),
        resumed=resumed,
        joint=watch_co_tasks(ctx, data.limit),
        rulings=watch_rulings(ctx, data.limit),
    )


def _raise(ctx: Context, event: Event) -> None:
    start = event.clock_from or event.opened_at
    shown = clock.read(calendar(), start, event.handle_hours, kind_of(event), ctx.now, stops_of(event))
    climbed = shown.rung > event.rung
    event.rung = max(event.rung, shown.rung)
    retime(event, ctx)
    ctx.save(event)
    if climbed:
        name = clock.RUNG_NAMES[event.rung]
        note_step(ctx, event, before=event.state, reason=f"时限已用 {shown.share:.0%}：{name}", rung=event.rung)
        _tell(ctx, event, event.rung, f"「{event.title}」时限已用 {shown.share:.0%}，{name}")
        ctx.emit(
            EventEscalated(
                matter=event.pk, unit=event.unit_id, rung=event.rung, region=event.region, origin=event.origin
            )
        )
        if event.rung == len(clock.RUNGS) and event.unit is not None:
            _supervise(ctx, event, shown.share)


def _supervise(ctx: Context, event: Event, share: float) -> None:
    open_ = Supervision.objects.filter(event=event, kind="supervise", unit=event.unit).exclude(state="ended")
    if not open_.exists():
        issue(ctx, event, f"时限已用 {share:.0%}，请说明原因和完成时间")


def _tell(ctx: Context, event: Event, rung: int, text: str) -> None:
    """Each rung adds somebody: the handler, his unit, the county's centre, the city."""
    if event.handler:
        notify(ctx, event.handler, text, about=event)
    codes = [f"{event.region[:6]}-WG"] if rung >= 3 or event.unit is None else []
    codes += ["4311-WG", "4311-ZFB"] if rung >= 4 else []
    units = {unit.pk: unit for unit in Unit.objects.filter(code__in=codes)} if codes else {}
    if event.unit and (rung >= 2 or event.handler is None):
        units[event.unit.pk] = event.unit
    for unit in units.values():
        notify(ctx, unit, text, about=event)


def _wake(ctx: Context, limit: int) -> int:
    """Suspended events whose stop has reached its latest end run again."""
    over = ClockStop.objects.filter(until__isnull=True, latest__lte=ctx.now).values_list("event", flat=True)[:limit]
    rows = list(
        Event.objects.select_for_update(of=("self",), skip_locked=True).filter(pk__in=list(over), state="suspended")
    )
    for event in rows:
        take_up(ctx, event, "挂起已到最长时间，自动恢复计时")
    return len(rows)


@operation(
    "grid_governance.find_bottlenecks", title="难点堵点分析", on=ProcessFinding, action="mine", emits=[BottleneckFound]
)
def find_bottlenecks(ctx: Context, data: Mine) -> Mined:
    """Write down where the time of events went, whose queue grows, how many were pushed around."""
    since = ctx.now - timedelta(days=data.days)
    log = read_log(since)
    if log.num_rows == 0:
        return Mined(steps=0, findings=0)
    worst = process_mining.bottlenecks(log, data.top).to_pylist()
    found = [_finding(ctx, since, row) for row in worst if row["wait_total_s"] > 0]
    found += _pushed(ctx, since)
    found += _backlogs(ctx, since)
    ctx.save(*found)
    for one in found:
        ctx.emit(
            BottleneckFound(finding=one.pk, kind=one.kind, share=one.share or 0.0, region=one.region, origin=one.origin)
        )
    return Mined(steps=log.num_rows, findings=len(found))


def read_log(since: datetime, region: str = "", *, detail: bool = False) -> pa.Table:
    """The moves (no mere notes) of events since a moment, as a log of `process_mining`.

    With `detail` also `unit` (code), `type` (name), `county`, `hour` (of the step) of each event, all VARCHAR.
    """
    rows = MatterStep.objects.filter(matter__kind="event", at__gte=since).exclude(before=F("after"))
    if region:
        rows = rows.filter(matter__region__startswith=region)
    found = list(rows.order_by("at", "id").values_list("matter", "after", "at"))
    log = pa.table(
        {
            "case": pa.array([str(case) for case, _, _ in found], pa.string()),
            "activity": pa.array([STATES.get(after, after) for _, after, _ in found], pa.string()),
            "time": pa.array([at for _, _, at in found], pa.timestamp("us", "UTC")),
        }
    )
    if not detail:
        return log
    known = {
        key: (unit or "", kind or "", area[:6])
        for key, unit, kind, area in Event.objects.filter(pk__in={case for case, _, _ in found}).values_list(
            "pk", "unit__code", "type__name", "region"
        )
    }
    facts = [known.get(case, ("", "", "")) for case, _, _ in found]
    for at, name in enumerate(("unit", "type", "county")):
        log = log.append_column(name, pa.array([fact[at] for fact in facts], pa.string()))
    hours = [f"{at.astimezone(SHANGHAI).hour:02}时" for _, _, at in found]
    return log.append_column("hour", pa.array(hours, pa.string()))


def _finding(ctx: Context, since: datetime, row: dict[str, float | str]) -> ProcessFinding:
    codes = {name: code for code, name in STATES.items()}
    before, after = codes.get(str(row["before"]), ""), codes.get(str(row["after"]), "")
    order = list(STATES)
    loop = before in order and after in order and order.index(after) < order.index(before)
    mean, median = float(row["wait_mean_s"]), float(row["wait_median_s"])
    text = f"{row['before']}→{row['after']} {row['count']} 次，平均等 {words(mean)}，一半在 {words(median)} 内"
    if mean > 10 * max(median, 60):
        text += "；少数积压拖长了平均值，先查最久的几件"
    return ProcessFinding(
        at=ctx.now,
        since=since,
        kind="loop" if loop else _KINDS.get(before, "work"),
        before=str(row["before"]),
        after=str(row["after"]),
        region="4311",
        cases=int(row["count"]),
        mean_s=mean,
        median_s=median,
        share=100 * float(row["share"]),
        text=text,
    )


def _pushed(ctx: Context, since: datetime) -> list[ProcessFinding]:
    count = Event.objects.filter(opened_at__gte=since, rejected_count__gte=2).count()
    if not count:
        return []
    return [
        ProcessFinding(
            at=ctx.now,
            since=since,
            kind="ping_pong",
            before="待签收",
            after="已受理",
            region="4311",
            cases=count,
            text=f"{count} 件事两次以上退单，请会商后修订责任规则",
        )
    ]


def _backlogs(ctx: Context, since: datetime) -> list[ProcessFinding]:
    """Units whose number of open events has grown three days running."""
    days = [ctx.now - timedelta(days=back) for back in (3, 2, 1, 0)]
    rows = Event.objects.filter(unit__isnull=False, opened_at__gte=since).exclude(state="merged")
    held: dict[str, tuple[Unit, list[int]]] = {}
    for event in rows.select_related("unit").only("unit", "assigned_at", "done_at"):
        unit = event.unit
        if unit is None or event.assigned_at is None:
            continue
        counts = held.setdefault(unit.code, (unit, [0] * len(days)))[1]
        for at, day in enumerate(days):
            counts[at] += event.assigned_at <= day and (event.done_at is None or event.done_at > day)
    return [
        ProcessFinding(
            at=ctx.now,
            since=since,
            kind="backlog",
            before="待签收",
            after="待核查",
            region=unit.region,
            unit=unit,
            cases=counts[-1],
            text=f"{unit.name}在办件连续 3 天增加：{'→'.join(map(str, counts))}",
        )
        for unit, counts in held.values()
        if process_mining.growing(counts)
    ]


def words(seconds: float) -> str:
    """A span in Chinese, coarse."""
    for size, name in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} 秒"
