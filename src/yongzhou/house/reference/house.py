"""Everything that is declared in the house, by kind, and on which page of the reference each thing stands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from yongzhou.core.bus.events import Event, registered
from yongzhou.core.bus.subscriptions import Subscription, subscriptions
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.home import Home
from yongzhou.core.indicators.definition import Indicator, indicators
from yongzhou.core.jobs.periodic import Periodic, duties
from yongzhou.core.operations.registry import Operation, operations
from yongzhou.house.check.permissions import addresses
from yongzhou.house.reference.areas import Area, area_of, areas
from yongzhou.house.reference.markdown import anchor, code
from yongzhou.house.reference.rights import Rights


@dataclass
class House:
    """The registries as they are after `house.setup.start`; `here` is the page that is being written."""

    root: Path
    here: str = ""

    @property
    def package(self) -> Path:
        """`src/yongzhou`."""
        return self.root / "src" / "yongzhou"

    @cached_property
    def areas(self) -> dict[str, Area]:
        """All areas by module."""
        return areas(self.package)

    @cached_property
    def rights(self) -> Rights:
        """The grants of the city that the reference speaks of."""
        return Rights.of(self.root / "cities" / Home.here().city)

    @cached_property
    def operations(self) -> dict[str, Operation[Any, Any]]:
        """Operations by name, those of tests left out."""
        return {name: op for name, op in operations().items() if ".tests." not in op.function.__module__}

    @cached_property
    def events(self) -> dict[str, list[type[Event]]]:
        """Versions of each subject, oldest first."""
        found: dict[str, list[type[Event]]] = {}
        for (subject, _), event in registered().items():
            if ".tests." not in event.__module__ and event.__module__.startswith("yongzhou."):
                found.setdefault(subject, []).append(event)
        return found

    @cached_property
    def subscriptions(self) -> dict[str, Subscription]:
        """Subscribers by durable name, those of tests left out."""
        return {
            name: entry
            for name, entry in subscriptions().items()
            if entry.handler.__module__.startswith("yongzhou.") and ".tests." not in entry.handler.__module__
        }

    @cached_property
    def records(self) -> dict[str, type[Record]]:
        """Records by resource name."""
        return records()

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """Indicators by name."""
        return indicators()

    @cached_property
    def duties(self) -> dict[str, Periodic]:
        """Periodic duties by name, those of tests left out."""
        found = duties()
        return {name: each for name, each in found.items() if _ours(each.run.__module__)}

    @cached_property
    def addresses(self) -> list[tuple[str, Callable[..., Any], str]]:
        """(address, view, area) of every pattern whose view is the house's own."""
        found = []
        for address, view in addresses():
            module = getattr(getattr(view, "view_class", view), "__module__", "")
            if _ours(module):
                found.append((address, view, area_of(module)))
        return found

    def names(self, kind: str) -> list[str]:
        """Names of all things of a kind: operation, event, indicator, record, duty."""
        registries: dict[str, Iterable[str]] = {
            "operation": self.operations,
            "event": self.events,
            "indicator": self.indicators,
            "record": self.records,
            "duty": self.duties,
        }
        return list(registries[kind])

    def home_of(self, kind: str, name: str) -> str:
        """The area in which a thing is declared."""
        if kind == "operation":
            return area_of(self.operations[name].function.__module__)
        if kind == "event":
            return area_of(self.events[name][-1].__module__)
        if kind == "record":
            return area_of(self.records[name].__module__)
        if kind == "indicator":
            return self._folder(name.partition(".")[0])
        if kind == "duty":
            return area_of(self.duties[name].run.__module__)
        raise KeyError(kind)

    def link(self, kind: str, name: str) -> str:
        """A link from the page being written to a thing's heading; plain code where it has none."""
        try:
            page = self.areas[self.home_of(kind, name)].file
        except KeyError:
            return code(name)
        way = "" if page == self.here else os.path.relpath(page, Path(self.here).parent)
        return f"[`{name}`]({way}#{anchor(kind, name)})"

    def _folder(self, name: str) -> str:
        return next(module for module, area in self.areas.items() if area.name == name and area.floor != "portals")


def _ours(module: str) -> bool:
    return module.startswith("yongzhou.") and ".tests." not in module
