"""Small code lists of this room, declared on import."""

from __future__ import annotations

from yongzhou.core.data.codes import declare
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
declare(
    "co task state",
    {"assigned": "待签收", "handling": "协办中", "done": "已完成", "refused": "已退回", "cancelled": "已撤销"},
)
declare("grid supervision kind", {"urge": "催办", "supervise": "督办"})
declare("grid supervision state", {"open": "待回复", "replied": "已回复", "ended": "已办结"})
declare(
    "finding kind",
    {"queue": "排队", "work": "办理", "check": "核查", "loop": "往返", "backlog": "积压", "ping_pong": "推诿"},
)
declare("grid cause kind", {"place": "同一地点反复", "cluster": "时空聚集", "hotspot": "热点区域"})
declare("grid cause state", {"open": "待研判", "adopted": "已立项治理", "dismissed": "不立项"})
declare(
    "grid appeal kind",
    {"consult": "咨询", "help": "求助", "complain": "投诉", "tip": "举报", "advise": "建议", "praise": "表扬"},
)
declare(
    "grid order state",
    {
        "answered": "坐席已答复",
        "event": "办理中",
        "callback": "待回访",
        "closed": "已回访办结",
        "unreached": "多次未接通",
    },
)
declare("grid call line", {"12345": "12345", "110": "110"})
declare("grid kind", {"综合网格": "综合网格", "专属网格": "专属网格"})
declare("grid patrol state", {"planned": "待巡查", "walking": "巡查中", "done": "已完成"})
declare("grid stop kind", {"check": "例行检查", "event": "在办事件", "hotspot": "热点复看"})
declare("grid stop result", {"fine": "正常", "problem": "发现问题", "skipped": "未能检查"})
declare("grid notice kind", {"notice": "通知", "consultation": "议事", "request": "征集诉求"})
declare("grid reply state", {"open": "待答复", "answered": "已答复", "solved": "已解决"})
declare("grid detector state", {"on": "启用", "off": "停用"})
