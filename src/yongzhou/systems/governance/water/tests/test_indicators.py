"""Indicators over a real lake: observations are appended, the SQL is computed as the worker does."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest

from yongzhou.core.data.actor import system
from yongzhou.core.home import Home
from yongzhou.core.indicators.compute import compute
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.models import Reading, Run
from yongzhou.core.lake import FRAME, OBSERVATION, connect
from yongzhou.core.operations.context import Context
from yongzhou.core.things.models import Datastream
from yongzhou.systems.governance.water.judge import warn_villages
from yongzhou.systems.governance.water.models import FlashFloodVillage, FloodWarning, HydroStation

NAMES = [
    "acknowledgement_rate",
    "area_rain_3h",
    "data_freshness",
    "max_over_warning",
    "on_time_rate",
    "stations_over_warning",
]
pytestmark = pytest.mark.django_db


def append(values):
    """Rows (address, element, minutes ago, result, flag) as observations that were received at once."""
    now = datetime.now(UTC)
    numbers = {(row.station, row.element): row.number for row in Datastream.objects.all()}
    rows = [
        {
            "datastream": numbers[f"00{code}", element],
            "phenomenon": now - timedelta(minutes=ago),
            "result": result,
            "flag": flag,
            "seq": 1,
            "frame": uuid4().bytes,
            "received": now - timedelta(minutes=ago),
            "origin": "synthetic",
        }
        for code, element, ago, result, flag in values
    ]
    lake = connect(Home.here())
    try:
        with lake.cursor() as cursor:
            cursor.execute("DELETE FROM lake.observation")
        lake.append(
            pa.Table.from_pylist(rows, OBSERVATION), FRAME.empty_table(), stream="OBS", incarnation=now, last_seq=1
        )
    finally:
        lake.close()


def value(name, region):
    compute(indicators()[f"water.{name}"])
    assert Run.objects.get(indicator=f"water.{name}").error == ""
    return Reading.objects.filter(indicator=f"water.{name}", region=region).order_by("-period").first()


@pytest.mark.parametrize("name", NAMES)
def test_every_indicator_runs_on_an_empty_lake(name):
    append([])
    compute(indicators()[f"water.{name}"])
    assert Run.objects.get(indicator=f"water.{name}").error == ""


def test_area_rain_is_the_mean_of_gauges_with_a_report():
    append(
        [
            ("99431107", "20", 50, 20.0, 1),
            ("99431107", "20", 40, 10.0, 1),
            ("99431106", "20", 30, 10.0, 1),
            ("99431106", "20", 20, 99.0, 4),
            ("99431102", "20", 200, 50.0, 1),
            ("99431117", "20", 10, 4.0, 1),
        ]
    )
    county = value("area_rain_3h", "431181")
    assert (county.value, county.denominator, county.origin) == (20.0, 2.0, "synthetic")
    assert value("area_rain_3h", "4311").value == pytest.approx(44 / 3)
    assert value("area_rain_3h", "431122") is None  # no report is no zero


def test_stations_over_their_warning_line():
    append(
        [
            ("99431107", "39", 9, 73.0, 1),
            ("99431107", "39", 5, 74.62, 1),
            ("99431102", "39", 5, 82.0, 1),
            ("99431117", "3B", 5, 168.0, 1),
        ]
    )
    assert value("stations_over_warning", "431181").value == 1
    assert value("stations_over_warning", "4311").value == 2  # a reservoir at its limit counts
    assert value("max_over_warning", "431181").value == pytest.approx(0.62)


def test_freshness_is_the_median_age():
    append([("99431107", "38", 2, 12.4, 1), ("99431106", "38", 4, 12.4, 1)])
    assert value("data_freshness", "431181").value == pytest.approx(180, abs=3)


def test_on_time_rate_counts_each_five_minutes():
    append([("99431107", "38", ago, 12.4, 1) for ago in range(60)])
    value("on_time_rate", "431181")
    rows = Reading.objects.filter(indicator="water.on_time_rate", region="431181")
    assert sum(row.denominator for row in rows) == 5 * sum(
        row.numerator for row in rows
    )  # one of five stations reports


def judge():
    ctx = Context(actor=system("test"), now=datetime.now(UTC), op_id=uuid4())
    station = HydroStation.objects.get(code="99431107")
    return warn_villages(ctx, [station.pk])


def test_rain_in_the_lake_warns_the_villages_it_reaches():
    append([("99431107", "20", ago, 5.0, 1) for ago in range(2, 58, 5)])  # 60 mm in an hour, wetness unknown
    village = {row.name: row for row in FlashFloodVillage.objects.filter(station__code="99431107")}
    assert judge() == len(village)
    assert FloodWarning.objects.get(village=village["新中村"]).level == "move"  # 50 mm
    east = FloodWarning.objects.get(village=village["东川村"])
    assert (east.level, east.rain_mm, east.window_h) == ("prepare", 60.0, 1)  # 65 mm to move
    assert len(east.frame) == 36
    assert judge() == 0


def test_no_rain_no_warning():
    append([("99431107", "20", 5, 0.0, 1), ("99431107", "20", 400, 90.0, 1)])
    assert judge() == 0
