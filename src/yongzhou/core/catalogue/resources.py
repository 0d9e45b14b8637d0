"""Every resource of the house: shared views of records, and the lake's tables, each with steward and grade."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from yongzhou.core.data.house import declaration
from yongzhou.core.data.registry import records
from yongzhou.core.data.share import view_name


@dataclass(frozen=True, slots=True)
class Resource:
    """One entry of the catalogue."""

    name: str  # "water.station"
    title: str
    steward: str  # system that owns it
    grade: int
    columns: tuple[str, ...]
    sql: str  # where DuckDB finds it


_LAKE: Final = (
    Resource(
        "telemetry.observation",
        "观测值",
        "telemetry",
        1,
        ("datastream", "phenomenon", "result", "flag", "received", "origin", "frame"),
        "lake.observation",
    ),
    Resource(
        "telemetry.frame",
        "原始报文",
        "telemetry",
        2,
        ("frame", "door", "station", "function", "received"),
        "lake.frame",
    ),
)


@cache
def resources() -> dict[str, Resource]:
    """All resources by name."""
    found = {resource.name: resource for resource in _LAKE}
    for name, model in records().items():
        own = declaration(model)
        if own.share:
            found[name] = Resource(
                name,
                own.title,
                model._meta.app_label,
                own.grade,
                ("id", "origin", *own.share),
                f"shared.share.{view_name(model)}",
            )
    return found


class CatalogueError(KeyError):
    """A resource that is not shared."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would put it in quotes


def resource(name: str) -> Resource:
    """One resource; `CatalogueError` names the ones there are."""
    try:
        return resources()[name]
    except KeyError:
        raise CatalogueError(f"目录里没有资源 {name}；有：{'、'.join(sorted(resources()))}") from None
