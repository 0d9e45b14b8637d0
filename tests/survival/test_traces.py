"""One frame over a limit leaves one trace through the doors, telemetry and the pump, at a real OTLP receiver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from simulator.sl651_device import BEIJING
from tests.support.otlp import Receiver, Span, receiving
from tests.survival.city import City, until
from tests.survival.devices import Stations

pytestmark = pytest.mark.family

STATION = "0082000001"
TRACED = ("sl651", "telemetry", "pump")


@pytest.fixture
def traced(city: City) -> Iterator[Receiver]:
    """The same city, three of whose roles now send their spans to a receiver of ours."""
    with receiving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        for name in TRACED:
            city.family.restart(name)
        yield receiver
        patch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
        for name in TRACED:
            city.family.restart(name)


def watch_over(city: City) -> None:
    """A rule that any level of the station breaks."""
    city.sql("update things_datastream set \"limit\" = 1, observed = 'traced' where station = %s", STATION)
    city.sql(
        "insert into telemetry_rule (id, origin, created_at, row_version, name, observed, threshold, margin, falling,"
        " aggregate, window_s, hold, level, active) values (gen_random_uuid(), 'synthetic', now(), 1, '有迹可循',"
        " 'traced', 'limit', 0.1, false, 'last', 0, 1, '3', true)"
    )


def test_one_frame_is_one_trace_from_the_door_to_the_matter(city: City, traced: Receiver) -> None:
    city.register([STATION], ["39"])
    watch_over(city)
    until(lambda: _reads(city), 30, "telemetry knows the rule")
    with Stations(city.home, [STATION], rounds=1):
        until(lambda: _whole(traced), 40, "a trace through three roles")
    spans = _whole(traced)
    names = {(span.service, span.name.partition(" ")[0]) for span in spans}
    assert ("yongzhou-sl651", "publish") in names
    assert {("yongzhou-telemetry", "telemetry"), ("yongzhou-telemetry", "alarm")} <= names
    assert any(span.name.startswith("hear ") for span in spans)
    ids = {span.id for span in spans}
    assert [span.name for span in spans if span.parent and span.parent not in ids] == []  # no part hangs in the air
    assert sum(not span.parent for span in spans) == 1


def _whole(receiver: Receiver) -> list[Span]:
    """The spans of the first trace that reached the pump."""
    for spans in receiver.traces().values():
        if {span.service for span in spans} >= {f"yongzhou-{name}" for name in TRACED}:
            return spans
    return []


def _reads(city: City) -> bool:
    """Telemetry looks at the rules every 5 s: by its newest look."""
    at = city.one("select max(created_at) from telemetry_rule where observed = 'traced'")
    return bool(datetime.now(BEIJING) - at > timedelta(seconds=7))
