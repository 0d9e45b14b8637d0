"""Water's part of `cities/<city>`: stations with their datastreams, villages at risk, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db.models import Max

from yongzhou.core.data.geometry import point
from yongzhou.core.people.city import rows
from yongzhou.core.people.models import Unit
from yongzhou.core.places.models import Place
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.systems.governance.water.models import FlashFloodVillage, HydroStation
from yongzhou.systems.governance.water.rules import install_rules

_CITY: Final = "4311"
LEVELS: Final = ("level", "reservoir_level")


@dataclass(frozen=True, slots=True)
class Observed:
    """One element of SL 651 as a datastream: identifier, observed property, plausible range."""

    element: str
    observed: str
    name: str
    unit: str
    digits: int
    period_s: int
    low: float | None = None
    high: float | None = None
    max_rate: float | None = None


# Rain of the running minute is declared every 5 min: a window is whole with one value in each 5 minutes. Rates allow
# for a synthetic city where an hour passes in a minute.
_RAIN: Final = (
    Observed("20", "rain", "当前降水量", "mm", 1, 300, 0, 200),
    Observed("F4", "rain_5min", "5 分钟雨量", "mm", 1, 300, 0, 60),
    Observed("1A", "rain_1h", "1 小时雨量", "mm", 1, 3600, 0, 300),
    Observed("26", "rain_total", "累计雨量", "mm", 1, 300, 0, 999_999),
    Observed("38", "voltage", "电源电压", "V", 2, 60, 8, 30),
    Observed("45", "station_state", "测站状态", "1", 0, 3600),
)
_RIVER: Final = (
    Observed("27", "flow", "流量", "m3/s", 2, 3600, 0, 60_000),
    Observed("F5", "level_5min", "5 分钟相对水位", "m", 2, 300, 0, 100),
)
_ELEMENTS: Final = {
    "PP": _RAIN,
    "ZQ": (*_RAIN, *_RIVER, Observed("39", "level", "水位", "m", 2, 60, max_rate=300)),
    "ZZ": (*_RAIN, Observed("39", "level", "水位", "m", 2, 60, max_rate=300)),
    "RR": (
        *_RAIN,
        *_RIVER,
        Observed("3B", "reservoir_level", "库水位", "m", 2, 60, max_rate=300),
        Observed("3A", "tail_level", "库下水位", "m", 2, 300),
    ),
}
_BELOW_BASE_M: Final = 8.0
_ABOVE_GUARANTEE_M: Final = 15.0


def load(folder: Path) -> None:
    """Load or renew stations, datastreams, villages and rules. Raises `ValueError` naming the bad row."""
    units = dict(Unit.objects.values_list("code", "pk"))
    gateway = Thing.objects.filter(scheme="gateway", code="sl651").first()
    listed = [*rows(folder / "stations.csv"), *rows(folder / "replay_stations.csv")]
    for line, row in enumerate(listed, start=2):
        try:
            _station(row, units, gateway)
        except (KeyError, ValueError) as error:
            raise ValueError(f"stations.csv 第 {line} 行 {row.get('code', '')}：{error}") from error
    _datastreams()
    stations = {station.code: station for station in HydroStation.objects.filter(scheme="sl502")}
    for line, row in enumerate(rows(folder / "villages_risk.csv"), start=2):
        try:
            _village(row, stations)
        except (KeyError, ValueError) as error:
            raise ValueError(f"villages_risk.csv 第 {line} 行 {row.get('name', '')}：{error}") from error
    install_rules()


def _station(row: dict[str, str], units: dict[str, UUID], gateway: Thing | None) -> None:
    if row["kind"] not in _ELEMENTS:
        raise ValueError(f"站类 {row['kind']} 不认识，可用：{'、'.join(_ELEMENTS)}")
    HydroStation.objects.update_or_create(
        scheme="sl502",
        code=row["code"],
        defaults={
            "name": row["name"],
            "kind": row["kind"],
            "river": row["river"],
            "order_on_river": int(row["order_on_river"]),
            "warning_m": _number(row["warning_level_m"]),
            "guarantee_m": _number(row["guarantee_level_m"]),
            "base_m": _number(row["base_level_m"]),
            # a station of another city's record is replayed here: it belongs to the whole city
            "region": row["division"] or row["county"] or _CITY,
            "owner_id": units.get(f"{row['county'] or _CITY}-SL"),
            "geometry": point(float(row["lon"]), float(row["lat"])),
            "parent": gateway,
            "lifecycle": "online",
            "origin": row.get("origin") or "synthetic",
        },
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _wanted(station: HydroStation) -> Iterator[dict[str, Any]]:
    """Columns of the datastreams that a station of its kind has."""
    for item in _ELEMENTS[station.kind]:
        is_level = item.observed in LEVELS
        low, high = item.low, item.high
        if is_level and station.base_m is not None:
            low = station.base_m - _BELOW_BASE_M
            high = (station.guarantee_m or station.warning_m or station.base_m) + _ABOVE_GUARANTEE_M
        yield {
            "thing_id": station.pk,
            "door": "sl651",
            "station": station.address,
            "element": item.element,
            "observed": item.observed,
            "name": item.name,
            "unit": item.unit,
            "digits": item.digits,
            "period_s": item.period_s,
            "low": low,
            "high": high,
            "max_rate": item.max_rate,
            "limit": station.warning_m if is_level else None,
            "limit_high": station.guarantee_m if is_level else None,
            "origin": station.origin,
        }


def _datastreams() -> None:
    known = {(row.station, row.element): row for row in Datastream.objects.filter(door="sl651")}
    number = Datastream.objects.aggregate(last=Max("number"))["last"] or 0
    for station in HydroStation.objects.filter(scheme="sl502").order_by("code"):
        for wanted in _wanted(station):
            old = known.get((wanted["station"], wanted["element"]))
            if old is None:
                number += 1
                Datastream.objects.create(number=number, **wanted)
            elif (old.limit, old.limit_high) != (wanted["limit"], wanted["limit_high"]):
                for name in ("limit", "limit_high", "low", "high"):  # the rest may have been tuned by hand
                    setattr(old, name, wanted[name])
                old.save()


def _village(row: dict[str, str], stations: dict[str, HydroStation]) -> None:
    if row["rain_station"] not in stations:
        raise ValueError(f"雨量站 {row['rain_station']} 不在 stations.csv 里")
    limits = {f"{kind}_{hours}h": float(row[f"{kind}_{hours}h"]) for kind in ("prepare", "move") for hours in (1, 3, 6)}
    for hours in (1, 3, 6):
        if limits[f"prepare_{hours}h"] > limits[f"move_{hours}h"]:
            raise ValueError(f"{hours} h 的准备转移雨量大于立即转移雨量")
    FlashFloodVillage.objects.update_or_create(
        code=row["division"],
        defaults={
            "name": row["name"],
            "kind": "risk_village",
            "region": row["division"],
            "parent": Place.objects.filter(code=row["division"], kind="village").first(),
            "geometry": point(float(row["lon"]), float(row["lat"])),
            "station": stations[row["rain_station"]],
            "households": int(row["households"]),
            "people": int(row["people"]),
            "contact": row["contact"],
            "phone": row["phone"],
            "origin": "synthetic",
            **limits,
        },
    )
