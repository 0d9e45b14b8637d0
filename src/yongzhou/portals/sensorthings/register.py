"""POST of Things and Datastreams: the operations of iot_sensing, where that system is in the house."""

from __future__ import annotations

from collections.abc import Mapping

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import find
from yongzhou.core.operations.run import run
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.portals.sensorthings.terms import as_uuid

DOOR = "sta"


def thing(actor: Actor, document: Mapping[str, object]) -> Thing:
    """Register a thing; `properties` say `code`, `region` and `scheme` ("sta" if none), `Locations` a GeoJSON point."""
    more = _part(document, "properties")
    given = {
        "scheme": more.get("scheme", "sta"),
        "code": more.get("code"),
        "region": more.get("region"),
        "name": document.get("name"),
        **_point(document.get("Locations")),
    }
    _run("iot_sensing.register_thing", actor, given)
    return Thing.objects.get(scheme=given["scheme"], code=given["code"])


def datastream(actor: Actor, document: Mapping[str, object], owner: object) -> Datastream:
    """Register a datastream of thing `owner`, or of `Thing`; its address is by default thing's code and property."""
    more = _part(document, "properties")
    key = as_uuid(str(owner or _part(document, "Thing").get("@iot.id", "")))
    found = None if key is None else Thing.visible_to(actor).filter(pk=key).first()
    if found is None:
        raise Problem("invalid", "请给出 Thing 的 @iot.id（Thing @iot.id is required）", status=400, field="Thing")
    observed = _part(document, "ObservedProperty").get("@iot.id")
    given = {
        "thing": str(found.pk),
        "door": _part(document, "Sensor").get("@iot.id", DOOR),
        "station": more.get("station", found.code),
        "element": more.get("element", observed),
        "observed": observed,
        "name": document.get("name"),
        "unit": _part(document, "unitOfMeasurement").get("symbol"),
        "period_s": more.get("periodSeconds", 300),
    }
    _run("iot_sensing.register_datastream", actor, given)
    return Datastream.objects.select_related("thing").get(
        door=given["door"], station=given["station"], element=given["element"]
    )


def _run(name: str, actor: Actor, given: Mapping[str, object]) -> None:
    operation = find(name)
    if operation is None:
        raise Problem("method", "本城未装物联感知系统，不能在此登记（not available here）", status=405)
    values = {field: value for field, value in given.items() if value is not None}
    run(operation, actor, values, door="rest")


def _part(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = document.get(name, {})
    if not isinstance(part, Mapping):
        raise Problem("invalid", f"{name} 应为对象（must be an object）", status=400, field=name)
    return part


def _point(places: object) -> dict[str, object]:
    if places is None:
        return {}
    first = places[0] if isinstance(places, list) and places else None
    shape = first.get("location") if isinstance(first, Mapping) else None
    coordinates = shape.get("coordinates") if isinstance(shape, Mapping) and shape.get("type") == "Point" else None
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        raise Problem("invalid", "Locations 应有一个 GeoJSON 点（expected one Point）", status=400, field="Locations")
    return {"lon": coordinates[0], "lat": coordinates[1]}
