"""This room's part of `cities/<city>`: event library, duty list, register of grids, workers, patrol points, answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely
from django.utils import timezone

from yongzhou.core.data.geometry import point
from yongzhou.core.people.city import rows
from yongzhou.core.people.models import Appointment, Unit
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import (
    DutyItem,
    EventType,
    GridPost,
    GridProfile,
    Knowledge,
    PatrolPoint,
    PictureModel,
)
from yongzhou.systems.governance.grid_governance.operations.gridding import area_km2
from yongzhou.systems.governance.grid_governance.responsible import RuleError, parse

_NUMBERS = ("accept_hours", "handle_hours", "merge_radius_m", "merge_window_h")


def load(folder: Path) -> None:
    """Renew the facts; give each grid its register entry and workers. Raises `ValueError` for a bad row."""
    _each(folder, "event_types.csv", _type)
    _each(folder, "duty_list.csv", _duty)
    _each(folder, "knowledge.csv", _knowledge)
    _each(folder, "picture_models.csv", _model)
    _posts()
    _profiles()
    _points(folder)


def _each(folder: Path, name: str, keep: Callable[[dict[str, str]], None]) -> None:
    """Keep each row of a file; what is wrong with one is said with its line."""
    if not (folder / name).exists():
        return
    for line, row in enumerate(rows(folder / name), start=2):
        try:
            keep(dict(row))
        except (RuleError, ValueError, KeyError) as error:
            raise ValueError(f"{name} 第 {line} 行 {next(iter(row.values()), '')}：{error}") from error


def _type(row: dict[str, str]) -> None:
    parse(row["unit_rule"])
    numbers = {name: float(row[name]) for name in _NUMBERS}
    texts = {name: value for name, value in row.items() if name not in (*_NUMBERS, "code")}
    EventType.objects.update_or_create(code=row["code"], defaults={**texts, **numbers})


def _duty(row: dict[str, str]) -> None:
    for prefix in row["types"].split(";"):
        if not EventType.objects.filter(code__startswith=prefix).exists():
            raise ValueError(f"事件库没有以 {prefix} 开头的类型")
    DutyItem.objects.update_or_create(code=row.pop("code"), defaults=dict(row))


def _knowledge(row: dict[str, str]) -> None:
    Knowledge.objects.update_or_create(question=row.pop("question"), defaults=dict(row))


def _model(row: dict[str, str]) -> None:
    limits = {name: float(row[name]) for name in ("threshold", "false_limit")}
    texts = {name: row[name] for name in ("name", "type_code")}
    PictureModel.objects.update_or_create(
        code=row["code"], version=row["version"], defaults={**texts, **limits, "origin": "synthetic"}
    )


def _grids() -> dict[str, Any]:
    return dict(Place.objects.filter(kind="grid", valid_to__isnull=True).values_list("code", "pk"))


def _posts() -> None:
    workers = Appointment.objects.filter(role__code="grid_worker").values_list("person_id", "region")
    grids = _grids()
    for person, region in workers:
        for code in (code for code in grids if region and code.startswith(region)):
            GridPost.objects.get_or_create(
                grid_id=grids[code], person_id=person, defaults={"region": code, "origin": "synthetic"}
            )


def _profiles() -> None:
    known = set(GridProfile.objects.values_list("grid", flat=True))
    units = dict(Unit.objects.filter(code__endswith="-ZF").values_list("code", "pk"))
    fresh = []
    for place in Place.objects.filter(kind="grid", valid_to__isnull=True).exclude(pk__in=known):
        shape = shapely.from_wkb(bytes(place.geometry)) if place.geometry is not None else None
        row = GridProfile(grid=place, region=place.region, since=place.created_at or timezone.now())
        row.unit_id = units.get(f"{place.code[:9]}-ZF")
        row.area_km2, row.origin = round(area_km2(shape), 2) if shape else 0.0, place.origin
        fresh.append(row)
    GridProfile.objects.bulk_create(fresh)


def _points(folder: Path) -> None:
    grids, known = _grids(), set(PatrolPoint.objects.values_list("code", flat=True))
    fresh: list[PatrolPoint] = []

    def keep(row: dict[str, str]) -> None:
        if row["code"] in known or row["grid"] not in grids:
            return
        spot = PatrolPoint(code=row["code"], name=row["name"], grid_id=grids[row["grid"]], region=row["grid"])
        spot.offices, spot.items, spot.origin = row["offices"], row["items"], "synthetic"
        spot.interval_days, spot.service_min = int(row["interval_days"]), float(row["service_min"])
        spot.geometry = point(float(row["lon"]), float(row["lat"]))
        fresh.append(spot)

    _each(folder, "patrol_points.csv", keep)
    PatrolPoint.objects.bulk_create(fresh, batch_size=1000)
