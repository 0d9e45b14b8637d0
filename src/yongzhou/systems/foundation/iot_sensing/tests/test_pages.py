"""Pages: who may see them, what they show, what their buttons do."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest

from yongzhou.core import wire
from yongzhou.core.bus import connection as bus_connection
from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.bus.quarantine import quarantine
from yongzhou.core.crypto import seal
from yongzhou.core.home import Home
from yongzhou.core.indicators.compute import compute
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.models import Reading, Run
from yongzhou.core.lake import FRAME, OBSERVATION, connect
from yongzhou.core.people.models import Login
from yongzhou.core.streams import OBS, ensure_streams
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling
from yongzhou.systems.foundation.iot_sensing.watch import update_health
from yongzhou.testing import queries, reference

pytestmark = pytest.mark.django_db
PUBLISHED = (
    "7E7E010012345678123430002B020003591011154947F1F1001234567848F0F059101115492019000005"
    "2619000005392300000127381211150320FA"
)


@pytest.fixture
def as_(client, db):
    def sign_in(login):
        session = client.session
        session["person"] = str(Login.objects.get(name=login).person_id)
        session.save()
        return client

    return sign_in


@pytest.fixture
def stream(db):
    """白水's level with an hour of observations, one of them out of range; the newest stands in things_latest."""
    row = Datastream.objects.get(station="0099431107", element="39")
    now = datetime.now(UTC)
    flags = {15: (999.0, 4), 20: (73.0, 3)}
    rows = []
    for ago in range(0, 60, 5):
        value, flag = flags.get(ago, (74.0 + ago / 1000, 1))
        at = now - timedelta(minutes=ago)
        rows.append(
            {
                "datastream": row.number,
                "phenomenon": at,
                "result": value,
                "flag": flag,
                "seq": 1,
                "frame": uuid4().bytes,
                "received": at,
                "origin": "synthetic",
            }
        )
    lake = connect(Home.here())
    try:
        with lake.cursor() as cursor:
            cursor.execute("DELETE FROM lake.observation")
        lake.append(
            pa.Table.from_pylist(rows, OBSERVATION), FRAME.empty_table(), stream="OBS", incarnation=now, last_seq=1
        )
    finally:
        lake.close()
    Latest.objects.create(
        datastream=row.number, phenomenon=now, result=74.0, flag=1, origin="synthetic", frame=uuid4(), received=now
    )
    return row


@pytest.mark.parametrize("address", ["", "alarms/", "quarantine/", "letters/", "devices.geojson"])
def test_who_has_no_grant_is_refused(as_, client, address):
    assert client.get(f"/desk/iot_sensing/{address}").status_code in (302, 401)
    assert as_("citizen").get(f"/desk/iot_sensing/{address}").status_code == 403


def test_devices_by_health(as_, stream):
    update_health(datetime.now(UTC) + timedelta(hours=1))
    page = as_("duty").get("/desk/iot_sensing/").content.decode()
    for words in ("1 台要看", "离线", "超过 3 个周期没有上报", "未上报过", "模拟数据"):
        assert words in page, words
    assert [
        f["properties"]["title"] for f in as_("duty").get("/desk/iot_sensing/devices.geojson").json()["features"]
    ] == ["白水"]


def test_devices_cost_a_bounded_number_of_queries(as_, stream):
    client = as_("duty")
    client.get("/desk/iot_sensing/")
    with queries(max=22):
        client.get("/desk/iot_sensing/")


def test_an_alarm_is_acknowledged_on_the_desk(as_, db):
    thing = Thing.objects.get(code="99431107")
    rule = Rule.objects.filter(thing=thing).first()
    alarm = Alarm.objects.create(
        rule=rule, thing=thing, region=thing.region, datastream=1, level="3", value=74.6, raised_at=datetime.now(UTC)
    )
    client = as_("duty")
    assert "1 条没人看过" in client.get("/desk/iot_sensing/alarms/").content.decode()
    client.post(f"/desk/iot_sensing/alarms/{alarm.pk}/acknowledge/")
    assert "陈立新 已看" in client.get("/desk/iot_sensing/alarms/").content.decode()
    assert (
        f"/desk/do/iot_sensing/judge-alarm/?alarm={alarm.pk}"
        in client.get("/desk/iot_sensing/alarms/").content.decode()
    )
    assert AlarmHandling.objects.get().acknowledged_at is not None


