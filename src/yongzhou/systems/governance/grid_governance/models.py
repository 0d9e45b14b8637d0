"""Event types, events, the reports behind them, and what happens to them: stops, rejections, joint work, checks."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.codes import declare, label
from yongzhou.core.data.fields import Attachments, Coded, Count, Facts, Flag, Link, Long, Number, Region, Text, When
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.core.matters.models import Matter
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.clock import RUNG_NAMES, STOP_REASONS

declare("event grade", {"一般": "一般", "紧急": "紧急", "特急": "特急"})
declare(
    "event door",
    {
        "citizen": "随手拍",
        "grid": "网格员",
        "staff": "工作人员",
        "12345": "12345 热线",
        "alarm": "设备告警",
        "camera": "视频识别",
    },
)
declare("event clock", {"work": "工作时间", "calendar": "自然时间"})
declare("event verification", {"photo": "照片", "inspection": "现场", "sensor": "传感器", "callback": "回访"})
declare("event rung", {str(at): name for at, name in enumerate(RUNG_NAMES)})
declare("stop reason", {code: name for code, (name, _) in STOP_REASONS.items()})
declare("arbitration", {"open": "待会商", "decided": "已裁定"})
declare("co task state", {"assigned": "协办中", "done": "已完成"})
declare(
    "finding kind",
    {"queue": "排队", "work": "办理", "check": "核查", "loop": "往返", "backlog": "积压", "ping_pong": "推诿"},
)


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


class GridPost(Record):
    """Who works a grid; a grid is a Place of kind "grid"."""

    grid = Link("网格", Place, models.CASCADE)
    region = Region()
    person = Link("网格员", Person, models.CASCADE)
    main = Flag("主责", default=True)

    class House:
        title = "网格岗位"
        region = "region"
        list = ("grid", "person", "main")
        about = "每个网格由谁巡查、由谁先到场"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grid", "person"], name="grid_post_once")]


class Event(Matter):
    """One thing that somebody must fix, with its own clock kept as it was when the event was opened."""

    type = Link("事件类型", EventType, required=False)
    grade = Coded("紧急程度", "event grade", default="一般", sample="紧急")
    grid = Link("网格", Place, required=False)
    clock = Coded("计时", "event clock", default="work", sample="calendar")
    accept_hours = Number("签收时限小时", unit="h", default=4.0)
    handle_hours = Number("办理时限小时", unit="h", default=40.0)
    accept_due = When("签收时限", required=False)
    first_due = When("首次时限", required=False)
    clock_from = When("计时起点", required=False)
    used_s = Count("已用时间", unit="s", default=0)
    left_s = Count("剩余时间", unit="s", default=0)
    rung = Count("催办级别", default=0, low=0, high=4)
    next_rung_at = When("下次催办", required=False)
    handling_at = When("到场处置时间", required=False)
    accept_late = Flag("签收超时")
    report_count = Count("线索数", default=1)
    rejected_count = Count("退单次数", default=0)
    reopen_count = Count("重开次数", default=0)
    extended = Flag("已延期")
    arbitration = Coded("会商", "arbitration", required=False)
    cleared = Flag("告警已解除")
    guesses = Facts("归类建议", default=list)
    similar = Facts("疑似重复", default=list)
    candidates = Facts("责任候选", default=list)
    state_before = Text("并案或挂起前状态", max=12, required=False, technical=True)

    class House:
        title = "事件"
        list = ("level", "title", "type", "address", "state", "unit", "handler", "due")
        filters = ("state", "level", "type", "grade", "source", "unit")
        share = (
            *(
                "number",
                "kind",
                "steward",
                "state",
                "level",
                "unit",
                "source",
                "opened_at",
                "assigned_at",
                "accepted_at",
            ),
            *("done_at", "closed_at", "due", "rating", "parent", "type", "grade", "first_due", "used_s"),
            *("report_count", "rejected_count", "reopen_count", "extended"),
        )
        about = "全市要办的每一件事：只派一次、只归一家、到点催办、他人核查"

    class Meta:
        indexes = [models.Index(fields=["next_rung_at"], name="event_next_rung")]


class Report(Record):
    """One voice about something, by one door; several may stand behind one event."""

    door = Coded("渠道", "event door", sample="citizen")
    external_id = Text("渠道编号", max=80, required=False, sample="12345-20260618-0042")
    event = Link("事件", Event)
    region = Region()
    reporter = Link("上报人", Person, required=False, grade=3)
    contact = Personal("联系方式", kind="contact", grade=3, sample="16100000012")
    text = Long("内容", grade=2, sample="潘家街口井盖不见了，晚上很危险")
    photos = Attachments("照片")
    address = Text("位置描述", max=120, required=False, sample="白水镇集镇段")
    geometry = Geometry("所报位置")
    crs = Text("坐标系", max=12, required=False, sample="GCJ02")
    doubts = Facts("存疑", default=list)
    at = When("上报时间")
    joined = Flag("并入已有事件")
    stars = Count("评价", low=1, high=5, required=False, sample=5)
    comment = Text("评价说明", max=200, required=False, grade=2)

    class House:
        title = "线索"
        grade = 2
        region = "region"
        department = "event__unit"
        person = "reporter"
        list = ("at", "door", "text", "address", "event", "joined")
        search = ("text", "external_id")
        filters = ("door", "joined")
        map = "geometry"
        about = "群众、网格员、热线和设备说的每一句话；上报人身份对承办单位保密"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["door", "external_id"], condition=~models.Q(external_id=""), name="report_once_a_door"
            )
        ]

    def __str__(self) -> str:
        return str(self.text)[:40]


class _OfEvent(Record):
    """What belongs to an event shares its scope."""

    event = Link("事件", Event, models.CASCADE)
    at = When("时间")

    class Meta:
        abstract = True

    class House:
        region = "event__region"
        department = "event__unit"


class Rejection(_OfEvent):
    """A unit sent an event back, quoting the clause."""

    unit = Link("退单单位", Unit)
    clause = Text("依据条款", max=200, sample="权责清单 3.2：城区外井盖由权属单位负责")
    suggest = Link("建议单位", Unit, required=False)

    class House(_OfEvent.House):
        title = "退单"
        list = ("event", "unit", "clause", "at")
        about = "退单必须写明依据；同一单位只能退一次，两次退单即会商"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "unit"], name="rejection_once_a_unit")]


class ClockStop(_OfEvent):
    """A period that does not count, with its listed reason, approver and latest end."""

    reason = Coded("原因", "stop reason", sample="weather")
    until = When("恢复时间", required=False)
    latest = When("最迟恢复")
    approver = Link("批准人", Person, required=False)
    note = Text("说明", max=200, required=False)

    class House(_OfEvent.House):
        title = "停计时段"
        list = ("event", "reason", "at", "until", "approver")
        about = "挂起期间不计时；每种原因都有最长时间"


class CoTask(_OfEvent):
    """The part of another unit in a joint event."""

    unit = Link("协办单位", Unit)
    state = Coded("状态", "co task state", default="assigned", sample="assigned")
    task = Text("协办事项", max=200, required=False, sample="现场交通疏导")
    due = When("时限", required=False)
    done_at = When("完成时间", required=False)
    result = Text("结果", max=300, required=False)

    class House(_OfEvent.House):
        title = "协办任务"
        department = "unit"
        list = ("event", "unit", "task", "state", "due")
        filters = ("state", "unit")
        about = "联动处置：主办之外的单位各办一份，都办完才能反馈"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "unit"], name="co_task_once_a_unit")]


class Verification(_OfEvent):
    """Somebody else than the handler looked whether it is really done."""

    person = Link("核查人", Person, required=False)
    method = Coded("方式", "event verification", sample="photo")
    passed = Flag("通过")
    text = Text("说明", max=300, required=False)
    photos = Attachments("照片")
    distance_m = Number("距事发地", unit="m", digits=0, required=False)

    class House(_OfEvent.House):
        title = "核查"
        list = ("event", "method", "passed", "at")
        filters = ("method", "passed")
        about = "办事的人不能核查自己办的事"


class Callback(_OfEvent):
    """A call back to the reporter."""

    reached = Flag("接通")
    solved = Flag("已解决")
    satisfied = Flag("满意")
    text = Text("说明", max=300, required=False, grade=2)

    class House(_OfEvent.House):
        title = "回访"
        list = ("event", "reached", "solved", "satisfied", "at")
        share = ("event", "at", "reached", "solved", "satisfied")
        about = "解决率和满意率分开记"


class ProcessFinding(Record):
    """A place in the process where time is lost, as found on one day."""

    at = When("发现时间")
    since = When("统计起点")
    kind = Coded("类型", "finding kind", sample="queue")
    before = Text("从", max=40, sample="待签收")
    after = Text("到", max=40, sample="处置中")
    region = Region(sample="4311")
    unit = Link("单位", Unit, required=False)
    cases = Count("次数", default=0)
    mean_s = Number("平均等待", unit="s", digits=0, required=False)
    median_s = Number("中位等待", unit="s", digits=0, required=False)
    share = Number("占全部等待", unit="%", digits=1, required=False)
    text = Text("说明", max=300, required=False)

    class House:
        title = "难点堵点"
        region = "region"
        department = "unit"
        list = ("at", "kind", "before", "after", "cases", "mean_s", "median_s", "share", "text")
        filters = ("kind",)
        sort = ("at",)
        history = False
        about = "每天从全部事件的经过里算出：时间耗在哪一步、哪一家"

    @property
    def kind_label(self) -> str:
        """The kind in Chinese."""
        return label("finding kind", self.kind)
