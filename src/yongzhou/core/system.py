"""The manifest of a system: what it is called, whom it belongs to, what it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, Literal

Wing = Literal["foundation", "government", "services", "governance", "economy", "region"]

WINGS: Final[dict[str, str]] = {
    "foundation": "数字基础",
    "government": "数字政府",
    "services": "公共服务",
    "governance": "社会治理",
    "economy": "数字经济",
    "region": "区域发展",
}


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that a system follows."""

    number: str
    title: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a system in the workbench's navigation."""

    title: str
    href: str
    icon: str = "list"
    needs: tuple[str, str] = ("read", "*")  # action and resource that open it


@dataclass(frozen=True, slots=True)
class System:
    """One row of the plan."""

    name: str  # folder name, unique in the house: app label, address and right prefix
    title: str
    row: int
    wing: Wing
    lead_unit: str
    short: str = ""  # two to four characters where the full title is too long
    standards: list[Standard] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    hears: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    records: list[str] = field(default_factory=list)  # records that stand in the navigation; the others on its own page


@cache
def systems() -> dict[str, System]:
    """All systems of the house by name, in the order of the plan's rows."""
    root = Path(__file__).resolve().parents[1] / "systems"
    found: dict[str, System] = {}
    for manifest in sorted(root.glob("*/*/system.py")):
        wing, name = manifest.parts[-3:-1]
        system: System = import_module(f"yongzhou.systems.{wing}.{name}.system").system
        if system.name != name or system.wing != wing:
            raise ValueError(f"{manifest}: manifest says {system.wing}/{system.name}")
        found[name] = system
    return dict(sorted(found.items(), key=lambda item: item[1].row))
