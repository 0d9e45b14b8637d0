"""One message to one person or to a unit."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Link, Ref, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Person, Unit


class Message(Record):
    """A message with what it is about; a unit's message is everybody's in that unit."""

    person = Link("收信人", Person, models.CASCADE, required=False)
    unit = Link("收信单位", Unit, models.CASCADE, required=False)
    region = Region(required=False)
    text = Text("内容", max=300, sample="白水站水位超警 0.62 m，请在 30 分钟内签收")
    at = When("时间")
    read_at = When("已读时间", required=False)
    resource = Text("关于", max=80, required=False)
    record = Ref("关于的记录", "")

    class House:
        title = "消息"
        person = "person"
        department = "unit"
        list = ("text", "at", "read_at")
        history = False
        about = "发给您和您单位的提醒"

    class Meta:
        indexes = [
            models.Index(fields=["person", "read_at", "at"], name="message_person"),
            models.Index(fields=["unit", "read_at", "at"], name="message_unit"),
        ]

    def __str__(self) -> str:
        return str(self.text)
