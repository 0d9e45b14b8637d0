"""Rows become a number; an error keeps the last one and says so. Real PostgreSQL, real lake, committed rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from yongzhou.core.catalogue import reader as catalogue
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.home import Home
from yongzhou.core.indicators import figures
from yongzhou.core.indicators.compute import compute, refresh_due
from yongzhou.core.indicators.definition import Indicator, indicators, parse
from yongzhou.core.indicators.models import Reading, Run
from yongzhou.core.lake import connect
from yongzhou.core.lake.tables import FRAME, OBSERVATION
from yongzhou.core.matters.models import Matter

NOW = datetime.now(UTC).replace(microsecond=0)
NAME = "test.open"
OPEN = """-- title: 未结 | unit: 件 | period: 5min | refresh: 15s | digits: 0
with wide as (
  select unnest([left(region, 6), '4311']) as region, origin from {{resource('matters.matter')}}
  where kind = 'indicator test' and state <> 'closed'
)
select time_bucket(interval '5 minutes', now()) as period, region, count(*)::double as value, null::double as numerator,
       null::double as denominator, max(origin) as origin from wide group by all
"""
LEVEL = """-- title: 水位 | unit: m | period: 5min | refresh: 15s | digits: 2
select time_bucket(interval '5 minutes', now()) as period, '4311' as region, avg(result) as value,
       null::double as numerator, null::double as denominator, max(origin) as origin
from {{resource('telemetry.observation')}} where datastream = 880000001
"""


@pytest.fixture
def house(committed_db: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Indicator]:
    catalogue.close_readers()
    mine = parse(OPEN, NAME)
    monkeypatch.setitem(indicators(), NAME, mine)
    yield mine
    Matter.objects.filter(kind="indicator test").delete()
    Reading.objects.filter(indicator=NAME).delete()
    Run.objects.filter(indicator=NAME).delete()
    catalogue.close_readers()


def matter(region: str, origin: str = "measured") -> Matter:
    return Matter.objects.create(
        number=uuid7().hex[-20:],
        kind="indicator test",
        steward="t",
        title="t",
        region=region,
        opened_at=NOW,
        origin=origin,
    )


def test_rows_become_a_number(house: Indicator) -> None:
    for region in ("431181107", "431181", "431102"):
        matter(region)
    assert compute(house) == 3
    figure = figures.value(NAME)
    assert (figure.value, figure.text, figure.stale) == (3.0, "3", False)
    assert figures.by_region(NAME) == {"431181": (2.0, "measured"), "431102": (1.0, "measured")}


def test_the_origin_goes_with_the_number(house: Indicator) -> None:
    matter("431181", "measured")
    matter("431181", "synthetic")
    compute(house)
    assert figures.value(NAME).origin == "synthetic"


def test_the_same_again_changes_nothing(house: Indicator) -> None:
    matter("431181")
    assert compute(house) == 2
    assert compute(house) == 0
    assert set(Reading.objects.filter(indicator=NAME).values_list("revision", flat=True)) == {1}


def test_a_correction_is_a_revision(house: Indicator) -> None:
    matter("431181")
    compute(house)
    matter("431181")
    assert compute(house) == 2
    assert set(Reading.objects.filter(indicator=NAME, region="4311").values_list("value", "revision")) == {(2.0, 2)}


@pytest.mark.parametrize(
    "sql", ["select nonsense from {{resource('matters.matter')}}", "select 1 from {{resource('no.such')}}"]
)
def test_an_error_keeps_the_last_value_and_grows_stale(
    house: Indicator, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter("431181")
    compute(house, now=NOW - timedelta(minutes=10))
    assert compute(replace(house, sql=sql)) == 0
    figure = figures.value(NAME)
    assert figure.value == 1.0
    assert figure.stale
    assert figure.error


def test_no_reading_is_no_number(house: Indicator) -> None:
    figure = figures.value(NAME)
    assert (figure.value, figure.text, figure.as_of) == (None, "无数据源", None)


def test_the_past_is_the_past(house: Indicator) -> None:
    for back, value in ((120, 7.0), (60, 9.0)):
        at = NOW - timedelta(minutes=back)
        Reading.objects.create(indicator=NAME, period=at, region="4311", value=value, origin="measured", computed_at=at)
    assert figures.value(NAME, at=NOW - timedelta(minutes=90)).value == 7.0
    assert figures.value(NAME, at=NOW).value == 9.0
    assert figures.value(NAME, at=NOW - timedelta(minutes=180)).value is None


def test_a_failing_indicator_does_not_stop_the_next(house: Indicator, monkeypatch: pytest.MonkeyPatch) -> None:
    matter("431181")
    everything = {"a.bad": replace(house, name="a.bad", sql="select"), NAME: house}
    monkeypatch.setattr("yongzhou.core.indicators.compute.indicators", lambda: everything)
    assert refresh_due(NOW) == ["a.bad", NAME]
    assert figures.value(NAME).value == 1.0
    assert refresh_due(NOW + timedelta(seconds=5)) == []
    Run.objects.filter(indicator="a.bad").delete()


def test_the_lake_is_read_too(house: Indicator) -> None:
    lake = connect(Home.here())
    moments = pa.array([NOW] * 2).cast(pa.timestamp("us", tz="UTC"))
    table = pa.table(
        {
            "datastream": [880000001] * 2,
            "phenomenon": moments,
            "result": [73.0, 75.0],
            "flag": pa.array([1, 1], pa.int8()),
            "seq": pa.array([0, 0], pa.uint64()),
            "frame": pa.nulls(2, pa.binary(16)),
            "received": moments,
            "origin": ["replay", "replay"],
        },
        schema=OBSERVATION,
    )
    lake.append(table, FRAME.empty_table(), stream="indicator test", incarnation=NOW, last_seq=1)
    try:
        compute(parse(LEVEL, NAME))
        figure = figures.value(NAME)
        assert (figure.value, figure.origin) == (74.0, "replay")
    finally:
        with lake.cursor() as cursor:
            cursor.execute("delete from lake.observation where datastream = 880000001")
        lake.close()
