"""The entity kinds of OGC 18-088 on the house's records: what they are called and lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from yongzhou.core.data.actor import Actor
from yongzhou.portals.sensorthings import showing, sources
from yongzhou.portals.sensorthings.showing import Document
from yongzhou.portals.sensorthings.sources import Rows


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


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(
            "Things", "Thing", "pk", "uuid", sources.things, showing.show_thing,
            {**_THING, "location": Property("geometry", "shape"), "Locations/location": Property("geometry", "shape")},
            {
                "Datastreams": Nav("Datastreams", True, "pk", "thing_id"),
                "Locations": Nav("Locations", True, "pk", "pk"),
                "HistoricalLocations": Nav("HistoricalLocations", True, "pk", "pk"),
            },
        ),
        Kind(
            "Locations", "Location", "pk", "uuid", sources.placed, showing.show_location,
            {**_PLACE, "location": Property("geometry", "shape")},
            {
                "Things": Nav("Things", True, "pk", "pk"),
                "HistoricalLocations": Nav("HistoricalLocations", True, "pk", "pk"),
            },
        ),
        Kind(
            "HistoricalLocations", "HistoricalLocation", "pk", "uuid", sources.placed, showing.show_history,
            {"@iot.id": _THING["id"], "id": _THING["id"], "time": Property("created_at", "time")},
            {"Thing": Nav("Things", False, "pk", "pk"), "Locations": Nav("Locations", True, "pk", "pk")},
        ),
        Kind(
            "Datastreams", "Datastream", "number", "number", sources.datastreams, showing.show_datastream,
            _DATASTREAM,
            {
                "Thing": Nav("Things", False, "thing_id", "pk"),
                "Sensor": Nav("Sensors", False, "door", "door"),
                "ObservedProperty": Nav("ObservedProperties", False, "observed", "observed"),
                "Observations": Nav("Observations", True, "number", "datastream"),
            },
        ),
        Kind(
            "Sensors", "Sensor", "door", "text", sources.sensors, showing.show_sensor,
            {"@iot.id": Property("door", "text"), "id": Property("door", "text"), "name": Property("label", "text")},
            {"Datastreams": Nav("Datastreams", True, "door", "door")},
        ),
        Kind(
            "ObservedProperties", "ObservedProperty", "observed", "text", sources.observed, showing.show_observed,
            {
                "@iot.id": Property("observed", "text"),
                "id": Property("observed", "text"),
                "name": Property("label", "text"),
            },
            {"Datastreams": Nav("Datastreams", True, "observed", "observed")},
        ),
        Kind(
            "Observations", "Observation", "id", "text", None, showing.show_observation,
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
            "FeaturesOfInterest", "FeatureOfInterest", "pk", "uuid", sources.placed, showing.show_feature,
            {**_PLACE, "feature": Property("geometry", "shape")},
            {"Observations": Nav("Observations", True, "pk", "thing")},
        ),
    )
}  # fmt: skip
