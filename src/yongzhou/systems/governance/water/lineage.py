"""Where a station's number comes from: frame, decoding, observation, rule, alarm, matter, indicator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.gateways.sl651.elements import element_name
from yongzhou.gateways.sl651.explain import Part, explain
from yongzhou.gateways.sl651.frame import FUNCTIONS
from yongzhou.systems.governance.water.rainfall import History
from yongzhou.systems.governance.water.situation import Line

FLAGS = {1: "正常", 2: "未评定", 3: "可疑", 4: "不合格", 9: "缺测"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One raw frame with every field explained; `id` is its identity as the lake writes it."""

    id: str
    received: datetime
    function: str
    peer: str
    serial: int | None
    hex: str
    parts: list[Part]


def frames_of(address: str, limit: int = 8) -> list[Frame]:
    """The last raw frames of an SL 651 station, newest first."""
    table = History().frames_of(address, limit, door="sl651")
    rows = [(row, _without_password(explain(row["raw"]))) for row in table.to_pylist()]
    return [
        Frame(
            id=str(row["frame"]),
            received=row["received"],
            function=f"{row['function']}H {FUNCTIONS.get(int(row['function'], 16), '')}" if row["function"] else "",
            peer=row["peer"],
            serial=row["serial"],
            hex=" ".join(part.hex[at : at + 2] for part in parts for at in range(0, len(part.hex), 2)),
            parts=parts,
        )
        for row, parts in rows
    ]


def _without_password(parts: list[Part]) -> list[Part]:
    """The station's password stays in the lake; no page shows its bytes."""
    return [replace(part, hex="●●●●") if part.name_zh == "密码" else part for part in parts]


def open_alarms(line: Line, actor: Actor) -> list[Alarm]:
    """Open alarms of a station, gravest first."""
    rows = Alarm.visible_to(actor).filter(thing=line.station.pk, cleared_at__isnull=True)
    return list(rows.select_related("rule").order_by("level", "raised_at"))


def open_matters(line: Line, actor: Actor) -> list[Matter]:
    """Open matters of a station that this person may see."""
    rows = Matter.visible_to(actor).filter(thing=line.station.pk).exclude(state__in=CLOSED)
    return list(rows.select_related("unit").order_by("level", "-opened_at"))


def lineage(
    line: Line, frames: list[Frame], alarms: list[Alarm], matters: list[Matter], at: datetime
) -> list[dict[str, object]]:
    """Steps of the lineage strip; a step that is not there yet says so."""
    station = line.station
    main = next((stream for stream in line.streams if stream.number == (line.level_stream or line.rain_stream)), None)
    frame = next((one for one in frames if line.level and line.level.frame and one.id == str(line.level.frame)), None)
    frame = frame or (frames[0] if frames else None)
    rule = alarms[0].rule if alarms else Rule.objects.filter(thing=station.pk, active=True).order_by("-level").first()
    indicator = "water.stations_over_warning" if station.warning_m is not None else "water.area_rain_3h"
    value = line.level
    return [
        _step("原始帧", "#frames", _clock(frame.received) + "·SL 651", raw=_short(frame.hex))
        if frame
        else _missing("原始帧", "还没有报文"),
        _step(
            "解析",
            "#frames",
            frame.function,
            [f"CRC 相符，{len(frame.parts)} 个字段", f"要素 {main.element} {element_name(main.element)}"],
        )
        if frame and main
        else _missing("解析", "等报文"),
        _step(
            "观测",
            f"/desk/iot_sensing/datastreams/{main.number}/",
            f"{_clock(value.at)}·质量{FLAGS.get(value.flag, '')}",
            [f"{value.value:.{main.digits}f} {main.unit}", f"数据流 {main.number}"],
        )
        if value and main
        else _missing("观测", "还没有可用的值"),
        _step(
            "规则",
            rule.get_absolute_url(),
            rule.name.partition("·")[0],
            [f"连续 {rule.hold} 次", f"回差 {rule.margin:g}"],
        )
        if rule
        else _missing("规则", "没有规则"),
        _step(
            "预警",
            alarms[0].get_absolute_url(),
            _clock(alarms[0].raised_at),
            [f"报警值 {alarms[0].value:.2f}", f"{len(alarms)} 条未解除"],
        )
        if alarms
        else _missing("预警", "没有未解除的告警"),
        _step(
            "事件",
            matters[0].get_absolute_url(),
            _clock(matters[0].opened_at),
            [matters[0].number, matters[0].unit.name if matters[0].unit else "待派单"],
        )
        if matters
        else _missing("事件", "没有在办事项"),
        _step(
            "指标",
            f"/desk/indicators/{indicator}/",
            "超警站数" if station.warning_m is not None else "3 小时面雨量",
            ["定义、历史与 SQL"],
        ),
    ]


def _step(name: str, href: str, meta: str, lines: list[str] | None = None, *, raw: str = "") -> dict[str, object]:
    return {"name": name, "href": href, "meta": meta, "lines": lines or [], "raw": raw}


def _missing(name: str, meta: str) -> dict[str, object]:
    return {"name": name, "href": "", "meta": meta, "missing": True}


def _clock(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M:%S")


def _short(hex: str) -> str:
    return hex if len(hex) <= 60 else f"{hex[:36]} … {hex[-18:]}"
