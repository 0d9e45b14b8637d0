"""Conversions against values that open implementations publish, and round trips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.places.crs import DATUMS, CrsError, convert, normalise_point
from yongzhou.testing import reference

YONGZHOU = (110.94, 24.63, 112.46, 26.88)
MILLIMETRE = 1e-3 / 111_195
inland = st.tuples(st.floats(75, 133), st.floats(20, 52))


def one(x: float, y: float, source: str, target: str) -> np.ndarray:
    return convert(np.array([[x, y]]), source, target)[0]


@reference("published", source="wandergis/coordtransform", clause="test/app.js, result of wgs84togcj02")
def test_gcj02_of_wgs84():
    found = one(116.404, 39.915, "WGS84", "GCJ02")
    assert found == pytest.approx([116.41024449916938, 39.91640428150164], abs=1e-12)


@reference("published", source="wandergis/coordtransform", clause="test/app.js, result of gcj02tobd09")
def test_bd09_of_gcj02():
    found = one(116.404, 39.915, "GCJ02", "BD09")
    assert found == pytest.approx([116.41036949371029, 39.92133699351021], abs=MILLIMETRE)


@reference("published", source="wandergis/coordtransform", clause="test/app.js, result of bd09togcj02 (approximate)")
def test_gcj02_of_bd09():
    found = one(116.404, 39.915, "BD09", "GCJ02")
    assert found == pytest.approx([116.39762729119315, 39.90865673957631], abs=1e-5)


@reference("published", source="googollee/eviltransform", clause="python/test.py, TESTS (axis 6378137: 3 cm apart)")
@pytest.mark.parametrize(
    ("lat", "lon", "gcj_lat", "gcj_lon"),
    [
        (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
        (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
        (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
    ],
)
def test_second_implementation_agrees(lat, lon, gcj_lat, gcj_lon):
    assert one(lon, lat, "WGS84", "GCJ02") == pytest.approx([gcj_lon, gcj_lat], abs=3e-7)


@given(inland, st.sampled_from(["GCJ02", "BD09"]))
def test_there_and_back_within_a_millimetre(point, datum):
    there = one(*point, "CGCS2000", datum)
    assert one(*there, datum, "CGCS2000") == pytest.approx(point, abs=MILLIMETRE)


@given(st.floats(110.94, 112.46), st.floats(24.63, 26.88))
def test_projected_zone_and_back(lon, lat):
    metres = one(lon, lat, "CGCS2000", "EPSG:4546")
    assert 490_000 < metres[0] < 660_000
    assert one(*metres, "EPSG:4546", "CGCS2000") == pytest.approx([lon, lat], abs=MILLIMETRE)


@reference("recomputed", source="EPSG:4546", clause="central meridian 111 E, false easting 500000 m")
def test_central_meridian_of_the_zone_has_the_false_easting():
    assert one(111.0, 26.0, "CGCS2000", "EPSG:4546")[0] == pytest.approx(500_000, abs=1e-6)


def test_wgs84_and_cgcs2000_are_the_same():
    assert one(111.6, 26.2, "WGS84", "CGCS2000").tolist() == [111.6, 26.2]


def test_abroad_is_not_shifted():
    assert one(2.35, 48.85, "WGS84", "GCJ02").tolist() == [2.35, 48.85]


def test_a_gap_spoils_only_its_own_row():
    found = convert(np.array([[np.nan, 26.0], [111.6, 26.2]]), "GCJ02", "WGS84")
    assert np.isnan(found[0]).any()
    assert np.isfinite(found[1]).all()


def test_the_input_is_left_alone():
    xy = np.array([[111.6, 26.2]])
    convert(xy, "GCJ02", "WGS84")
    assert xy.tolist() == [[111.6, 26.2]]


@pytest.mark.parametrize("crs", ["火星", "EPSG:0", "GCJ-02"])
def test_unknown_system_is_named(crs):
    with pytest.raises(CrsError, match=crs):
        one(111.6, 26.2, crs, crs)


def test_wrong_shape_is_named():
    with pytest.raises(CrsError, match="n 行 2 列"):
        convert(np.zeros(2), "WGS84", "GCJ02")


@given(st.floats(111.2, 112.2), st.floats(24.9, 26.6), st.sampled_from(DATUMS))
def test_a_named_system_is_believed(lon, lat, datum):
    shown = one(lon, lat, "CGCS2000", datum)
    found = normalise_point(*shown, datum, box=YONGZHOU)
    assert (found.lon, found.lat) == pytest.approx((lon, lat), abs=MILLIMETRE)
    assert (found.guessed, found.swapped, found.confidence) == (datum, False, 1.0)


def test_swapped_numbers_are_put_right():
    found = normalise_point(26.455, 111.985, box=YONGZHOU)
    assert (found.lon, found.lat, found.swapped) == (111.985, 26.455, True)
    assert "颠倒" in found.reason


def test_unlabelled_point_is_not_sure():
    assert normalise_point(111.985, 26.455, box=YONGZHOU).confidence < 0.7


def test_gcj02_is_seen_where_only_it_fits():
    shown = one(112.4595, 25.3, "CGCS2000", "GCJ02")
    found = normalise_point(*shown, box=YONGZHOU)
    assert found.guessed == "GCJ02"
    assert found.lon == pytest.approx(112.4595, abs=MILLIMETRE)


def test_another_city_has_no_confidence():
    found = normalise_point(116.404, 39.915, box=YONGZHOU)
    assert found.confidence == 0
    assert (found.lon, found.lat) == (116.404, 39.915)


def test_not_a_number_is_refused():
    with pytest.raises(CrsError, match="有效数字"):
        normalise_point(float("nan"), 26.0, box=YONGZHOU)
