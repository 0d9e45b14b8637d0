"""GeoJSON in, WKB kept, GeoJSON out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.places import geometry
from yongzhou.testing import reference

SQUARE = {"type": "Polygon", "coordinates": [[[111, 26], [112, 26], [112, 27], [111, 27], [111, 26]]]}


@reference("published", source="OGC 06-103r4 Simple Features", clause="8.2 well-known binary of a point")
def test_point_is_plain_wkb():
    assert geometry.from_geojson('{"type":"Point","coordinates":[1,2]}') == bytes.fromhex(
        "0101000000000000000000f03f0000000000000040"
    )


@given(st.floats(-180, 180).map(lambda x: round(x, 6)), st.floats(-90, 90).map(lambda y: round(y, 6)))
def test_point_comes_back(lon, lat):
    wkb = geometry.from_geojson({"type": "Point", "coordinates": [lon, lat]})
    assert geometry.to_geojson(wkb) == {"type": "Point", "coordinates": [lon, lat]}


def test_area_comes_back():
    assert geometry.to_geojson(geometry.from_geojson(SQUARE))["coordinates"] == SQUARE["coordinates"]


def test_height_is_dropped():
    wkb = geometry.from_geojson({"type": "Point", "coordinates": [111.5, 26.5, 130.0]})
    assert geometry.to_geojson(wkb)["coordinates"] == [111.5, 26.5]


def test_feature_gives_its_geometry():
    assert geometry.box(geometry.from_geojson({"type": "Feature", "geometry": SQUARE})) == (111, 26, 112, 27)


def test_boxes_of_many():
    wkbs = geometry.points(np.array([[111.0, 26.0], [112.0, 25.0]]))
    assert geometry.boxes(wkbs).tolist() == [[111, 26, 111, 26], [112, 25, 112, 25]]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "GeoJSON"),
        ("null", "GeoJSON"),
        ('{"type":"Circle"}', "GeoJSON"),
        ('{"type":"Point","coordinates":[]}', "为空"),
        ('{"type":"Point","coordinates":[26.4,111.9]}', "超出经纬度范围"),
        ('{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}', "自相交"),
    ],
)
def test_bad_geometry_says_what_is_wrong(document, words):
    with pytest.raises(geometry.GeometryError, match=words):
        geometry.from_geojson(document)
