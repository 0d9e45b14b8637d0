"""What iot_sensing does: register and retire things, judge alarms, mend and replay what could not be read."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Max
from pydantic import BaseModel, Field, field_validator, model_validator

from yongzhou.core.bus import inbox
from yongzhou.core.bus import quarantine as bus_quarantine
from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.data.geometry import point
from yongzhou.core.data.record import Record
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.engines.telemetry.models import Alarm
from yongzhou.systems.foundation.iot_sensing.events import (
    AlarmJudged,
    OutageBegun,
    OutageEnded,
    ThingRecovered,
    ThingSilenced,
)
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling, DeviceCredential
from yongzhou.systems.foundation.iot_sensing.watch import open_order, settle, update_health

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # an MQTT topic level that is also one token of a NATS subject


def _inside(ctx: Context, model: type[Record], row: Record) -> None:
    """What somebody writes must lie where he may write."""
    if not model.visible_to(ctx.actor, ctx.action).filter(pk=row.pk).exists():
        raise Problem("forbidden", "这条记录会落在您的授权范围之外", status=403, remedy="请检查所在地区与权属单位")


def _person(ctx: Context) -> UUID | None:
    known = ctx.actor.kind == "person" and Person.objects.filter(pk=ctx.actor.id).exists()
    return ctx.actor.id if known else None


class RegisterThing(BaseModel):
    """A thing as it stands in the field."""

    scheme: str = Field(title="编码体系", min_length=1, max_length=24)
    code: str = Field(title="设备编码", min_length=1, max_length=40)
    name: str = Field(title="名称", min_length=1, max_length=80)
    region: str = Field(title="所在地区", pattern=r"^\d{2,15}$")
    owner: UUID | None = Field(default=None, title="权属单位")
    parent: UUID | None = Field(default=None, title="上级设备")
    lon: float | None = Field(default=None, title="经度", ge=73, le=136)
    lat: float | None = Field(default=None, title="纬度", ge=3, le=54)

    @model_validator(mode="after")
    def _whole_place(self) -> RegisterThing:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("经度和纬度要么都填，要么都不填")
        return self


class Registered(BaseModel):
    """The thing; `new` if this call made it."""

    thing: UUID
    new: bool


@operation("iot_sensing.register_thing", title="登记设备", on=Thing, action="register")
def register_thing(ctx: Context, data: RegisterThing) -> Registered:
    """Register a thing; the same scheme and code twice is the same thing."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"thing:{data.scheme}:{data.code}"])
    known = Thing.objects.filter(scheme=data.scheme, code=data.code).first()
    if known is not None:
        _inside(ctx, Thing, known)
        return Registered(thing=known.pk, new=False)
    if data.owner is not None and not Unit.objects.filter(pk=data.owner).exists():
        raise Problem("invalid", "没有这个权属单位", field="owner", remedy="请从单位列表中选择")
    thing = Thing(
        scheme=data.scheme,
        code=data.code,
        name=data.name,
        region=data.region,
        owner_id=data.owner,
        parent=ctx.get(Thing, data.parent, lock=False, action="read") if data.parent else None,
        geometry=point(data.lon, data.lat) if data.lon is not None and data.lat is not None else None,
        lifecycle="installed",
    )
    ctx.save(thing)
    _inside(ctx, Thing, thing)
    return Registered(thing=thing.pk, new=True)


