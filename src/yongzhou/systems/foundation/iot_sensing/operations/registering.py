"""Things and their datastreams as they come into the field, change keys and leave it."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final, Literal
from uuid import UUID

from django.db import connection
from django.db.models import Max
from pydantic import BaseModel, Field, field_validator, model_validator

from yongzhou.core.data.geometry import point
from yongzhou.core.data.record import Record
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Unit
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.systems.foundation.iot_sensing.models import DeviceCredential

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # an MQTT topic level that is also one token of a NATS subject


def inside(ctx: Context, model: type[Record], row: Record) -> None:
    """What somebody writes must lie where he may write."""
    if not model.visible_to(ctx.actor, ctx.action).filter(pk=row.pk).exists():
        raise Problem("forbidden", "这条记录会落在您的授权范围之外", status=403, remedy="请检查所在地区与权属单位")


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
        inside(ctx, Thing, known)
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
    inside(ctx, Thing, thing)
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
