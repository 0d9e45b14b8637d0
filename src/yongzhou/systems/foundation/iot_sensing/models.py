"""Models of devices, credentials, labels, commands, silences and outages, repair orders, and judged alarms."""

from __future__ import annotations

from typing import Final

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Attachments, Coded, Count, Facts, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.matters.models import Matter
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.things.models import Thing
from yongzhou.engines.telemetry.models import Alarm

CAUSES: Final = {
    "silence": "失联",
    "outage": "成片失联",
    "low_battery": "电量低",
    "drift": "漂移",
    "false_alarm": "误报",
}
declare("maintenance cause", CAUSES)
COMMAND_STATES: Final = {
    "queued": "待发",
    "sent": "已发",
    "received": "已收",
    "done": "已执行",
    "failed": "失败",
    "expired": "超时",
    "withdrawn": "已撤回",
}
ACTIONS: Final = {
    "read": "读取当前值",
    "set_period": "设置上报周期",
    "restart": "重启",
    "gate": "启闭闸门",
    "pump": "启停水泵",
}
declare("command state", COMMAND_STATES)
declare("command action", ACTIONS)
declare("alarm verdict", {"true": "属实", "false": "误报"})


class DeviceModel(Record):
    """A model of device: how it speaks, what it observes, how often, what its battery holds."""

    code = Text("型号编码", max=40, unique=True, sample="RTU-651A")
    name = Text("型号名称", max=80, sample="遥测终端 651A")
    maker = Text("生产单位", max=80, required=False, sample="某厂")
    door = Coded("接入方式", "door", sample="sl651")
    observes = Facts("观测要素", sample=[{"element": "39", "observed": "level", "unit": "m"}])
    period_s = Count("上报周期", unit="s", default=300, low=1, sample=300)
    battery_wh = Number("电池容量", unit="W.h", digits=1, low=0, required=False, null=True, sample=84.0)

    class House:
        title = "设备型号"
        region = None
        list = ("code", "name", "maker", "door", "period_s", "battery_wh")
        search = ("code", "name", "maker")
        filters = ("door",)
        api = "write"
        about = "同型号的设备共用一份说明：报什么、多久报、量程多少"

    def __str__(self) -> str:
        return str(self.name)


class DeviceCredential(Record):
    """How a device proves itself; only the hash of the secret is kept, the secret is shown once."""

    thing = Link("设备", Thing, models.CASCADE)
    name = Text("接入名", max=64, unique=True, sample="dev-99431107")
    secret_hash = Text("密钥摘要", max=128, grade=4, technical=True)
    revoked_at = When("吊销时间", required=False)

    class House:
        title = "设备凭据"
        grade = 2
        region = "thing__region"
        department = "thing__owner"
        list = ("thing", "name", "created_at", "revoked_at")
        about = "设备登录用的密钥；只存摘要，发放时显示一次"


class ProvisionSlip(Record):
    """A device that has its key and waits in the store room until somebody installs it and scans its label."""

    model = Link("型号", DeviceModel)
    batch = Text("批次", max=20, sample="20260618-01")
    code = Text("安装码", max=16, unique=True, sample="K7QM2X9TR4VA")
    name = Text("接入名", max=64, unique=True, sample="rtu651a-k7qm2x9t")
    secret_hash = Text("密钥摘要", max=128, grade=4, technical=True)
    region = Region("发往地区")
    owner = Link("权属单位", Unit, required=False)
    thing = Link("装成的设备", Thing, models.SET_NULL, required=False)
    claimed_at = When("安装时间", required=False)
    claimed_by = Link("安装人", Person, required=False)
    photos = Attachments("现场照片")

    class House:
        title = "待装设备"
        region = "region"
        department = "owner"
        list = ("batch", "name", "model", "region", "claimed_at", "thing")
        search = ("batch", "name")
        sort = ("batch",)
        about = "已发密钥的设备，装好后在现场扫码登记"

    def __str__(self) -> str:
        return str(self.name)


