"""Provisioning: keys once, a label claimed once on site, online with the first message."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from yongzhou.core.data.actor import system
from yongzhou.core.people.models import Login
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.gateways.mqtt.hashes import matches
from yongzhou.systems.foundation.iot_sensing import operations as ops
from yongzhou.systems.foundation.iot_sensing.models import DeviceCredential, DeviceModel, ProvisionSlip
from yongzhou.systems.foundation.iot_sensing.watch import update_health
from yongzhou.testing import refused, run

pytestmark = pytest.mark.django_db
HOUSE = system("test")
SITE = {"name": "冷水滩一号泵站流量计", "lon": 111.61, "lat": 26.44}


@pytest.fixture
def model(db):
    return DeviceModel.objects.create(
        code="RTU-7",
        name="流量计",
        door="mqtt",
        period_s=60,
        observes=[{"element": "flow", "observed": "flow", "name": "流量", "unit": "m3/s", "low": 0, "high": 10}],
    )


@pytest.fixture
def label(model):
    return run(ops.provision_devices, HOUSE, model=model.pk, count=2, region="431103").labels[0]


def test_a_batch_has_names_keys_and_codes_of_its_own(model):
    made = run(ops.provision_devices, HOUSE, model=model.pk, count=3, region="431103")
    assert len({label.code for label in made.labels} | {label.name for label in made.labels}) == 6
    kept = ProvisionSlip.objects.get(code=made.labels[0].code)
    assert made.labels[0].secret not in kept.secret_hash
    assert matches(kept.secret_hash, made.labels[0].secret)


def test_a_claimed_device_has_thing_key_and_datastreams(label):
    spoken = f"{label.code[:4]}-{label.code[4:8]} {label.code[8:]}".lower()
    done = run(ops.claim_device, HOUSE, code=spoken, **SITE)
    thing = Thing.objects.get(pk=done.thing)
    assert (thing.lifecycle, thing.region, done.datastreams) == ("installed", "431103", 1)
    assert matches(DeviceCredential.objects.get(name=label.name).secret_hash, label.secret)
    assert Datastream.objects.get(thing=thing).station == label.name
    refused(ops.claim_device, HOUSE, because="taken", code=label.code, **SITE)


def test_the_first_message_makes_it_online(label):
    thing = run(ops.claim_device, HOUSE, code=label.code, **SITE).thing
    now = datetime.now(UTC)
    update_health(now)
    assert Thing.objects.get(pk=thing).lifecycle == "installed"
    number = Datastream.objects.get(thing=thing).number
    Latest.objects.create(datastream=number, phenomenon=now, result=1.0, flag=1, origin="measured", received=now)
    update_health(now)
    assert Thing.objects.get(pk=thing).lifecycle == "online"


@pytest.mark.parametrize(
    ("given", "because"),
    [({"code": "SHORT"}, "invalid"), ({"code": "A" * 12}, "not_found"), ({"lon": 11.6}, "invalid")],
)
def test_a_wrong_claim_is_refused(label, given, because):
    refused(ops.claim_device, HOUSE, because=because, **{"code": label.code, **SITE, **given})


def test_only_models_with_keys_are_provisioned(model):
    DeviceModel.objects.filter(pk=model.pk).update(door="sl651")
    refused(ops.provision_devices, HOUSE, because="no_key", model=model.pk, count=1, region="431103")


def test_the_phone_page_claims_with_a_photo(client, label, cast):
    session = client.session
    session["person"] = str(Login.objects.get(name="water_officer").person_id)
    session.save()
    address = f"/desk/iot_sensing/claim/?code={label.code}"
    assert label.name in client.get(address).content.decode()
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
    picture.seek(0)
    picture.name = "现场.jpg"
    client.post("/desk/iot_sensing/claim/", {"code": label.code, **SITE, "photos": picture})
    slip = ProvisionSlip.objects.get(code=label.code)
    assert slip.thing is not None
    assert len(slip.photos) == 1
    assert "等它的第一条消息" in client.get(address).content.decode()
    assert "12 位" in client.get("/desk/iot_sensing/claim/?code=nothing").content.decode()


def test_the_sheet_shows_labels_and_keys_once(client, model, cast):
    session = client.session
    session["person"] = str(Login.objects.get(name="water_officer").person_id)
    session.save()
    given = {"model": str(model.pk), "count": "2", "region": "431103"}
    page = client.post("/desk/iot_sensing/provision/", given).content.decode()
    codes = list(ProvisionSlip.objects.values_list("code", flat=True))
    assert all(code in page for code in codes)
    assert page.count("<svg") >= 2
    assert codes[0] not in client.get("/desk/iot_sensing/provision/").content.decode()
