"""Replay of the Biliuhe file through the real door."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from simulator.replay import Hour, read_hours, replay, select, tips
from simulator.sl651_device import Device
from yongzhou.core import wire
from yongzhou.core.home import REPOSITORY
from yongzhou.gateways.kit.testing import NatsServer
from yongzhou.gateways.sl651.server import NAME, listening
from yongzhou.testing import reference

FILE = REPOSITORY.parent / "shared" / "data" / "governance-sectors" / "biliuhe_hourly_2012_2017.csv.gz"


@pytest.fixture(scope="module")
def hours() -> list[Hour]:
    if not FILE.exists():
        pytest.skip("the Biliuhe file is not on this machine")
    return read_hours(FILE)


@reference("published", source="hydromodel example data, Biliuhe", clause="highest hourly inflow")
def test_highest_inflow(hours):
    assert round(max(hour.flow or 0 for hour in hours)) == 3355


def test_now_without_range_is_a_day_around_the_peak(hours):
    chosen = select(hours, None, None, as_now=True)
    assert len(chosen) == 24
    assert max(hour.flow or 0 for hour in chosen) == max(hour.flow or 0 for hour in hours)


def test_tips_keep_the_total(hours):
    assert sum(tip or 0 for tip in tips(hours)) == pytest.approx(sum(hour.rain or 0 for hour in hours), abs=0.1)


def test_unreadable_row_is_named(tmp_path: Path):
    file = tmp_path / "x.csv"
    file.write_text("time,precipitation_mm,pet_mm,inflow_m3s\n2012-01-01T00:00,x,0,1\n")
    with pytest.raises(ValueError, match="第 2 行"):
        read_hours(file)


async def _through(server: NatsServer, rows: list[Hour], shift: timedelta) -> list[dict[str, object]]:
    async with listening(server.home) as door:
        device = Device("0099210001", "K", "127.0.0.1", server.home.port_of(NAME))
        await replay(rows, device, 0, shift, lambda n, hour: None)
        js = door.bus.jetstream()
        last = (await js.stream_info("OBS")).state.last_seq
        messages = [await js.get_msg("OBS", seq) for seq in range(1, last + 1)]
        return [row for message in messages for row in wire.decode(message.data or b"").to_pylist()]


def test_true_times_arrive_as_suspect_clock(nats_server, hours):
    chosen = [max(hours, key=lambda hour: hour.flow or 0)]
    (row,) = asyncio.run(_through(nats_server, chosen, timedelta()))
    assert (row["station"], row["function"], row["element"]) == ("0099210001", "34", ["1A", "26", "27"])
    assert row["result"][2] == pytest.approx(chosen[0].flow, abs=0.0005)  # type: ignore[index]
    assert row["flag"] == [3, 3, 3]
    assert row["phenomenon"][0].replace(tzinfo=None) == chosen[0].time - timedelta(hours=8)  # type: ignore[index]


def test_shifted_times_may_raise_alarms(nats_server):
    row = Hour(datetime(2012, 8, 4, 3), 1.0, 100.0)
    shift = datetime.now().replace(minute=0, second=0, microsecond=0) - row.time
    (found,) = asyncio.run(_through(nats_server, [row], shift))
    assert found["flag"] == [2, 2, 2]