class Outage(Record):
    """One cause that silenced one thing or a whole gateway."""

    thing = Link("根因设备", Thing, models.CASCADE)
    region = Region()
    since = When("开始时间")
    until = When("恢复时间", required=False)
    things = Count("影响设备", default=1, sample=26)

    class House:
        title = "中断"
        region = "region"
        list = ("thing", "since", "until", "things")
        sort = ("since",)
        share = ("thing", "region", "since", "until", "things")
        about = "一个网关断了是一次中断，不是几百次"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thing"], condition=models.Q(until__isnull=True), name="outage_one_open")
        ]

    def __str__(self) -> str:
        return f"{self.thing.name} 中断"


class Silence(Record):
    """A thing that stopped reporting, until it reports again."""

    thing = Link("设备", Thing, models.CASCADE)
    region = Region()
    since = When("最后一报")
    noticed_at = When("发现时间")
    until = When("恢复时间", required=False)
    outage = Link("所属中断", Outage, models.SET_NULL, required=False)

    class House:
        title = "失联"
        region = "region"
        list = ("thing", "since", "until", "outage")
        sort = ("since",)
        share = ("thing", "region", "since", "until", "outage")
        about = "每台设备每次失联一行：何时最后一报、何时恢复"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["thing"], condition=models.Q(until__isnull=True), name="silence_one_open")
        ]


class MaintenanceOrder(Matter):
    """A device that somebody must look at."""

    cause = Coded("维修原因", "maintenance cause", sample="silence")
    affected = Count("影响设备", default=1)

    class House:
        title = "维修单"
        list = ("title", "cause", "thing", "state", "unit", "due")
        filters = ("state", "cause", "unit")
        share = ("number", "cause", "state", "region", "unit", "opened_at", "done_at", "closed_at", "due")
        about = "失联、电量低、漂移或误报的设备，派给人去修"


class AlarmHandling(Record):
    """What people said of one alarm: seen, true or false, and why."""

    alarm = models.OneToOneField(Alarm, on_delete=models.CASCADE, related_name="+", verbose_name="告警")
    region = Region(required=False)
    acknowledged_at = When("确认时间", required=False)
    acknowledged_by = Link("确认人", Person, required=False)
    verdict = Coded("判定", "alarm verdict", required=False, sample="true")
    reason = Text("理由", max=200, required=False, sample="现场水尺读数 74.6 m")
    judged_at = When("判定时间", required=False)
    judged_by = Link("判定人", Person, required=False)
    repair = Flag("已转维修")

    class House:
        title = "告警处理"
        region = "region"
        list = ("alarm", "acknowledged_at", "verdict", "reason", "judged_at")
        filters = ("verdict",)
        about = "谁确认了告警、判为属实还是误报、理由是什么"


class Command(Record):
    """Something a device is told to do: sent once or not at all, with what the device says of it."""

    thing = Link("设备", Thing, models.CASCADE)
    door = Coded("接入方式", "door", sample="mqtt")
    device = Text("接入地址", max=64, sample="dev-99431107")
    action = Coded("指令", "command action", sample="read")
    parameters = Facts("参数", sample={"seconds": 60})
    reason = Text("理由", max=200, sample="核对读数")
    state = Coded("状态", "command state", default="queued", sample="done")
    expires = When("有效期至")
    asked_by = Link("下令人", Person, required=False)
    agreed_by = Link("复核人", Person, required=False)
    sent_at = When("发出时间", required=False)
    received_at = When("设备收到时间", required=False)
    finished_at = When("了结时间", required=False)
    detail = Text("回执", max=500, required=False, sample="已完成")

    class House:
        title = "设备指令"
        region = "thing__region"
        department = "thing__owner"
        list = ("thing", "action", "state", "created_at", "sent_at", "finished_at")
        sort = ("created_at",)
        filters = ("state", "action", "door")
        about = "发给设备的指令：每条至多执行一次，设备的回执记在这里"

    class Meta:
        indexes = [
            models.Index(
                fields=["expires"],
                condition=models.Q(state__in=("queued", "sent", "received")),
                name="command_unsettled",
            )
        ]

    def __str__(self) -> str:
        return f"{self.thing.name} {ACTIONS.get(self.action, self.action)}"
