"""Picture models report things: sure ones open an event, unsure ones ask a person, one too often wrong is shut off."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned, MatterClosed, MatterOpened
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.models import Detection, Event, EventType, PictureModel, Report
from yongzhou.systems.governance.grid_governance.operations.checking import finish
from yongzhou.systems.governance.grid_governance.operations.common import centres, freeze, not_now
from yongzhou.systems.governance.grid_governance.operations.intake import report
from yongzhou.systems.governance.grid_governance.operations.recognise import NewReport
from yongzhou.systems.governance.grid_governance.photos import Photo

ENOUGH: Final = 10  # judged detections before a rate means anything


class NewDetection(BaseModel):
    """One thing seen. A number of the camera's makes it idempotent."""

    number: str = Field(title="识别编号", min_length=4, max_length=80)
    model: str = Field(title="模型编码", max_length=40)
    version: str = Field(title="版本", max_length=20)
    camera: str = Field(title="摄像头", max_length=60)
    at: datetime = Field(title="时间")
    confidence: float = Field(title="把握", ge=0, le=1)
    lon: float = Field(title="经度")
    lat: float = Field(title="纬度")
    address: str = Field(default="", title="位置描述", max_length=120)
    photo: Photo | None = Field(default=None, title="截图")


class Judge(BaseModel):
    """What a person says of it."""

    detection: UUID = Field(title="识别")
    right: bool = Field(title="属实")


class DetectionState(BaseModel):
    """A detection, its event, and whether a person still has to confirm it."""

    detection: UUID
    event: UUID | None
    asks: bool
    model_state: str


@operation(
    "grid_governance.detect", title="视频识别上报", on=Detection, action="detect", emits=[MatterOpened, MatterAssigned]
)
def detect(ctx: Context, data: NewDetection) -> DetectionState:
    """Take a detection: joined with what is known there; below the model's threshold its event waits for a person."""
    model = PictureModel.objects.filter(code=data.model, version=data.version).first()
    if model is None:
        raise Problem("no_model", f"没有登记 {data.model} {data.version}", field="model", remedy="先登记模型和版本")
    known = Report.objects.filter(door="camera", external_id=data.number).first()
    if known is not None and (old := Detection.objects.filter(event=known.event, model=model).first()):
        return DetectionState(detection=old.pk, event=old.event_id, asks=False, model_state=model.state)
    if model.state == "off":
        raise not_now(f"{model} 误报率过高，已停用", "换新版本后再接入")
    kind = EventType.objects.filter(code=model.type_code).first()
    if kind is None:
        raise Problem(
            "no_type",
            f"{model}的事件编码 {model.type_code} 不在事件库中",
            field="model",
            remedy="请先在识别模型里改成事件库中的编码",
        )
    sure = data.confidence >= model.threshold
    given = NewReport(
        door="camera",
        external_id=data.number,
        text=f"{kind.name}（{model}识别，把握 {data.confidence:.0%}）",
        type=kind.code,
        address=data.address,
        lon=data.lon,
        lat=data.lat,
        crs="CGCS2000",
        photos=[data.photo] if data.photo else [],
        anonymous=True,
        hold=not sure,
    )
    filed = report.function(ctx, given)
    row = Detection(model=model, camera=data.camera, at=data.at, confidence=data.confidence, event_id=filed.event)
    row.region = Event.objects.values_list("region", flat=True).get(pk=filed.event)
    ctx.save(row)
    Report.objects.filter(pk=filed.report).update(confidence=data.confidence)
    return DetectionState(detection=row.pk, event=row.event_id, asks=not sure, model_state=model.state)


@operation("grid_governance.judge_detection", title="核实识别", on=Detection, action="detect", emits=[MatterClosed])
def judge_detection(ctx: Context, data: Judge) -> DetectionState:
    """Say whether it was so; a false one closes its event, and above the limit the model is shut off."""
    row = ctx.get(Detection, data.detection)
    if row.judged_at is not None:
        raise not_now("已经核实过")
    row.judged_at, row.right = ctx.now, data.right
    ctx.save(row)
    model = PictureModel.objects.select_for_update().get(pk=row.model_id)
    model.judged += 1
    model.wrong += not data.right
    if model.judged >= ENOUGH and model.wrong / model.judged > model.false_limit and model.state == "on":
        model.state = "off"
        for unit in centres("4311"):
            notify(ctx, unit, f"{model} 误报 {model.wrong}/{model.judged}，已自动停用", about=model)
    ctx.save(model)
    event = Event.objects.select_for_update(of=("self",)).filter(pk=row.event_id).first() if row.event_id else None
    if event is not None and not data.right and event.state in ("reported", "accepted") and event.report_count == 1:
        event.refresh_from_db()
        freeze(event, ctx)
        finish(ctx, event, "识别误报，不予办理")
    elif event is not None:
        note_step(ctx, event, before=event.state, reason=f"人工核实：{'属实' if data.right else '误报'}")
    return DetectionState(detection=row.pk, event=row.event_id, asks=False, model_state=model.state)
