"""The areas of the house, one page each: every part of a floor, by the module in which a thing is declared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yongzhou.core.system import systems
from yongzhou.house.reference.syntax import docstring

FLOORS: Final = {
    "systems": "系统 Systems",
    "portals": "门户 Portals",
    "gateways": "设备的门 Gateways",
    "engines": "引擎 Engines",
    "core": "内核 Core",
}
_TITLES: Final = {
    "core.audit": "审计",
    "core.bus": "总线",
    "core.calendar": "日历",
    "core.catalogue": "数据目录",
    "core.crypto": "国密",
    "core.data": "数据",
    "core.desk": "办理台",
    "core.inbox": "消息",
    "core.indicators": "指标",
    "core.jobs": "任务",
    "core.lake": "数据湖",
    "core.matters": "事项",
    "core.observe": "观测自身",
    "core.operations": "操作",
    "core.people": "人与权限",
    "core.places": "空间",
    "core.standards": "标准",
    "core.things": "设备",
    "engines.decisions": "决策表",
    "engines.telemetry": "遥测",
    "gateways.kit": "门的公用部分",
    "gateways.mqtt": "MQTT 门",
    "gateways.sl651": "SL 651 门",
    "portals.account": "账户与授权",
    "portals.api": "REST 接口",
    "portals.citizen": "市民端",
    "portals.cockpit": "驾驶舱",
    "portals.developer": "开发者",
    "portals.gate": "登录与门禁",
    "portals.look": "界面部件",
    "portals.sensorthings": "SensorThings 接口",
    "portals.workbench": "工作台",
}


@dataclass(frozen=True, slots=True)
class Area:
    """One part of the house: `module` is "core.matters" or "systems.governance.water"."""

    module: str
    title: str
    about: str  # what its package says of itself

    @property
    def floor(self) -> str:
        """`systems`, `portals`, `gateways`, `engines` or `core`."""
        return self.module.partition(".")[0]

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.module.rpartition(".")[2]

    @property
    def file(self) -> str:
        """Its page below `docs/reference/`."""
        return f"{self.floor}/{self.name}.md"


def areas(package: Path) -> dict[str, Area]:
    """All areas by module, floors from the top, systems in the order of the plan."""
    found: dict[str, Area] = {}
    for system in systems().values():
        module = f"systems.{system.wing}.{system.name}"
        found[module] = Area(module, system.title, _docstring(package.joinpath(*module.split("."))))
    for floor in list(FLOORS)[1:]:
        for folder in sorted((package / floor).iterdir()):
            if (folder / "__init__.py").exists():
                module = f"{floor}.{folder.name}"
                found[module] = Area(module, _TITLES.get(module, folder.name), _docstring(folder))
    return found


def area_of(module: str) -> str:
    """The area of a Python module: "yongzhou.core.matters.events" gives "core.matters"."""
    parts = module.split(".")[1:]
    return ".".join(parts[: 3 if parts[:1] == ["systems"] else 2])


def _docstring(folder: Path) -> str:
    return docstring(folder / "__init__.py").partition("\n\n")[0]