class RegisterDatastream(BaseModel):
    """One observed property of a thing and its address on the wire."""

    thing: UUID = Field(title="设备")
    door: Literal["sl651", "mqtt", "sta"] = Field(title="接入方式")
    station: str = Field(title="接入地址", min_length=1, max_length=64)
    element: str = Field(title="要素标识", min_length=1, max_length=40)
    observed: str = Field(title="观测量", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str = Field(title="名称", min_length=1, max_length=40)
    unit: str = Field(title="单位（UCUM）", min_length=1, max_length=20)
    digits: int = Field(default=2, title="小数位", ge=0, le=6)
    period_s: int = Field(default=300, title="应报周期（秒）", ge=1, le=86_400)
    low: float | None = Field(default=None, title="可信下限")
    high: float | None = Field(default=None, title="可信上限")
    max_rate: float | None = Field(default=None, title="最大变率（每小时）", gt=0)

    @field_validator("station", "element")
    @classmethod
    def _no_control(cls, value: str) -> str:
        if value != value.strip() or "\n" in value:
            raise ValueError("前后不能有空格，中间不能换行")
        return value

    @model_validator(mode="after")
    def _addressable(self) -> RegisterDatastream:
        if self.door == "mqtt":
            for label, value in (("接入地址", self.station), ("要素标识", self.element)):
                if not _NAME.fullmatch(value):
                    raise ValueError(
                        f"MQTT 的{label}「{value}」只能用字母、数字、连字符、下划线：空格会使客户端掉线，"
                        "「*」「>」「+」「#」「.」「/」在消息总线上另有含义"
                    )
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("可信下限应小于可信上限")
        return self


class Streamed(BaseModel):
    """The datastream with its number; `new` if this call made it."""

    datastream: UUID
    number: int
    new: bool


@operation("iot_sensing.register_datastream", title="登记数据流", on=Thing, action="register")
def register_datastream(ctx: Context, data: RegisterDatastream) -> Streamed:
    """Register a datastream; frames that waited for this address in quarantine are replayed within half a minute."""
    thing = ctx.get(Thing, data.thing)
    if thing.lifecycle == "retired":
        raise Problem("retired", "这台设备已退役", status=409, remedy="请登记新设备")
    with connection.cursor() as cursor:  # numbers are given one after the other
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('things.datastream.number', 0))")
    known = Datastream.objects.filter(door=data.door, station=data.station, element=data.element).first()
    if known is not None:
        if known.thing_id != thing.pk:
            raise Problem(
                "taken",
                f"地址 {data.station} 的要素 {data.element} 已属于另一台设备",
                status=409,
                field="station",
                remedy="请核对接入地址，或先停用原来的数据流",
            )
        return Streamed(datastream=known.pk, number=known.number, new=False)
    last = Datastream.objects.aggregate(last=Max("number"))["last"] or 0
    stream = Datastream(number=last + 1, **data.model_dump(exclude={"thing"}), thing=thing, origin=thing.origin)
    ctx.save(stream)
    return Streamed(datastream=stream.pk, number=stream.number, new=True)


class RetireThing(BaseModel):
    """A thing that leaves the field."""

    thing: UUID = Field(title="设备")
    reason: str = Field(title="原因", min_length=2, max_length=200)


class Retired(BaseModel):
    """The retired thing and how many datastreams and credentials ended with it."""

    thing: UUID
    datastreams: int
    credentials: int


@operation("iot_sensing.retire_thing", title="设备退役", on=Thing, action="retire")
def retire_thing(ctx: Context, data: RetireThing) -> Retired:
    """Retire a thing: its datastreams end, its keys are revoked, its history stays."""
    thing = ctx.get(Thing, data.thing)
    if thing.lifecycle == "retired":
        raise Problem("not_now", "这台设备已经退役", status=409, remedy="请刷新")
    streams = list(Datastream.objects.filter(thing=thing, active=True))
    keys = list(DeviceCredential.objects.filter(thing=thing, revoked_at__isnull=True))
    for stream in streams:
        stream.active = False
    for key in keys:
        key.revoked_at = ctx.now
    thing.lifecycle, thing.health, thing.health_cause = "retired", "unknown", data.reason
    ctx.save(thing, *streams, *keys)
    return Retired(thing=thing.pk, datastreams=len(streams), credentials=len(keys))


class IssueCredential(BaseModel):
    """For which thing, by which name it will log in."""

    thing: UUID = Field(title="设备")
    name: str = Field(title="接入名", pattern=r"^[A-Za-z0-9_-]{3,64}$")


