"""The pages of the reference as texts: same house, same text; no times, no machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.house.reference import commands, sections, settings
from yongzhou.house.reference.areas import FLOORS, Area
from yongzhou.house.reference.house import House
from yongzhou.house.reference.markdown import HEADER, code, plain, table
from yongzhou.house.reference.navigation import navigation
from yongzhou.house.reference.problems import ALWAYS

FOLDER: Final = Path("docs") / "reference"
KINDS: Final = {
    "operation": "操作 Operations",
    "event": "事件 Events",
    "indicator": "指标 Indicators",
    "record": "记录 Records",
    "duty": "定期 Periodic duties",
}


def files(root: Path) -> dict[str, str]:
    """Text of every generated file by its path below the repository. Django must be set up, with all rooms loaded."""
    house = House(root)
    found = _pages(house)
    return {f"{FOLDER}/{name}": text for name, text in found.items()} | navigation(house, found)


def _pages(house: House) -> dict[str, str]:
    """Every page by its path below `docs/reference/`."""
    bodies = {area.file: _area(house, area) for area in house.areas.values()}
    written = {file: body for file, body in bodies.items() if body}
    written["index.md"] = _index(house, set(written))
    written["commands.md"] = _page("命令 Commands", commands.lines())
    written["settings.md"] = _page("设置 Settings", settings.lines(house.root))
    return written


def stale(root: Path) -> list[str]:
    """Paths below the repository that differ from what would be written, or that no page stands for any more."""
    return sorted(_differing(root, files(root)))


def write(root: Path) -> list[str]:
    """Write what differs and remove pages that nothing stands for; returns the changed paths."""
    wanted = files(root)
    changed = sorted(_differing(root, wanted))
    for name in changed:
        path = root / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def _differing(root: Path, wanted: dict[str, str]) -> set[str]:
    there = {str(path.relative_to(root)) for path in (root / FOLDER).rglob("*.md")}
    return {name for name, text in wanted.items() if _text(root / name) != text} | (there - set(wanted))


def _area(house: House, area: Area) -> str:
    house.here = area.file
    lines: list[str] = []
    for kind, title in KINDS.items():
        names = names_of(house, kind, area.module)
        if names:
            lines += [f"## {title}", ""]
        for name in names:
            lines += _section(house, kind, name)
    files = sorted(house.package.joinpath(*area.module.split(".")).glob("decisions/*.dmn"))
    found = [line for path in files for line in sections.decisions(path, str(path.relative_to(house.root)))]
    lines += ["## 决策表 Decision tables", "", *found] if found else []
    rows = [(address, view) for address, view, where in house.addresses if where == area.module]
    lines += ["## 地址 Addresses", "", *sections.addresses(rows)] if rows else []
    if not lines and area.floor == "core":
        return ""
    lines += ["## 文件 Modules", "", *sections.modules(house.package.joinpath(*area.module.split(".")))]
    usual = [
        "每个操作都可能回答 every operation may answer:" + "、".join(f"{code(t.code)} {t.status}" for t in ALWAYS),
        "",
    ]
    head = [plain(area.about), "", f"`src/yongzhou/{area.module.replace('.', '/')}/`", ""]
    return _page(area.title, [*head, *(usual if names_of(house, "operation", area.module) else []), *lines])


def names_of(house: House, kind: str, module: str) -> list[str]:
    """Names of all things of a kind that an area declares."""
    return [name for name in sorted(house.names(kind)) if house.home_of(kind, name) == module]


def _section(house: House, kind: str, name: str) -> list[str]:
    if kind == "operation":
        return sections.operation(house, house.operations[name])
    if kind == "event":
        return sections.event(house, house.events[name])
    if kind == "indicator":
        return sections.indicator(house, house.indicators[name])
    if kind == "record":
        return sections.record(house, name, house.records[name])
    return sections.duty(house.duties[name])


def _index(house: House, written: set[str]) -> str:
    lines = [
        "由声明生成,与运行的系统逐字一致;改声明,再运行 `yongzhou reference --write`。",
        "Generated from the declarations; what runs is what stands here.",
        "",
        "- [命令 Commands](commands.md)",
        "- [设置 Settings](settings.md)",
        "",
    ]
    for floor, title in FLOORS.items():
        rows = [
            (
                f"[{area.title}]({area.file})",
                code(area.name),
                *(len(names_of(house, kind, area.module)) for kind in KINDS),
            )
            for area in house.areas.values()
            if area.floor == floor and area.file in written
        ]
        lines += [f"## {title}", "", *table(("", "", *KINDS.values()), rows)]
    return _page("参考 Reference", lines)


def _page(title: str, lines: list[str] | Iterator[str]) -> str:
    return f"{HEADER}# {title}\n\n" + "\n".join(lines).rstrip() + "\n"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
