"""Rights by another's name: a citizen's proxy (代办) and a machine's account."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Day, Flag, Link, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.people.models.parties import Person, Role, Unit


class Delegation(Record):
    """A person lets another do named matters of his own for him, for a time; either ends it at once."""

    principal = Link("委托人", Person, models.CASCADE)
    agent = Link("代办人", Person, models.CASCADE)
    matters = Text("委托事项", max=40, sample="events")  # a code of cities/<city>/delegable.csv
    valid_from = Day("起始日期")
    valid_to = Day("截止日期")  # the first day on which it no longer holds
    ended_at = When("终止时间", required=False)
    ended_by = Text("终止人", max=80, required=False, grade=2, personal="name", sample="")

    class House:
        title = "代办委托"
        grade = 2
        region = "principal__region"
        department = "principal__unit"
        person = "principal"
        list = ("principal", "agent", "matters", "valid_from", "valid_to", "ended_at")
        about = "市民委托他人代办自己的事：事项、期限写明，双方可见，随时终止"


class ServiceAccount(Record):
    """A machine that uses the API: it holds one role within one scope and signs with its own name."""

    code = Text("账号编码", max=40, unique=True, sample="dispatch-screen")
    name = Text("账号名称", max=60, sample="调度大屏")
    purpose = Text("用途", max=200, sample="值班大厅大屏读取水情")
    unit = Link("所属单位", Unit)
    responsible = Link("责任人", Person)
    role = Link("角色", Role)
    region = Region("地区范围", required=False)
    reach = Link("部门范围", Unit, required=False)
    closed = Flag("已停用")

    class House:
        title = "服务账号"
        region = "unit__region"
        department = "unit"
        list = ("code", "name", "unit", "responsible", "role", "closed")
        search = ("code", "name")
        filters = ("unit",)
        about = "程序用的账号：一个角色、一个范围、若干把有期限的密钥"

    def __str__(self) -> str:
        return str(self.name)
