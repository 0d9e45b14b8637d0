"""The entity kinds of OGC 18-088 on the house's records: what they are called, show, and lead to."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from django.db.models import Case, F, Min, Model, QuerySet, Value, When
from django.db.models.fields import CharField

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.fields import spec_of
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.present import present
from yongzhou.core.data.record import Record
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.things.models import Datastream, Thing

Document: TypeAlias = dict[str, object]
Rows: TypeAlias = "QuerySet[Model, object]"  # of records, or of grouped values
MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
GEOJSON: Final = "application/geo+json"
PROPERTY_URI: Final = "urn:x-yongzhou:observed:"
UCUM_URI: Final = "http://unitsofmeasure.org/ucum#"


@dataclass(frozen=True, slots=True)
class Property:
    """Where a property stands in the rows of its kind, and its type."""

    path: str
    type: str  # "text", "number", "time", "flag", "uuid", "shape"


@dataclass(frozen=True, slots=True)
class Nav:
    """A navigation property: rows of `kind` whose `theirs` equals this row's `ours`."""

    kind: str
    many: bool
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One entity set. `key` is the attribute that is its `@iot.id`."""

    name: str
    singular: str
    key: str
    key_type: str
    rows: Callable[[Actor], Rows] | None  # None: observations, which lie in the lake
    show: Callable[[object, Actor], Document]
    properties: Mapping[str, Property]
    navs: Mapping[str, Nav]


def value_of(row: object, name: str) -> object:
    """An attribute of a record, or an entry of a grouped row."""
    return row[name] if isinstance(row, dict) else getattr(row, name)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, milliseconds or as fine as the moment is."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds")
    return text.replace("+00:00", "Z")


def may_read(actor: Actor, model: type[Record]) -> None:
    """Raise the problem 401 or 403 where an actor may read none of a kind of record."""
    if actor.lines("read", resource_name(model)):
        return
    if actor.kind == "anonymous":
        raise Problem(
            "login", "请先登录（sign in first）", status=401, remedy="HTTP Basic，或 POST /api/sign-in 取得 Bearer 令牌"
        )
    raise forbidden(why(actor, "read", model).text)


def _things(actor: Actor) -> Rows:
    may_read(actor, Thing)
    return Thing.visible_to(actor).defer("geometry_box")


def _placed(actor: Actor) -> Rows:
    may_read(actor, Thing)
    if spec_of(Thing._meta.get_field("geometry")).grade > actor.max_grade(resource_name(Thing)):
        return Thing.objects.none()
    return _things(actor).filter(geometry__isnull=False)


def _datastreams(actor: Actor) -> Rows:
    may_read(actor, Datastream)
    return Datastream.visible_to(actor).select_related("thing")


def _observed(actor: Actor) -> Rows:
    may_read(actor, Datastream)
    return Datastream.visible_to(actor).order_by().values("observed").annotate(label=Min("name"), unit_=Min("unit"))


def _sensors(actor: Actor) -> Rows:
    may_read(actor, Datastream)
    labels = [When(door=code, then=Value(label)) for code, label in codes.options("door").items()]
    label = Case(*labels, default=F("door"), output_field=CharField())
    return Datastream.visible_to(actor).order_by().values("door").annotate(label=label).distinct()


def _show_thing(row: object, actor: Actor) -> Document:
    assert isinstance(row, Thing)
    shown = present(
        row, actor, names=("name", "code", "scheme", "region", "lifecycle", "health", "last_seen", "origin")
    )
    value = {name: None if one.masked else one.value for name, one in shown.items()}
    return {
        "name": value["name"] or "",
        "description": f"{value['name'] or ''} {value['scheme'] or ''} {value['code'] or ''}".strip(),
        "properties": {
            "code": value["code"],
            "scheme": value["scheme"],
            "region": value["region"],
            "lifecycle": value["lifecycle"],
            "health": value["health"],
            "lastSeen": iso(value["last_seen"]) if value["last_seen"] else None,
            "origin": value["origin"],
        },
    }


def _shape(row: Thing) -> Document | None:
    if row.geometry is None:
        return None
    wkb = bytes(row.geometry)
    if len(wkb) == 21 and wkb[:5] == b"\x01\x01\x00\x00\x00":
        return {"type": "Point", "coordinates": [round(x, 6) for x in struct.unpack("<dd", wkb[5:])]}
    from yongzhou.core.places.geometry import to_geojson  # needs shapely

    return to_geojson(wkb)


def _show_location(row: object, actor: Actor) -> Document:
    assert isinstance(row, Thing)
    return {"name": row.name, "description": f"{row.name}的位置", "encodingType": GEOJSON, "location": _shape(row)}


def _show_feature(row: object, actor: Actor) -> Document:
    assert isinstance(row, Thing)
    return {"name": row.name, "description": f"{row.name}所在处", "encodingType": GEOJSON, "feature": _shape(row)}


def _show_history(row: object, actor: Actor) -> Document:
    assert isinstance(row, Thing)
    return {"time": iso(row.created_at)}


def _show_datastream(row: object, actor: Actor) -> Document:
    assert isinstance(row, Datastream)
    return {
        "name": row.name,
        "description": f"{row.thing.name} {row.name}",
        "observationType": MEASUREMENT,
        "unitOfMeasurement": {"name": row.unit, "symbol": row.unit, "definition": UCUM_URI + row.unit},
        "properties": {
            "observed": row.observed,
            "door": row.door,
            "station": row.station,
            "element": row.element,
            "periodSeconds": row.period_s,
            "active": row.active,
            "origin": row.origin,
        },
    }


def _show_observed(row: object, actor: Actor) -> Document:
    code = str(value_of(row, "observed"))
    return {
        "name": value_of(row, "label"),
        "definition": PROPERTY_URI + code,
        "description": f"{value_of(row, 'label')}（{code}）",
        "properties": {"code": code, "unit": value_of(row, "unit_")},
    }


def _show_sensor(row: object, actor: Actor) -> Document:
    label = value_of(row, "label")
    return {
        "name": label,
        "description": f"经「{label}」接入的感知设备",
        "encodingType": "text/plain",
        "metadata": f"door:{value_of(row, 'door')}",
    }


_THING: Final = {
    "@iot.id": Property("pk", "uuid"),
    "id": Property("pk", "uuid"),
    "name": Property("name", "text"),
    "properties/code": Property("code", "text"),
    "properties/scheme": Property("scheme", "text"),
    "properties/region": Property("region", "text"),
    "properties/lifecycle": Property("lifecycle", "text"),
    "properties/health": Property("health", "text"),
    "properties/lastSeen": Property("last_seen", "time"),
    "properties/origin": Property("origin", "text"),
}
_PLACE: Final = {name: _THING[name] for name in ("@iot.id", "id", "name")}
_DATASTREAM: Final = {
    "@iot.id": Property("number", "number"),
    "id": Property("number", "number"),
    "name": Property("name", "text"),
    "unitOfMeasurement/name": Property("unit", "text"),
    "unitOfMeasurement/symbol": Property("unit", "text"),
    "properties/observed": Property("observed", "text"),
    "properties/door": Property("door", "text"),
    "properties/station": Property("station", "text"),
    "properties/element": Property("element", "text"),
    "properties/periodSeconds": Property("period_s", "number"),
    "properties/active": Property("active", "flag"),
    "properties/origin": Property("origin", "text"),
    "Sensor/id": Property("door", "text"),
    "Sensor/@iot.id": Property("door", "text"),
    "ObservedProperty/id": Property("observed", "text"),
    "ObservedProperty/@iot.id": Property("observed", "text"),
    "ObservedProperty/name": Property("name", "text"),
    **{f"Thing/{name}": Property(f"thing__{one.path}", one.type) for name, one in _THING.items()},
}


def observation_id(number: int, phenomenon: datetime) -> str:
    """A stable identity: one observation a datastream and moment holds."""
    delta = phenomenon - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{number}-{(delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds}"


def _show_observation(row: object, actor: Actor) -> Document:
    assert isinstance(row, dict)
    return {
        "phenomenonTime": iso(row["phenomenon"]),
        "resultTime": iso(row["received"]),
        "result": row["result"],
        "resultQuality": {"scheme": "QARTOD", "flag": row["flag"]},
        "parameters": {"origin": row["origin"], "frame": str(row["frame"]) if row["frame"] else None},
    }


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "Things", "Thing", "pk", "uuid", _things, _show_thing,
            {**_THING, "location": Property("geometry", "shape"), "Locations/location": Property("geometry", "shape")},
            {
                "Datastreams": Nav("Datastreams", True, "pk", "thing_id"),
                "Locations": Nav("Locations", True, "pk", "pk"),
                "HistoricalLocations": Nav("HistoricalLocations", True, "pk", "pk"),
            },
        ),
        Kind(
            "Locations", "Location", "pk", "uuid", _placed, _show_location,
            {**_PLACE, "location": Property("geometry", "shape")},
            {
                "Things": Nav("Things", True, "pk", "pk"),
                "HistoricalLocations": Nav("HistoricalLocations", True, "pk", "pk"),
            },
        ),
        Kind(
            "HistoricalLocations", "HistoricalLocation", "pk", "uuid", _placed, _show_history,
            {"@iot.id": _THING["id"], "id": _THING["id"], "time": Property("created_at", "time")},
            {"Thing": Nav("Things", False, "pk", "pk"), "Locations": Nav("Locations", True, "pk", "pk")},
        ),
        Kind(
            "Datastreams", "Datastream", "number", "number", _datastreams, _show_datastream,
            _DATASTREAM,
            {
                "Thing": Nav("Things", False, "thing_id", "pk"),
                "Sensor": Nav("Sensors", False, "door", "door"),
                "ObservedProperty": Nav("ObservedProperties", False, "observed", "observed"),
                "Observations": Nav("Observations", True, "number", "datastream"),
            },
        ),
        Kind(
            "Sensors", "Sensor", "door", "text", _sensors, _show_sensor,
            {"@iot.id": Property("door", "text"), "id": Property("door", "text"), "name": Property("label", "text")},
            {"Datastreams": Nav("Datastreams", True, "door", "door")},
        ),
        Kind(
            "ObservedProperties", "ObservedProperty", "observed", "text", _observed, _show_observed,
            {
                "@iot.id": Property("observed", "text"),
                "id": Property("observed", "text"),
                "name": Property("label", "text"),
            },
            {"Datastreams": Nav("Datastreams", True, "observed", "observed")},
        ),
        Kind(
            "Observations", "Observation", "id", "text", None, _show_observation,
            {
                "phenomenonTime": Property("phenomenon", "time"),
                "resultTime": Property("received", "time"),
                "result": Property("result", "number"),
                "resultQuality": Property("flag", "number"),
                "resultQuality/flag": Property("flag", "number"),
                "parameters/origin": Property("origin", "text"),
            },
            {
                "Datastream": Nav("Datastreams", False, "datastream", "number"),
                "FeatureOfInterest": Nav("FeaturesOfInterest", False, "thing", "pk"),
            },
        ),
        Kind(
            "FeaturesOfInterest", "FeatureOfInterest", "pk", "uuid", _placed, _show_feature,
            {**_PLACE, "feature": Property("geometry", "shape")},
            {"Observations": Nav("Observations", True, "pk", "thing")},
        ),
    )
}  # fmt: skip
