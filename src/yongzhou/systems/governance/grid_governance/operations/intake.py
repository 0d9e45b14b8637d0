"""A report comes in by any door: once, placed, classified, joined with its duplicates, or opened as an event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F

from yongzhou.core.data.files import path_of
from yongzhou.core.data.geometry import point
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned, MatterOpened
from yongzhou.core.matters.verbs import note_step, open_matter
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance import clock
from yongzhou.systems.governance.grid_governance.classify import Classification
from yongzhou.systems.governance.grid_governance.models import Event, EventType, Report
from yongzhou.systems.governance.grid_governance.operations.common import (
    OPEN,
    calendar,
    dispatch,
    kind_of,
    person_acting,
    retime,
)
from yongzhou.systems.governance.grid_governance.operations.ground import Spot
from yongzhou.systems.governance.grid_governance.operations.recognise import (
    Alike,
    LookAlike,
    NewReport,
    Reported,
    Similar,
    before,
    candidates,
    guesses_of,
    judge,
    spot_of,
)
from yongzhou.systems.governance.grid_governance.photos import doubts

A_HOUR: Final = 20  # reports of one person; a flood of words is no flood of water
LATE: Final = timedelta(days=7)  # a phone that was offline may bring what it saw


@operation("grid_governance.look_alike", title="看看是否已有人上报", on=Event, action="report")
def look_alike(ctx: Context, data: LookAlike) -> Alike:
    """Before filing: what this would be, and which open events nearby may be the same."""
    spot = spot_of(data)
    judged, kind = judge(data)
    return Alike(
        type=kind.code if kind else None,
        type_name=kind.name if kind else "",
        guesses=guesses_of(judged),
        similar=[similar for similar, _ in candidates(data, spot, kind, ctx.now)],
    )


@operation("grid_governance.report", title="上报", on=Event, action="report", emits=[MatterOpened, MatterAssigned])
def report(ctx: Context, data: NewReport) -> Reported:
    """Take a report: once a door and number, placed, classified, joined with its duplicates or opened and sent."""
    _may_use(ctx, data.door)
    if data.external_id and (known := _known(ctx, data)):
        return known
    at = _moment(ctx, data.at)
    _not_too_many(ctx)
    spot = spot_of(data)
    judged, kind = judge(data)
    _serialise(f"{kind.code[:4] if kind else '9900'}:{spot.region[:6]}")  # two reports of one cause wait for each other
    alike = candidates(data, spot, kind, at)
    target = _same(ctx, data, alike)
    new = target is None
    event = target or _open(ctx, data, spot, judged, kind, at, [similar for similar, _ in alike])
    filed = _file(ctx, data, spot, event, at, joined=not new)
    if new and kind is not None and not data.hold:
        dispatch(ctx, event)
    elif new:
        note_step(ctx, event, before=event.state, reason="等待人工确认" if data.hold else judged.reason)
    return _told(filed, event, new=new, sure=kind is not None, similar=[similar for similar, _ in alike])


def _may_use(ctx: Context, door: str) -> None:
    lines = ctx.actor.lines("report", "grid_governance.event")
    if door != "citizen" and all(line.own for line in lines):
        raise Problem("wrong_door", "市民请从「随手拍」上报", status=403, field="door", remedy="渠道请选「随手拍」")


def _known(ctx: Context, data: NewReport) -> Reported | None:
    _serialise(f"report:{data.door}:{data.external_id}")
    filed = Report.objects.filter(door=data.door, external_id=data.external_id).select_related("event__unit").first()
    if filed is None:
        return None
    if filed.reporter_id not in (None, ctx.actor.id) and data.door in ("citizen", "grid"):
        raise Problem(
            "number_taken", "这个渠道编号已被使用", status=409, field="external_id", remedy="换一个编号再提交"
        )
    return _told(filed, filed.event, new=False, sure=filed.event.type_id is not None, similar=[])


def _serialise(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 38))", [name])


def _moment(ctx: Context, at: datetime | None) -> datetime:
    if at is None:
        return ctx.now
    if at.tzinfo is None or not ctx.now - LATE <= at <= ctx.now + timedelta(minutes=10):
        raise Problem("bad_time", "发现时间应在最近 7 天之内，并带时区", field="at", remedy="请核对手机时间")
    return min(at, ctx.now)


def _not_too_many(ctx: Context) -> None:
    if ctx.actor.kind != "person" or any(not line.own for line in ctx.actor.lines("report", "grid_governance.event")):
        return
    if Report.objects.filter(reporter=ctx.actor.id, at__gt=ctx.now - timedelta(hours=1)).count() >= A_HOUR:
        raise Problem("too_many", f"一小时内已上报 {A_HOUR} 件", status=429, remedy="紧急情况请拨打 110、119 或 12345")


def _same(ctx: Context, data: NewReport, alike: list[tuple[Similar, bool]]) -> Event | None:
    """The event this report belongs to: named by its sender, or so alike that the machine may say so."""
    sure = next((similar.event for similar, same in alike if same), None)
    key = data.same_as or sure
    if key is None:
        return None
    if data.same_as and data.same_as not in {similar.event for similar, _ in alike}:
        raise Problem(
            "not_alike", "所选事件与这条线索不在一处或不是一类", field="same_as", remedy="请重新查看附近已有事件"
        )
    event = Event.objects.select_for_update(of=("self",)).get(pk=key)
    event.refresh_from_db()
    return event if event.state in OPEN else None


def _open(
    ctx: Context,
    data: NewReport,
    spot: Spot,
    judged: Classification,
    kind: EventType | None,
    at: datetime,
    similar: list[Similar],
) -> Event:
    grade = kind.grade if kind else "一般"
    where = data.address or spot.name
    values = {
        "steward": "grid_governance",
        "title": f"{kind.name if kind else '待归类'}（{where}）"[:120],
        "detail": data.text,
        "level": clock.LEVELS[grade],
        "region": spot.region,
        "place_id": spot.grid,
        "grid_id": spot.grid,
        "address": data.address or spot.name,
        "geometry": point(*spot.lon_lat) if spot.lon_lat else None,
        "source": data.door,
        "reporter": None if data.anonymous else person_acting(ctx),
        "photos": [photo.model_dump() for photo in data.photos],
        "opened_at": at,
        "clock_from": at,
        "type": kind,
        "grade": grade,
        "guesses": guesses_of(judged),
        "similar": [one.model_dump(mode="json") for one in similar],
    }
    earlier = before(spot, kind, at)
    values["repeat_of"] = earlier
    again = f"（{earlier.number} 办结后再次出现）" if earlier else ""
    return start(ctx, values, kind, key="", reason=f"{_DOORS[data.door]}上报{again}：{data.text[:120]}")[0]


def start(
    ctx: Context,
    values: dict[str, object],
    kind: EventType | None,
    *,
    key: str,
    reason: str,
    hours: float | None = None,
) -> tuple[Event, bool]:
    """Open an event with its clock; `(event, new)`."""
    own: dict[str, Any] = {
        **values,
        "accept_hours": kind.accept_hours if kind else clock.ACCEPT_HOURS["一般"],
        "handle_hours": hours or (kind.handle_hours if kind else 40.0),
        "clock": kind.clock if kind else "work",
    }
    event, new = open_matter(ctx, Event, kind="event", key=key, reason=reason[:300], **own)
    if new:
        event.accept_due = clock.limit(calendar(), ctx.now, event.accept_hours, kind_of(event)).at
        retime(event, ctx)
        ctx.save(event)
    return event, new


_DOORS: Final = {"citizen": "市民", "grid": "网格员", "staff": "工作人员", "12345": "12345 热线", "camera": "视频识别"}


def _file(ctx: Context, data: NewReport, spot: Spot, event: Event, at: datetime, *, joined: bool) -> Report:
    for photo in data.photos:
        if not path_of(photo.sha256).exists():
            raise Problem(
                "no_photo", f"照片「{photo.name}」没有上传成功", field="photos", remedy="请重新选择照片后再提交"
            )
    filed = Report(
        door=data.door,
        external_id=data.external_id,
        event=event,
        region=spot.region,
        reporter=None if data.anonymous else person_acting(ctx),
        secret=data.secret,
        contact="" if data.anonymous else data.contact,
        text=data.text,
        photos=[photo.model_dump() for photo in data.photos],
        address=data.address,
        geometry=point(*spot.lon_lat) if spot.lon_lat else None,
        crs=data.crs or "",
        doubts=[*doubts(data.photos, spot.lon_lat, at)],
        at=at,
        joined=joined,
        origin=event.origin,
    )
    ctx.save(filed)
    if joined:
        Event.objects.filter(pk=event.pk).update(report_count=F("report_count") + 1)
        event.refresh_from_db()
        note_step(ctx, event, before=event.state, reason=f"又有{_DOORS[data.door]}上报，已并入", report=str(filed.pk))
    if filed.reporter is not None:
        notify(
            ctx,
            filed.reporter,
            f"已收到您的上报，编号 {event.number}" + ("，已有人报过，一并办理" if joined else ""),
            about=filed,
        )
    return filed


def _told(filed: Report, event: Event, *, new: bool, sure: bool, similar: list[Similar]) -> Reported:
    return Reported(
        report=filed.pk,
        event=event.pk,
        number=event.number,
        title=event.title,
        state=event.state,
        new=new,
        joined=filed.joined,
        sure=sure,
        unit=event.unit.name if event.unit else "",
        due=event.due,
        similar=similar,
    )
