"""People and bodies, the tree of units, and the rows that give rights."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Day, Flag, Link, Region, Text
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record

declare(
    "unit kind",
    {
        "city": "市级部门",
        "county": "县区部门",
        "town": "乡镇街道",
        "village": "村社区",
        "centre": "中心",
        "company": "企业",
        "other": "其他",
    },
)
declare("party kind", {"person": "自然人", "organisation": "组织"})


class Unit(Record):
    """A body of the administration; units form a tree."""

    code = Text("单位编码", max=24, unique=True, sample="4311-SL")
    name = Text("单位名称", max=80, sample="市水利局")
    parent = Link("上级单位", "self", required=False)
    region = Region()
    kind = Coded("单位类别", "unit kind", sample="city")
    calendar = Text("工作日历", max=40, required=False, sample="")

    class House:
        title = "单位"
        region = "region"
        department = "id"
        api = "write"
        list = ("code", "name", "kind", "region", "parent")
        search = ("name", "code")
        sort = ("code", "name")
        filters = ("kind",)
        about = "谁负责：部门、乡镇、中心，按层级排列"

    def __str__(self) -> str:
        return str(self.name)


class Party(Record):
    """Somebody whom the city deals with."""

    kind = Coded("主体类别", "party kind", sample="person")
    name = Text("姓名或名称", max=80, grade=2, personal="name", sample="周小梅")
    region = Region(required=False)

    class House:
        title = "主体"
        grade = 2
        region = "region"
        list = ("name", "kind", "region")
        search = ("name",)

    def __str__(self) -> str:
        return str(self.name)


class Person(Party):
    """A natural person; ID number and phone are sealed."""

    id_number = Personal("身份证号", kind="id", grade=3, sample="431103199001011239")
    phone = Personal("手机号", kind="phone", grade=3, sample="19900000001")
    unit = Link("所在单位", Unit, required=False)
    job = Text("职务", max=40, required=False, sample="网格员")

    class House:
        title = "人员"
        department = "unit"
        person = "id"
        list = ("name", "unit", "job", "region")
        filters = ("unit",)
        about = "系统里的自然人：工作人员与办过事的市民"


class Role(Record):
    """A named set of rights; roles are rows, operations never name them."""

    code = Text("角色编码", max=40, unique=True, sample="grid_worker")
    name = Text("角色名称", max=40, sample="网格员")
    two_factors = Flag("须用动态口令")

    class House:
        title = "角色"
        list = ("code", "name", "two_factors")
        search = ("code", "name")

    def __str__(self) -> str:
        return str(self.name)


class RoleGrant(Record):
    """One line of a role: action on resources, up to a grade."""

    role = Link("角色", Role, models.CASCADE)
    action = Text("动作", max=60, sample="read")
    resource = Text("资源", max=100, sample="grid_governance.*")
    max_grade = Count("最高等级", low=1, high=5, sample=2)
    purpose = Text("目的", max=80, required=False, sample="")

    class House:
        title = "角色权限"
        list = ("role", "action", "resource", "max_grade", "purpose")
        filters = ("role", "action")


class Appointment(Record):
    """A person holds a role within a region, a unit's subtree, or for his own rows only."""

    person = Link("人员", Person, models.CASCADE)
    role = Link("角色", Role, models.CASCADE)
    region = Region("地区范围", required=False)
    unit = Link("部门范围", Unit, required=False)
    own = Flag("只限本人")
    valid_from = Day("生效日期", required=False)
    valid_to = Day("失效日期", required=False)

    class House:
        title = "任职"
        region = "person__region"  # whose appointment it is, not where it reaches: who is in charge of him may end it
        department = "person__unit"
        list = ("person", "role", "region", "unit", "own", "valid_from", "valid_to")
        filters = ("role",)
        about = "谁在哪里担任什么角色；撤销后 5 秒内失效"


class LoginManager(BaseUserManager["Login"]):
    """Looks a login up by its name."""


class Login(AbstractBaseUser):
    """A way to sign in as a person."""

    name = models.CharField("登录名", max_length=60, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="logins")
    is_active = models.BooleanField(default=True)
    temporary_until = models.DateTimeField(null=True)  # a password that somebody else has seen; to be changed at once
    tokens_from = models.DateTimeField(null=True)  # bearer tokens made before are void

    USERNAME_FIELD = "name"

    objects = LoginManager()

    class Meta:
        db_table = "people_login"

    def __str__(self) -> str:
        return str(self.name)