class Issued(BaseModel):
    """The secret, shown this once."""

    name: str
    secret: str


@operation("iot_sensing.issue_credential", title="发放设备密钥", on=Thing, action="issue_key")
def issue_credential(ctx: Context, data: IssueCredential) -> Issued:
    """Give a thing a key of 256 bits; only its hash is kept, an earlier key of the thing is revoked."""
    thing = ctx.get(Thing, data.thing)
    for old in DeviceCredential.objects.filter(thing=thing, revoked_at__isnull=True):
        old.revoked_at = ctx.now
        ctx.save(old)
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()  # of a random key: nothing to guess, no slow hash needed
    ctx.save(DeviceCredential(thing=thing, name=data.name, secret_hash=digest, origin=thing.origin))
    return Issued(name=data.name, secret=secret)


class Acknowledge(BaseModel):
    """Somebody has seen the alarm."""

    alarm: UUID = Field(title="告警")


class Handled(BaseModel):
    """What is noted of an alarm; `new` if this call changed it."""

    handling: UUID
    new: bool


def _handling(ctx: Context, alarm: Alarm) -> AlarmHandling:
    known = AlarmHandling.objects.filter(alarm=alarm).first()
    return known or AlarmHandling(alarm=alarm, region=alarm.region, origin=alarm.origin)


@operation("iot_sensing.acknowledge_alarm", title="确认告警", on=Alarm, action="acknowledge")
def acknowledge_alarm(ctx: Context, data: Acknowledge) -> Handled:
    """Note who saw an alarm first."""
    handling = _handling(ctx, ctx.get(Alarm, data.alarm))
    if handling.acknowledged_at is not None:
        return Handled(handling=handling.pk, new=False)
    handling.acknowledged_at, handling.acknowledged_by_id = ctx.now, _person(ctx)
    ctx.save(handling)
    return Handled(handling=handling.pk, new=True)


class JudgeAlarm(BaseModel):
    """Was it true?"""

    alarm: UUID = Field(title="告警")
    verdict: Literal["true", "false"] = Field(title="判定")
    reason: str = Field(title="理由", min_length=2, max_length=200)
    repair: bool = Field(default=False, title="误报转维修单")


@operation("iot_sensing.judge_alarm", title="判定告警", on=Alarm, action="judge", emits=[AlarmJudged])
def judge_alarm(ctx: Context, data: JudgeAlarm) -> Handled:
    """Say whether an alarm was true; a false one may become a repair order. A later judgement replaces the earlier."""
    alarm = ctx.get(Alarm, data.alarm)
    handling = _handling(ctx, alarm)
    if (handling.verdict, handling.reason) == (data.verdict, data.reason):
        return Handled(handling=handling.pk, new=False)
    handling.verdict, handling.reason, handling.judged_at, handling.judged_by_id = (
        data.verdict,
        data.reason,
        ctx.now,
        _person(ctx),
    )
    if handling.acknowledged_at is None:
        handling.acknowledged_at, handling.acknowledged_by_id = ctx.now, _person(ctx)
    if data.verdict == "false" and data.repair:
        open_order(ctx, alarm.thing, "false_alarm", f"{alarm.thing.name}误报：{alarm.rule.name}", detail=data.reason)
        handling.repair = True
    ctx.save(handling)
    ctx.emit(
        AlarmJudged(
            alarm=alarm.pk,
            thing=alarm.thing_id,
            verdict=data.verdict,
            region=alarm.region or alarm.thing.region,
            origin=alarm.origin,
        )
    )
    return Handled(handling=handling.pk, new=True)


class Nothing(BaseModel):
    """No input."""


class HealthSettled(BaseModel):
    """What changed."""

    changed: int
    silenced: int
    recovered: int
    outages: int
    orders: int