@reference(kind="published", source="SL 651-2014", clause="annex, test report")
def test_a_bad_frame_is_shown_field_by_field_and_mended(as_, db):
    asyncio.run(make_obs())
    bad = PUBLISHED[:-4] + "0000"
    item = quarantine(
        "gateway.sl651",
        bytes.fromhex(bad),
        reason="CRC 不符",
        where="末两字节",
        replay="gateway.sl651",
        station="0012345678",
    )
    client = as_("water_officer")
    listing = client.get("/desk/iot_sensing/quarantine/").content.decode()
    assert "CRC 不符" in listing
    assert "7E 7E 01 00 12" in listing
    here = f"/desk/iot_sensing/quarantine/{item}/"
    assert "不是完整的报文" in client.get(here).content.decode()
    answer = client.post(here, {"hex": bad[:-2]}, follow=True).content.decode()
    assert "仍不是完整的报文" in answer
    client.post(here, {"hex": PUBLISHED}, follow=True)
    assert Quarantine.objects.get(pk=item).state == "replayed"
    subject, message = asyncio.run(last_of_obs())
    row = wire.decode(message).to_pylist()[-1]
    assert (subject, row["station"], row["element"]) == ("obs.sl651.replay", "0012345678", ["20", "26", "39", "38"])


async def last_of_obs():
    bus = await bus_connection.connect(Home.here(), "test", reconnect=False)
    try:
        js = bus.jetstream()
        info = await js.stream_info(wire.STREAM)
        message = await js.get_msg(wire.STREAM, seq=info.state.last_seq)
        return message.subject, message.data
    finally:
        await bus.close()


async def make_obs():
    bus = await bus_connection.connect(Home.here(), "test", reconnect=False)
    try:
        await ensure_streams(bus.jetstream(), [OBS])
    finally:
        await bus.close()


def test_a_dropped_item_keeps_its_reason(as_, db):
    item = quarantine("gateway.sl651", b"\x00", reason="短", where="", replay="none")
    as_("water_officer").post(f"/desk/iot_sensing/quarantine/{item}/", {"drop": "1", "note": "测试干扰"})
    assert Quarantine.objects.get(pk=item).note == "测试干扰"


def test_letters_show_the_last_line_of_the_error(as_, db):
    now = datetime.now(UTC)
    DeadLetter.objects.create(
        consumer="gone",
        event_id=uuid4(),
        subject="ev.a.b.done",
        payload=seal("{}", "core.dead_letter"),
        error="Traceback\nValueError: 没有这个站",
        tries=5,
        state="parked",
        first_at=now,
        last_at=now,
    )
    client = as_("water_officer")
    assert "ValueError: 没有这个站" in client.get("/desk/iot_sensing/letters/").content.decode()
    letter = DeadLetter.objects.get()
    page = client.post("/desk/iot_sensing/letters/", {"letter": str(letter.pk)}, follow=True).content.decode()
    assert "只能放弃" in page


def test_datastream_page_and_chart(as_, stream):
    client = as_("duty")
    page = client.get(f"/desk/iot_sensing/datastreams/{stream.number}/?hours=6").content.decode()
    for words in ("质量时间线", "按现在的设定重算", "量程", "1 个会被标记", "不合格"):
        assert words in page, words
    data = client.get(f"/desk/iot_sensing/datastreams/{stream.number}/series.json?hours=6").json()
    values = [value for _, value in data["series"][0]["points"]]
    assert 999.0 not in values  # a failed value leaves a gap
    assert data["limits"] == [{"name": "警戒", "value": 74.0}, {"name": "保证", "value": 76.0}]


def test_another_countys_datastream_is_not_found(as_, db):
    far = Datastream.objects.get(station="0099431101", element="39")
    assert as_("officer_431181").get(f"/desk/iot_sensing/datastreams/{far.number}/").status_code == 404


@pytest.mark.parametrize("name", ["devices", "good_data_rate", "online_rate", "repair_hours"])
def test_indicators_run(stream, name):
    compute(indicators()[f"iot_sensing.{name}"])
    assert Run.objects.get(indicator=f"iot_sensing.{name}").error == ""


def test_good_data_rate_counts_flags(stream):
    compute(indicators()["iot_sensing.good_data_rate"])
    rows = Reading.objects.filter(indicator="iot_sensing.good_data_rate", region="4311")
    assert (sum(row.numerator for row in rows), sum(row.denominator for row in rows)) == (10, 12)
