"""Manifest against folder and plan: one row, one folder, one title; pages, records, resources and events exist."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.urls import Resolver404, resolve

from yongzhou.core.bus.subscriptions import subscriptions
from yongzhou.core.catalogue.resources import resources
from yongzhou.core.data.registry import records
from yongzhou.core.system import System
from yongzhou.house.check.finding import Finding, Tree

RULE = "manifest"


def check(tree: Tree) -> Iterator[Finding]:
    """Yield what a manifest says wrongly."""
    rows = {row.folder: row for row in tree.plan}
    names = [row.name for row in tree.plan]
    for double in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(RULE, "src/yongzhou/systems/plan.csv", f"目录名 {double} 用了两次", "目录名在全院唯一,请改其一")
    for folder in tree.systems:
        path = tree.name(folder / "system.py")
        if not (folder / "system.py").exists():
            yield Finding(
                RULE, path, "没有清单", "写 system.py:system = System(name=…, title=…, row=…, wing=…, lead_unit=…)"
            )
            continue
        own: System = import_module(f"yongzhou.systems.{folder.parent.name}.{folder.name}.system").system
        row = rows.get(f"{folder.parent.name}/{folder.name}")
        if (own.wing, own.name) != (folder.parent.name, folder.name):
            yield Finding(RULE, path, f"清单写的是 {own.wing}/{own.name}", f"改为 {folder.parent.name}/{folder.name}")
        if row is None:
            yield Finding(RULE, path, "规划表里没有这个目录", "在 systems/plan.csv 加一行,或按规划改目录名")
        elif (own.title, own.row) != (row.title, row.row):
            yield Finding(
                RULE,
                path,
                f"清单写 {own.row}《{own.title}》,规划表是 {row.row}《{row.title}》",
                "按 systems/plan.csv 改清单",
            )
        if not own.lead_unit or not own.standards:
            yield Finding(RULE, path, "没有写牵头单位或所依标准", "补 lead_unit 和 standards=[Standard(编号, 名称)]")
        yield from _parts(own, folder, path)


def _parts(own: System, folder: Path, path: str) -> Iterator[Finding]:
    for page in own.pages:
        try:
            resolve(page.href.partition("?")[0])
        except Resolver404:
            yield Finding(
                RULE, path, f"页面「{page.title}」的地址 {page.href} 不存在", "改地址,或在 pages.py 加这个页面"
            )
    for name in own.records:
        if f"{own.name}.{name}" not in records():
            yield Finding(RULE, path, f"清单列了记录 {name},models.py 里没有", "改清单的 records")
    for name in own.reads:
        if name not in resources():
            yield Finding(RULE, path, f"要读的资源 {name} 没有共享", "改 reads,或请对方在 House.share 里列出字段")
    heard = {
        entry.subject for entry in subscriptions().values() if entry.handler.__module__.split(".")[3:4] == [folder.name]
    }
    for subject in sorted(heard - set(own.hears)):
        yield Finding(RULE, path, f"hears.py 订阅了 {subject},清单没有写", "在清单的 hears 里补上")
    for subject in sorted(set(own.hears) - heard):
        yield Finding(RULE, path, f"清单写了 {subject},却没有订阅", "在 hears.py 订阅,或从清单删去")
