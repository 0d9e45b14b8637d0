"""Point in area against the city's own tiling."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.home import Home
from yongzhou.core.places.area import AreaIndex

CITY = Home.here().city_folder


@pytest.fixture(scope="module")
def towns() -> AreaIndex:
    return AreaIndex.from_geojson(CITY / "townships.geojson")


@pytest.fixture(scope="module")
def counties() -> AreaIndex:
    return AreaIndex.from_geojson(CITY / "counties_fine.geojson")


def square(code: str, west: float) -> dict[str, object]:
    ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
    return {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture(scope="module")
def pair() -> AreaIndex:
    return AreaIndex.from_geojson(json.dumps({"features": [square("B", 1), square("A", 0)]}))


def test_each_point_finds_its_square(pair):
    assert pair.locate(np.array([[0.5, 0.5], [1.5, 0.5], [5, 5]])).tolist() == ["A", "B", ""]


def test_common_edge_goes_to_the_lowest_code(pair):
    assert pair.locate(np.array([[1.0, 0.5]])).tolist() == ["A"]
    assert pair.locate_one(1.0, 0.5) == "A"


@pytest.mark.parametrize(("tolerance", "code"), [(100, ""), (200, "A")])
def test_nearest_within_tolerance(pair, tolerance, code):
    outside = np.array([[0.5, -150 / 111_195]])
    assert pair.locate(outside, tolerance).tolist() == [code]
    assert pair.locate_one(*outside[0], tolerance) == code


def test_gap_is_nowhere(pair):
    assert pair.locate(np.array([[np.nan, 0.5], [0.5, 0.5]]), 1e6).tolist() == ["", "A"]


def test_no_points(pair):
    assert pair.locate(np.empty((0, 2))).shape == (0,)


def test_stored_geometries_give_the_same(pair):
    again = AreaIndex.from_wkb(list(pair.codes), list(shapely.to_wkb(pair.shapes)))
    assert again.locate(np.array([[1.5, 0.5]])).tolist() == ["B"]
    assert again.box == (0, 0, 2, 1)


def test_repeated_code_is_refused():
    with pytest.raises(ValueError, match="编码重复：A"):
        AreaIndex.from_geojson(json.dumps({"features": [square("A", 0), square("A", 1)]}))


def test_feature_without_code_is_refused():
    with pytest.raises(ValueError, match="gb"):
        AreaIndex.from_geojson(json.dumps({"features": [square("A", 0)]}), code="gb")


@given(st.lists(st.tuples(st.floats(110.9, 112.5), st.floats(24.6, 26.9)), min_size=1, max_size=50))
def test_town_and_county_agree(towns, counties, points):
    territory = {
        feature["properties"]["code"]: feature["properties"]["territory"]
        for feature in json.loads((CITY / "townships.geojson").read_text())["features"]
    }
    xy = np.array(points)
    assert [territory.get(code, "") for code in towns.locate(xy)] == counties.locate(xy).tolist()


def test_one_and_many_agree(towns):
    xy = np.random.default_rng(7).uniform((110.9, 24.6), (112.5, 26.9), (200, 2))
    assert [towns.locate_one(*point) for point in xy] == towns.locate(xy).tolist()


def test_every_station_lies_in_its_town(towns):
    with (CITY / "stations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = towns.locate(np.array([[float(row["lon"]), float(row["lat"])] for row in rows]))
    assert found.tolist() == [row["division"][:9] for row in rows]