@operation(
    "iot_sensing.watch_health",
    title="巡视设备健康",
    on=Thing,
    action="watch",
    emits=[ThingSilenced, ThingRecovered, OutageBegun, OutageEnded],
)
def watch_health(ctx: Context, data: Nothing) -> HealthSettled:
    """Judge the health of all things and settle silences, outages and orders."""
    changed = update_health(ctx.now)
    done = settle(ctx)
    return HealthSettled(
        changed=len(changed), silenced=done.silenced, recovered=done.recovered, outages=done.outages, orders=done.orders
    )


class ReplayQuarantined(BaseModel):
    """One item put aside, as it came or mended."""

    item: UUID = Field(title="隔离件")
    hex: str | None = Field(default=None, title="改正后的原文（十六进制）", max_length=1_400_000)

    @field_validator("hex")
    @classmethod
    def _bytes(cls, value: str | None) -> str | None:
        if value is not None:
            digits = "".join(value.split())
            wrong = next((sign for sign in digits if sign not in "0123456789abcdefABCDEF"), None)
            if wrong is not None:
                raise ValueError(f"第 {digits.index(wrong) + 1} 个字符「{wrong}」不是十六进制数字")
            if not digits or len(digits) % 2:
                raise ValueError(f"共 {len(digits)} 个十六进制数字，应为偶数个")
            return digits
        return value


class Replayed(BaseModel):
    """Whether it went in; else why not, and the mended text is kept for the next try."""

    replayed: bool
    why: str = ""


@operation("iot_sensing.replay_quarantined", title="修正并重放", on=None, action="replay")
def replay_quarantined(ctx: Context, data: ReplayQuarantined) -> Replayed:
    """Take one item in again by the way of fresh input."""
    payload = bytes.fromhex(data.hex) if data.hex is not None else None
    try:
        bus_quarantine.mend_and_replay(data.item, payload, by=ctx.actor.id)
    except Quarantine.DoesNotExist as error:
        raise not_found("隔离件") from error
    except LookupError as error:
        raise Problem("no_handler", str(error.args[0]), status=409, remedy="这类原文不能重放，只能丢弃") from error
    except bus_quarantine.ReplayError as error:
        return Replayed(replayed=False, why=str(error))
    ctx.notes["item"] = str(data.item)
    return Replayed(replayed=True)


class DropQuarantined(BaseModel):
    """One item given up, with the reason."""

    item: UUID = Field(title="隔离件")
    note: str = Field(title="丢弃原因", min_length=2, max_length=200)


class Dropped(BaseModel):
    """The item."""

    item: UUID


@operation("iot_sensing.drop_quarantined", title="丢弃隔离件", on=None, action="drop")
def drop_quarantined(ctx: Context, data: DropQuarantined) -> Dropped:
    """Give one item up; it stays on record with the reason."""
    if not Quarantine.objects.filter(pk=data.item, state__in=("open", "mended")).exists():
        raise not_found("待处理的隔离件")
    bus_quarantine.drop(data.item, note=data.note, by=ctx.actor.id)
    ctx.notes["item"] = str(data.item)
    return Dropped(item=data.item)


class Letter(BaseModel):
    """One parked event."""

    letter: UUID = Field(title="死信")


class Answered(BaseModel):
    """Whether it is done now; else the new error."""

    done: bool
    why: str = ""


@operation("iot_sensing.retry_letter", title="补办死信", on=None, action="retry")
def retry_letter(ctx: Context, data: Letter) -> Answered:
    """Handle one parked event again."""
    try:
        letter = inbox.retry_parked(data.letter)
    except DeadLetter.DoesNotExist as error:
        raise not_found("搁置的死信") from error
    except LookupError as error:
        raise Problem("no_handler", str(error.args[0]), status=409, remedy="请放弃这条死信") from error
    done = letter.state == DeadLetter.State.DONE
    return Answered(done=done, why="" if done else letter.error.strip().splitlines()[-1][:200])


@operation("iot_sensing.drop_letter", title="放弃死信", on=None, action="drop")
def drop_letter(ctx: Context, data: Letter) -> Answered:
    """Give up one parked event; its row stays."""
    inbox.drop_parked(data.letter)
    return Answered(done=True)
