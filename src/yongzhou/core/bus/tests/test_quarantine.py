import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from yongzhou.core.bus import quarantine as room
from yongzhou.core.bus.connection import connect_patiently
from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import ReplayError, mend_and_replay, payload_of, quarantine, replay_handler
from yongzhou.core.bus.quarantine_consumer import consume_quarantine
from yongzhou.core.streams import QUARANTINE, ensure_streams

ID_NUMBER = "431103199001011234"
taken: list[bytes] = []


@replay_handler("tests.csv")
def take_csv(payload: bytes, row: Quarantine) -> None:
    if b"bad" in payload:
        raise ValueError("仍不是数字")
    taken.append(payload)


def put(payload=b"bad"):
    return quarantine("tests", payload, reason="经度不是数字", where="第 3 行，经度", replay="tests.csv", station="S1")


@pytest.fixture(autouse=True)
def _fresh(home):
    taken.clear()


def test_payload_is_whole_and_encrypted(direct):
    id = put(ID_NUMBER.encode())
    assert payload_of(Quarantine.objects.get(pk=id)) == ID_NUMBER.encode()
    assert ID_NUMBER not in str(direct.execute("SELECT * FROM core_quarantine").fetchall())


def test_mended_payload_is_replayed_and_the_first_kept():
    id = put()
    mend_and_replay(id, b"good")
    row = Quarantine.objects.get(pk=id)
    assert (taken, row.state) == ([b"good"], "replayed")
    assert room.unseal_bytes(row.payload, room.CONTEXT) == b"bad"


def test_failed_replay_names_the_error_and_stays_open_for_another():
    id = put()
    with pytest.raises(ReplayError, match="仍不是数字"):
        mend_and_replay(id, b"still bad")
    assert Quarantine.objects.get(pk=id).state == "mended"
    mend_and_replay(id, b"good")
    assert Quarantine.objects.get(pk=id).state == "replayed"


def test_a_replayed_row_is_not_replayed_again():
    id = put(b"good")
    mend_and_replay(id)
    with pytest.raises(Quarantine.DoesNotExist):
        mend_and_replay(id)


def test_registration_replays_a_stations_rows():
    for payload in (b"1", b"bad", b"2"):
        put(payload)
    assert room.replay_station("tests", "S1") == (2, 1)
    assert taken == [b"1", b"2"]


def test_gateway_messages_become_rows_once_and_leave_the_stream(home):
    body = {
        "door": "sl651",
        "station": None,
        "peer": "10.0.0.1:5",
        "received": "2026-11-24T10:00:00Z",
        "reason": "CRC 不符",
        "where": "校验码",
        "hex": "7e7e01",
    }

    async def go():
        bus = await connect_patiently(home, "tests")
        js = bus.jetstream()
        await ensure_streams(js)
        await js.publish("obs-quarantine.sl651", json.dumps(body).encode())
        await js.publish("obs-quarantine.mqtt", b"not json")
        with ThreadPoolExecutor(1) as threads:
            task = asyncio.create_task(consume_quarantine(bus, threads))
            async with asyncio.timeout(10):
                while (await js.stream_info(QUARANTINE)).state.messages:
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0.05)
            task.cancel()
            threads.submit(connections.close_all)
        await bus.close()

    asyncio.run(go())
    files = [path.read_bytes() for path in (home.data / "nats").rglob("*.blk")]
    assert files
    assert not any(b"7e7e01" in content for content in files)  # erased, not only forgotten
    good, bad = Quarantine.objects.order_by("-source")
    assert (good.replay, payload_of(good), good.reason) == ("gateway.sl651", b"\x7e\x7e\x01", "CRC 不符")
    assert (bad.source, payload_of(bad)) == ("gateway.mqtt", b"not json")


def test_the_same_message_again_is_the_same_row():
    first = room.take_message(b"x", door="mqtt", stream="s", sequence=5)
    assert room.take_message(b"x", door="mqtt", stream="s", sequence=5) == first
    assert Quarantine.objects.count() == 1
