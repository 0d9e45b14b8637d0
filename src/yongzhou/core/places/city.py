"""Places' part of `cities/<city>`: divisions with their outlines, grids."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import shapely

from yongzhou.core.people.city import rows
from yongzhou.core.places.models import Place

_LEVELS = {
    "town": "town",
    "village": "village",
    "county": "county",
    "management_area": "county",
    "city": "city",
    "province": "province",
}


def load(folder: Path) -> None:
    """Load divisions and grids that are not there yet; outlines are renewed."""
    outlines = {**_outlines(folder / "counties_fine.geojson"), **_outlines(folder / "townships.geojson")}
    known = dict(Place.objects.filter(kind__in=("city", "county", "town", "village")).values_list("code", "pk"))
    fresh: dict[str, Place] = {}
    for row in rows(folder / "divisions.csv"):
        if row["code"] in known:
            continue
        parent = fresh.get(row["parent"])
        fresh[row["code"]] = Place(
            code=row["code"],
            name=row["name"],
            kind=_LEVELS[row["level"]],
            region=row["code"],
            parent=parent,
            parent_id=parent.pk if parent else known.get(row["parent"]),
            geometry=outlines.get(row["code"]),
            **_validity(row),
        )
    _insert(list(fresh.values()))
    _grids(folder)


def _insert(places: list[Place]) -> None:
    Place.objects.bulk_create(places, batch_size=1000)


def _grids(folder: Path) -> None:
    outlines = _outlines(folder / "grids.geojson")
    towns = dict(Place.objects.filter(kind="town").values_list("code", "pk"))
    known = set(Place.objects.filter(kind="grid").values_list("code", flat=True))
    _insert(
        [
            Place(
                code=row["code"],
                name=row["name"],
                kind="grid",
                region=row["code"],
                parent_id=towns[row["township"]],
                geometry=outlines.get(row["code"]),
                origin="synthetic",
            )
            for row in rows(folder / "grids.csv")
            if row["code"] not in known
        ]
    )


def _outlines(path: Path) -> dict[str, bytes]:
    if not path.exists():
        return {}
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    return {feature["properties"]["code"]: wkb for feature, wkb in zip(features, shapely.to_wkb(shapes), strict=True)}


def _validity(row: dict[str, str]) -> dict[str, Any]:
    return {name: date.fromisoformat(row[name]) if row.get(name) else None for name in ("valid_from", "valid_to")}
