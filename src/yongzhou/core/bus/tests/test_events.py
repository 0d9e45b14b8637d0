import json
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel

from yongzhou.core.bus import Event, contract, subscribe
from yongzhou.core.bus.events import Envelope
from yongzhou.core.bus.subscriptions import matches, subscriptions
from yongzhou.core.crypto import uuid7


class PumpTested(Event):
    subject: ClassVar[str] = "ev.bus_test.pump.tested"
    key: ClassVar[str] = "pump"
    pump: UUID
    title: str
    note: str | None = None


def make(**fields):
    return PumpTested(region="431103", origin="synthetic", pump=uuid7(), title="泵", **fields)


@pytest.mark.parametrize(
    "subject", ["", "ev.water.raised", "ev.water.flood.raised.more", "ev.Water.flood.raised", "ev.water.flood-w.raised"]
)
def test_a_wrong_subject_stops_the_class(subject):
    with pytest.raises(TypeError, match="事件主题"):
        type("Wrong", (Event,), {"subject": subject, "__module__": __name__})


def test_one_subject_and_version_has_one_class():
    with pytest.raises(TypeError, match="已由"):
        type("Second", (Event,), {"subject": PumpTested.subject, "__module__": __name__})


def test_a_shared_base_is_no_event():
    type("_Base", (Event,), {"__module__": __name__})


def test_envelope_is_cloudevents_1_0():
    """Required attributes and naming rules of CloudEvents 1.0.2, 3.1; JSON format 1.0.2, 3."""
    event = make()
    wire = json.loads(Envelope.around(event, id=uuid7(), time=datetime.now(UTC), actor="a").wire())
    assert {"specversion", "id", "source", "type"} <= wire.keys()
    assert all(name.isascii() and name.islower() and name.isalnum() for name in wire)
    assert wire["subject"] == str(event.pump)
    assert wire["data"]["note"] is None


def test_absent_subject_is_left_out():
    class PumpIdled(Event):
        subject: ClassVar[str] = "ev.bus_test.pump.idled"

    event = PumpIdled(region="431103", origin="measured")
    assert "subject" not in json.loads(Envelope.around(event, id=uuid7(), time=datetime.now(UTC), actor="a").wire())


def test_subscriber_needs_a_model_of_its_own():
    with pytest.raises(TypeError, match="自己的 pydantic 模型"):

        @subscribe(PumpTested.subject, durable="wrong")
        def wrong(ctx: object, data: PumpTested) -> None: ...


def test_wildcard_is_one_token():
    assert matches("ev.bus_test.*.tested", PumpTested.subject)
    assert not matches("ev.bus_test.*.tested", "ev.bus_test.pump.idled")


def test_published_schema_must_not_change(tmp_path):
    contract.export(tmp_path)
    assert contract.broken_promises(tmp_path) == []
    path = tmp_path / contract.file_name(PumpTested.subject, 1)
    schema = json.loads(path.read_text())
    schema["properties"]["title"]["type"] = "integer"
    path.write_text(json.dumps(schema))
    assert len(contract.broken_promises(tmp_path)) == 1


def test_words_of_a_schema_may_change_but_a_field_called_title_counts(tmp_path):
    contract.export(tmp_path)
    path = tmp_path / contract.file_name(PumpTested.subject, 1)
    schema = json.loads(path.read_text())
    schema["properties"]["pump"]["title"] = "其他"
    path.write_text(json.dumps(schema))
    assert contract.broken_promises(tmp_path) == []
    del schema["properties"]["title"]
    path.write_text(json.dumps(schema))
    assert len(contract.broken_promises(tmp_path)) == 1


def test_reader_of_an_unpromised_field_is_named(monkeypatch):
    class Reads(BaseModel):
        pump: UUID
        colour: str
        title: int

    monkeypatch.setattr("yongzhou.core.bus.subscriptions._subscriptions", {})

    @subscribe(PumpTested.subject, durable="reader")
    def reader(ctx: object, data: Reads) -> None: ...

    assert set(subscriptions()) == {"reader"}
    problems = contract.unkept_readings()
    assert len(problems) == 2
    assert any("colour" in text for text in problems)
