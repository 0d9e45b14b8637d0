"""T10, short: 2,000 datastreams with 1 % bad frames: nothing lost, each bad one aside with its reason, replay works."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from simulator.mischief import LABELS, bad_frame
from simulator.sl651_device import BEIJING, Device
from tests.survival.city import SEED, City, until
from tests.survival.devices import ELEMENTS, Stations

pytestmark = pytest.mark.family

STATIONS = [f"0080{n:06d}" for n in range(500)]
REPORTS = 6
BAD = len(STATIONS) * REPORTS // 100
UNKNOWN = "0081000001"
# what the house says about each kind of bad frame
REASONS = {
    "CRC 校验错误": "CRC",
    "不存在的日期": "不存在",
    "BCD 半字节错误": "BCD",
    "线路噪声": "起始符",
    "报文中断": "中断",
}


async def misbehave(city: City, labels: list[str]) -> None:
    """One connection a bad frame, then it hangs up."""
    for number, label in enumerate(labels):
        device = Device(STATIONS[number], "H", "127.0.0.1", city.home.port_of("sl651"))
        moment = datetime.now(BEIJING) - timedelta(minutes=number)  # each differs from the others
        await device.send_raw(bad_frame(label, STATIONS[number], "H", moment))
        await asyncio.sleep(0.05)
        await device.close()


def at_rest(city: City) -> int:
    """How many bad frames are aside once none of an earlier test comes after."""
    ask = "select count(*) from core_quarantine where source = 'gateway.sl651'"
    seen = [city.one(ask)]

    def settled() -> bool:
        seen.append(city.one(ask))
        return bool(seen[-1] == seen[-2])

    time.sleep(2.0)
    until(settled, 60, "bad frames of earlier tests are aside", 2.0)
    return int(seen[-1])


def test_nothing_is_lost_and_each_bad_frame_is_aside_with_its_reason(city: City) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    labels = [dice.choice(LABELS) for _ in range(BAD)]
    city.register(STATIONS, ELEMENTS)
    before = at_rest(city)
    stations = Stations(city.home, STATIONS, pause=1.0, rounds=REPORTS)
    with stations:
        asyncio.run(misbehave(city, labels))
        stations.wait()
    assert not stations.failures
    assert len(stations.acknowledged) == len(STATIONS) * REPORTS
    until(lambda: stations.acknowledged.keys() <= city.frames_in_lake("0080")[1], 30, "all frames are in the lake", 1.0)
    rows, identities = city.frames_in_lake("0080")
    assert rows == len(identities)
    aside = "select reason from core_quarantine where source = 'gateway.sl651' order by id offset %s"
    until(lambda: len(city.sql(aside, before)) >= BAD, 20, "all bad frames are aside")
    reasons = [reason for (reason,) in city.sql(aside, before)]
    print(Counter(labels), Counter(reasons))
    assert len(reasons) == BAD
    assert all(reasons)
    assert {label: sum(word in reason for reason in reasons) for label, word in REASONS.items()} == {
        label: labels.count(label) for label in REASONS
    }


def test_registration_of_an_unknown_station_replays_its_frames(city: City) -> None:
    with Stations(city.home, [UNKNOWN], pause=0.1, rounds=5) as stations:
        stations.wait()
    waiting = (
        "select count(*) from core_quarantine where station = %s and state = 'open' and reason like '地址未登记%%'"
    )
    until(lambda: city.one(waiting, UNKNOWN) == 5, 20, "frames of an unknown address are aside")
    assert city.frames_in_lake("0081")[0] == 0
    city.register([UNKNOWN], ELEMENTS)
    took = until(
        lambda: city.frames_in_lake("0081")[1] == stations.acknowledged.keys(), 60, "its frames came in again", 1.0
    )
    print(f"replayed {took:.0f} s after the registration")
    assert city.frames_in_lake("0081")[0] == 5
