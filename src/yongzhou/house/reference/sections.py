"""What one area's page says of its operations, events, indicators, records, duties, decisions and addresses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from yongzhou.core.bus.events import Event
from yongzhou.core.bus.subscriptions import Subscription, matches
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.indicators.definition import Indicator
from yongzhou.core.jobs.periodic import Periodic
from yongzhou.core.operations.registry import Operation
from yongzhou.engines.decisions import decisions_in, load_dmn
from yongzhou.house.reference.fields import model_rows, record_rows
from yongzhou.house.reference.house import House
from yongzhou.house.reference.markdown import code, facts, heading, plain, table
from yongzhou.house.reference.problems import problems_of
from yongzhou.house.reference.syntax import docstring

FIELD_HEAD = ("字段 field", "名称", "类型 type", "必填 required", "限制 limits")
POLICIES = {"U": "唯一 unique", "F": "第一条 first", "C": "汇集 collect"}


def operation(house: House, op: Operation[Any, Any]) -> list[str]:
    """One operation: who may, input, output, events, doors, errors."""
    on = house.link("record", resource_name(op.on)) if op.on is not None else ""
    doors = [f"`POST /api/{op.path}`", f"`yongzhou {op.system} {op.verb}`", f"`/desk/do/{op.system}/{op.verb}/`"]
    own = problems_of(op.function)
    return [
        heading("operation", op.name, op.title),
        "",
        plain(op.summary),
        "",
        *facts(
            [
                (
                    "谁能 who may",
                    f"{house.rights.who(op.action, op.resource)}({code(op.action)} · {code(op.resource)})",
                ),
                ("对象 on", on),
                ("门 doors", "、".join([*doors, *(["任务 job"] if op.job else [])])),
                ("两人 two persons", "要另一人复核 a second person agrees" if op.two_persons else ""),
                ("事件 emits", "、".join(house.link("event", event.subject) for event in op.emits)),
                ("错误 errors", "、".join(f"{code(told.code)} {told.status} {plain(told.title)}" for told in own)),
            ]
        ),
        *_labelled("输入 input", table(FIELD_HEAD, model_rows(op.input))),
        *_labelled("输出 output", table(FIELD_HEAD[:3], (row[:3] for row in model_rows(op.output)))),
    ]


def event(house: House, kinds: list[type[Event]]) -> list[str]:
    """One subject with all its versions: fields, order, who emits, who hears."""
    subject = kinds[-1].subject
    lines = [heading("event", subject), "", plain(_first_line(kinds[-1])), ""]
    emitting = [op.name for op in house.operations.values() if any(each.subject == subject for each in op.emits)]
    hearing = [entry for entry in house.subscriptions.values() if matches(entry.subject, subject)]
    lines += facts(
        [
            ("由谁发出 emitted by", "、".join(house.link("operation", name) for name in emitting)),
            ("谁在听 heard by", "、".join(map(_hearer, hearing))),
            ("次序 ordered by", code(kinds[-1].key)),
        ]
    )
    for each in kinds:
        path = f"schema/events/{subject}.v{each.version}.json"
        lines += _labelled(
            f"v{each.version}({code(path)})", table(FIELD_HEAD[:4], (row[:4] for row in model_rows(each)))
        )
    return lines


def indicator(house: House, each: Indicator) -> list[str]:
    """One indicator: definition, unit, cadence, lineage, SQL."""
    known = [house.link("record", name) if name in house.records else code(name) for name in each.resources]
    target = "" if each.target is None else f"{each.target:g}"
    return [
        heading("indicator", each.name, each.title),
        "",
        plain(each.about),
        "",
        *facts(
            [
                ("单位 unit", code(each.unit)),
                ("周期 period", f"{each.period}"),
                ("刷新 refreshed", f"{each.refresh}"),
                ("好的方向 direction", {"up": "越高越好 up", "down": "越低越好 down"}.get(each.direction, "")),
                ("目标 target", target),
                ("警戒 alarm", ", ".join(f"{key} {value}" for key, value in each.alarm)),
                ("维度 dimensions", ", ".join(map(code, each.dimensions))),
                ("来源 lineage", "、".join(known)),
                ("背后的行 rows", code(each.rows_url)),
            ]
        ),
        "```sql",
        each.sql,
        "```",
        "",
    ]


def record(house: House, name: str, model: type[Record]) -> list[str]:
    """One record: what it is for, scope, sharing, fields."""
    own = declaration(model)
    scope = {"region": own.region, "department": own.department, "person": own.person}
    system, _, noun = name.partition(".")
    api = {"read": "GET", "write": "GET POST PATCH"}.get(own.api or "", "")
    return [
        heading("record", name, own.title),
        "",
        plain(own.about or _first_line(model)),
        "",
        *facts(
            [
                ("分级 grade", str(own.grade)),
                ("范围 scope", ", ".join(f"{key} {code(path)}" for key, path in scope.items() if path)),
                ("谁能看 who may read", house.rights.who("read", name)),
                ("页面 pages", f"`/desk/{system}/{noun}/`"),
                ("接口 API", f"{api} `/api/records/{name}`" if api else ""),
                ("共享视图 share", f"`share.{name.replace('.', '__')}_v1`" if own.share else ""),
                ("历史 history", "" if own.history else "不留 none"),
            ]
        ),
        *table(
            ("字段 field", "名称", "类型 type", "单位 unit", "代码表 codes", "级 grade", "个人信息 personal"),
            record_rows(model),
        ),
    ]


def duty(each: Periodic) -> list[str]:
    """One periodic duty and its period."""
    return [
        heading("duty", each.name),
        "",
        plain(_first_line(each.run)),
        "",
        *facts([("每 every", f"{each.seconds:g} s")]),
    ]


def decisions(path: Path, name: str) -> Iterator[str]:
    """The tables of one DMN file: inputs, outputs, policy."""
    for decision in decisions_in(path):
        found = load_dmn(path, decision)
        yield from [heading("decision", f"{path.stem}.{decision}", found.name), ""]
        yield from facts(
            [
                ("文件 file", code(name)),
                ("命中 hit policy", POLICIES.get(found.policy, str(found.policy))),
                ("规则 rules", str(len(found.rules))),
            ]
        )
        rows = [("输入 in", code(column.name), column.label, column.type or "") for column in found.inputs]
        rows += [("输出 out", code(column.name), column.label, column.type or "") for column in found.outputs]
        yield from table(("", "列 column", "名称", "类型 type"), rows)


def addresses(rows: list[tuple[str, Callable[..., Any]]]) -> list[str]:
    """Pages and doors of an area with the first line of what they say of themselves."""
    return table(
        ("地址 address", "是什么 what"), ((code(f"/{address}"), plain(_first_line(view))) for address, view in rows)
    )


def modules(folder: Path) -> list[str]:
    """The files of an area with the first line of each docstring."""
    rows = []
    for path in sorted(folder.rglob("*.py")):
        if {"tests", "migrations"} & set(path.parts) or path.name == "__init__.py":
            continue
        if told := docstring(path):
            rows.append((code(str(path.relative_to(folder))), plain(told.partition("\n")[0])))
    return table(("文件 file", "做什么 what"), rows)


def _labelled(label: str, lines: list[str]) -> list[str]:
    return [f"{label}:", "", *lines] if lines else []


def _hearer(entry: Subscription) -> str:
    return f"{code(entry.durable)} {plain(_first_line(entry.handler))}"


def _first_line(thing: object) -> str:
    made = getattr(thing, "view_class", thing)
    text = vars(made).get("__doc__") if isinstance(made, type) else inspect.getdoc(made)
    words = (text or "").strip().partition("\n")[0]
    return "" if isinstance(made, type) and words.startswith(f"{made.__name__}(") else words  # Django's own
