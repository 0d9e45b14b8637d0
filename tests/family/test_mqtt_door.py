"""The MQTT port opens only after the durable consumer is there, and stays open over restarts."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pytest

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.house.family import Family, Member, nats
from yongzhou.house.family.roster import NATS

pytestmark = pytest.mark.family

MAKE_CONSUMER = f"""
import asyncio, nats
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig
from yongzhou.core.home import Home

async def main():
    home = Home.here()
    bus = await nats.connect(home.nats_url, user="house", password=home.secret("nats_house"))
    jetstream = bus.jetstream()
    interest = RetentionPolicy.INTEREST
    await jetstream.add_stream(StreamConfig(name={nats.MQTT_STREAM!r}, subjects=["$MQTT.msgs.>"], retention=interest))
    consumer = ConsumerConfig(durable_name={nats.MQTT_CONSUMER!r}, filter_subject="$MQTT.msgs.up.>")
    await jetstream.add_consumer({nats.MQTT_STREAM!r}, consumer)
    await bus.close()

asyncio.run(main())
"""


def is_open(home: Home) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", home.port_of("mqtt"))) == 0


def test_door_opens_after_the_consumer_and_stays(tmp_path: Path) -> None:
    home = free_home(tmp_path)
    with Family(home, [NATS]):
        assert not is_open(home)
    door = Member(
        name="mqtt_door",
        title="",
        command=lambda home: [sys.executable, "-c", MAKE_CONSUMER],
        after=("nats",),
        one_shot=True,
        restarts="nats",
    )
    with Family(home, [NATS, door]) as family:
        deadline = time.monotonic() + 10
        while not is_open(home) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert is_open(home)
        family.kill("nats")
        family.wait_ready("nats")
        assert is_open(home)
