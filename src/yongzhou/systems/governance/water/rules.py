"""`rules.yaml` read, and made Rules of the telemetry engine. The same file twice leaves the same rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid5

import yaml
from django.db.models import Min
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yongzhou.engines.telemetry.models import Rule
from yongzhou.systems.governance.water.models import FlashFloodVillage, HydroStation

FILE: Final = Path(__file__).with_name("rules.yaml")
_NAMESPACE: Final = UUID("4a1c5d5e-5f9a-5d2e-8f0e-431100000047")

Steward = Literal["grid_governance", "water", "warn"]


class Raise(BaseModel):
    """Where a limit comes from, if it is not the datastream's own line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: Literal["warning_m", "guarantee_m"] | None = None
    villages: Literal["prepare_1h", "prepare_3h", "prepare_6h", "move_1h", "move_3h", "move_6h"] | None = None
    plus: float = 0.0


class Line(BaseModel):
    """One line of `rules.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kinds: tuple[str, ...] = ()
    observed: str
    aggregate: Literal["last", "sum", "rate"]
    window_h: float = 0
    raise_: Literal["limit", "limit_high"] | Raise = Field(alias="raise")
    clear: float = Field(ge=0)
    hold: int = Field(ge=1)
    level: int = Field(ge=1, le=4)
    steward: Steward
    limit_h: float = 4.0  # calendar hours of a matter of water's own


@cache
def lines() -> tuple[Line, ...]:
    """The lines of `rules.yaml`; `ValueError` names the one that cannot be read."""
    found = []
    for number, entry in enumerate(yaml.safe_load(FILE.read_text(encoding="utf-8")), start=1):
        try:
            found.append(Line.model_validate(entry))
        except ValidationError as error:
            raise ValueError(f"rules.yaml 第 {number} 条：{error}") from error
    return tuple(found)


def line_of(rule_name: str) -> Line | None:
    """The line behind a rule's name; None for a rule that is not water's."""
    return next((line for line in lines() if rule_name == line.name or rule_name.startswith(f"{line.name}·")), None)


def steward_of(rule_name: str) -> Steward | None:
    """Who opens the matter of a rule by this name; None for a rule that is not water's."""
    line = line_of(rule_name)
    return line.steward if line else None


def install_rules() -> None:
    """Make or renew the rules of all stations; what no longer has a line is switched off."""
    kept: set[UUID] = set()
    stations = list(HydroStation.objects.filter(scheme="sl502").exclude(origin="replay"))
    for line in lines():
        if isinstance(line.raise_, str):
            kept |= {_save(line, station, line.raise_, None) for station in stations if station.kind in line.kinds}
            continue
        for station, limit in _limits(line, line.raise_, stations):
            kept.add(_save(line, station, "value", limit))
    ours = Rule.objects.filter(active=True, thing__in=[station.pk for station in stations])
    for rule in ours.exclude(pk__in=kept):
        if steward_of(rule.name) is not None:
            rule.active = False
            rule.save()


def _limits(line: Line, source: Raise, stations: list[HydroStation]) -> list[tuple[HydroStation, float]]:
    if source.villages is not None:
        lowest = dict(FlashFloodVillage.objects.values_list("station").annotate(low=Min(source.villages)))
        return [(station, lowest[station.pk] + source.plus) for station in stations if station.pk in lowest]
    column = str(source.station)
    return [
        (station, round(getattr(station, column) + source.plus, 2))
        for station in stations
        if station.kind in line.kinds and getattr(station, column) is not None
    ]


def _save(line: Line, station: HydroStation, threshold: str, value: float | None) -> UUID:
    id = uuid5(_NAMESPACE, f"{line.name}/{station.code}")
    values: dict[str, Any] = {
        "name": f"{line.name}·{station.name}",
        "observed": line.observed,
        "thing_id": station.pk,
        "threshold": threshold,
        "value": value,
        "margin": line.clear,
        "aggregate": line.aggregate,
        "window_s": int(line.window_h * 3600),
        "hold": line.hold,
        "level": str(line.level),
        "active": True,
    }
    Rule.objects.update_or_create(pk=id, defaults=values)
    return id
