"""The event library and the duty list: what there is to fix, and whose it is by which clause."""

from __future__ import annotations

from yongzhou.core.data.fields import Coded, Long, Number, Text
from yongzhou.core.data.record import Record


class EventType(Record):
    """One entry of the event library: what it is, who answers for it, by when, how it is checked."""

    code = Text("编码", max=12, unique=True, sample="020101")
    category = Text("大类", max=40, sample="市政设施")
    sub = Text("小类", max=40, sample="井盖")
    name = Text("细项", max=60, sample="井盖缺失")
    definition = Text("定义", max=300, sample="检查井、雨水箅缺失")
    evidence = Text("取证要求", max=300, sample="现场照片（近景和远景）与井盖类别")
    unit_rule = Text("责任规则", max=120, sample="county:CG;city:CG")
    legal_basis = Text("法律依据", max=120, sample="城市道路管理条例（条款待核）")
    grade = Coded("等级", "event grade", sample="紧急")
    accept_hours = Number("受理签收时限", unit="h", low=0, high=240, sample=0.5)
    handle_hours = Number("办理时限", unit="h", low=0.1, high=2400, sample=4)
    clock = Coded("计时", "event clock", sample="calendar")
    merge_radius_m = Number("归并半径", unit="m", low=1, high=5000, sample=30)
    merge_window_h = Number("归并时窗", unit="h", low=0.1, high=2000, sample=48)
    doors = Text("上报渠道", max=80, sample="camera;grid;citizen;12345;alarm")
    verification = Coded("核查方式", "event verification", sample="photo")

    class House:
        title = "事件库"
        region = None
        list = ("code", "category", "sub", "name", "grade", "handle_hours", "clock", "verification")
        search = ("name", "code", "definition")
        sort = ("code",)
        filters = ("category", "grade", "clock")
        share = ("code", "category", "sub", "name", "grade")
        about = "城市运行精细化事件库：每一类事归谁管、多久办、怎么核查"

    def __str__(self) -> str:
        return str(self.name)


class DutyItem(Record):
    """One line of the duty list (权责清单): an office, what is its own, and the clause that says so."""

    code = Text("清单编号", max=24, unique=True, sample="CG-03")
    office = Text("部门", max=12, db_index=True, sample="CG")
    level = Text("层级", max=8, required=False, sample="county")
    subject = Text("事项", max=80, sample="城市道路井盖、路面维护")
    types = Text("事件编码", max=120, sample="0201;0202")
    clause = Long("依据条款", sample="城市道路管理条例（条款待核）")

    class House:
        title = "权责清单"
        region = None
        list = ("code", "office", "level", "subject", "clause")
        search = ("subject", "clause", "code")
        sort = ("code",)
        filters = ("office",)
        about = "退单必须引用的清单：哪一类事由哪个部门负责、依据哪一条（条款待核）"

    def __str__(self) -> str:
        return f"{self.code} {self.subject}"

    def covers(self, type_code: str) -> bool:
        """Whether a type of the event library falls under this line."""
        return any(type_code.startswith(prefix) for prefix in self.types.split(";") if prefix)
