"""Devices in batches: keys before they leave the store room, a label to scan where they are installed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.things.models import Thing
from yongzhou.systems.foundation.iot_sensing.models import DeviceCredential, DeviceModel, ProvisionSlip
from yongzhou.systems.foundation.iot_sensing.operations.registering import (
    RegisterDatastream,
    RegisterThing,
    inside,
    register_datastream,
    register_thing,
)

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without I, O, 0, 1: people read labels aloud
CODE_LENGTH: Final = 12  # 60 bits
BATCH_MAX: Final = 100
SCHEME: Final = "provisioned"


class ProvisionDevices(BaseModel):
    """How many devices of which model go where."""

    model: UUID = Field(title="型号")
    count: int = Field(title="台数", ge=1, le=BATCH_MAX)
    region: str = Field(title="发往地区", pattern=r"^\d{4,15}$")
    owner: UUID | None = Field(default=None, title="权属单位")


class Label(BaseModel):
    """One device: what its label says, and its secret, shown this once."""

    code: str
    name: str
    secret: str


class Batch(BaseModel):
    """The batch with its labels."""

    batch: str
    labels: list[Label]


@operation("iot_sensing.provision_devices", title="批量发放设备", on=ProvisionSlip, action="provision")
def provision_devices(ctx: Context, data: ProvisionDevices) -> Batch:
    """Give a batch of devices their names, keys and installation codes; only hashes of the keys are kept."""
    model = DeviceModel.objects.filter(pk=data.model).first()
    if model is None:
        raise Problem("invalid", "没有这个型号", field="model", remedy="请先登记设备型号")
    if model.door != "mqtt":
        raise Problem("no_key", "只有 MQTT 型号的设备需要密钥", field="model", remedy="SL 651 测站请直接登记数据流")
    if data.owner is not None and not Unit.objects.filter(pk=data.owner).exists():
        raise Problem("invalid", "没有这个权属单位", field="owner", remedy="请从单位列表中选择")
    batch = f"{ctx.now:%Y%m%d}-{secrets.token_hex(3)}"
    stem = "".join(sign for sign in model.code.lower() if sign.isascii() and sign.isalnum())[:20] or "dev"
    labels: list[Label] = []
    slips: list[ProvisionSlip] = []
    for _ in range(data.count):
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        label = Label(code=code, name=f"{stem}-{secrets.token_hex(5)}", secret=secrets.token_urlsafe(32))
        labels.append(label)
        slips.append(
            ProvisionSlip(
                model=model,
                batch=batch,
                code=code,
                name=label.name,
                secret_hash=hashlib.sha256(label.secret.encode()).hexdigest(),
                region=data.region,
                owner_id=data.owner,
                origin=model.origin,
            )
        )
    ctx.save(*slips)
    reached = ProvisionSlip.visible_to(ctx.actor, ctx.action).filter(batch=batch).count()
    if reached != len(slips):
        raise Problem("forbidden", "这批设备会落在您的授权范围之外", status=403, remedy="请检查发往地区与权属单位")
    return Batch(batch=batch, labels=labels)


class ClaimDevice(BaseModel):
    """What the installer says on site."""

    code: str = Field(title="安装码", min_length=1, max_length=40)
    name: str = Field(title="设备名称", min_length=2, max_length=80)
    lon: float = Field(title="经度", ge=73, le=136)
    lat: float = Field(title="纬度", ge=3, le=54)
    photos: list[dict[str, object]] = Field(default_factory=list, title="现场照片", max_length=9)

    @field_validator("code")
    @classmethod
    def _as_printed(cls, value: str) -> str:
        code = "".join(value.split()).replace("-", "").upper()
        if len(code) != CODE_LENGTH or any(sign not in ALPHABET for sign in code):
            raise ValueError(f"安装码是标签上的 {CODE_LENGTH} 位字母和数字（没有 I、O、0、1）")
        return code


class Claimed(BaseModel):
    """The installed thing."""

    thing: UUID
    datastreams: int


@operation("iot_sensing.claim_device", title="现场登记设备", on=Thing, action="register")
def claim_device(ctx: Context, data: ClaimDevice) -> Claimed:
    """Install a provisioned device: its thing, key and datastreams begin; it is online with its first message."""
    slip = ProvisionSlip.objects.select_for_update().select_related("model").filter(code=data.code).first()
    if slip is None:
        raise not_found("这个安装码")
    if slip.claimed_at is not None:
        raise Problem("taken", "这台设备已经登记过", status=409, field="code", remedy="请核对标签；换装旧设备请先退役")
    made = register_thing.function(
        ctx,
        RegisterThing(
            scheme=SCHEME,
            code=slip.name[:40],
            name=data.name,
            region=slip.region,
            owner=slip.owner_id,
            lon=data.lon,
            lat=data.lat,
        ),
    )
    thing = ctx.get(Thing, made.thing)
    inside(ctx, Thing, thing)
    ctx.save(DeviceCredential(thing=thing, name=slip.name, secret_hash=slip.secret_hash, origin=slip.origin))
    streams = 0
    for observed in slip.model.observes or []:
        register_datastream.function(
            ctx,
            RegisterDatastream(
                thing=thing.pk,
                door="mqtt",
                station=slip.name,
                element=observed["element"],
                observed=observed["observed"],
                name=observed.get("name") or observed["observed"],
                unit=observed["unit"],
                period_s=slip.model.period_s,
                low=observed.get("low"),
                high=observed.get("high"),
            ),
        )
        streams += 1
    person = ctx.actor.id if Person.objects.filter(pk=ctx.actor.id).exists() else None
    slip.thing, slip.claimed_at, slip.claimed_by_id, slip.photos = thing, ctx.now, person, data.photos
    ctx.save(slip)
    return Claimed(thing=thing.pk, datastreams=streams)
