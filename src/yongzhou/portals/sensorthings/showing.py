"""What the entities of OGC 18-088 show of the house's records, without links."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Final, TypeAlias

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.present import present
from yongzhou.core.things.models import Datastream, Thing

Document: TypeAlias = dict[str, object]
MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
GEOJSON: Final = "application/geo+json"
PROPERTY_URI: Final = "urn:x-yongzhou:observed:"
UCUM_URI: Final = "http://unitsofmeasure.org/ucum#"


def value_of(row: object, name: str) -> object:
    """An attribute of a record, or an entry of a grouped row."""
    return row[name] if isinstance(row, dict) else getattr(row, name)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC, milliseconds or as fine as the moment is."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds" if moment.microsecond % 1000 else "milliseconds")
    return text.replace("+00:00", "Z")


def show_thing(row: object, actor: Actor) -> Document:
    """A thing without its place."""
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


def show_location(row: object, actor: Actor) -> Document:
    """Where a thing is."""
    assert isinstance(row, Thing)
    return {"name": row.name, "description": f"{row.name}的位置", "encodingType": GEOJSON, "location": _shape(row)}


def show_feature(row: object, actor: Actor) -> Document:
    """What a thing observes: the place itself."""
    assert isinstance(row, Thing)
    return {"name": row.name, "description": f"{row.name}所在处", "encodingType": GEOJSON, "feature": _shape(row)}


def show_history(row: object, actor: Actor) -> Document:
    """Since when a thing is where it is."""
    assert isinstance(row, Thing)
    return {"time": iso(row.created_at)}


def show_datastream(row: object, actor: Actor) -> Document:
    """One observed property of a thing."""
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


def show_observed(row: object, actor: Actor) -> Document:
    """A property by its code."""
    code = str(value_of(row, "observed"))
    return {
        "name": value_of(row, "label"),
        "definition": PROPERTY_URI + code,
        "description": f"{value_of(row, 'label')}（{code}）",
        "properties": {"code": code, "unit": value_of(row, "unit_")},
    }


def show_sensor(row: object, actor: Actor) -> Document:
    """How the devices of one door come in."""
    label = value_of(row, "label")
    return {
        "name": label,
        "description": f"经「{label}」接入的感知设备",
        "encodingType": "text/plain",
        "metadata": f"door:{value_of(row, 'door')}",
    }


def observation_id(number: int, phenomenon: datetime) -> str:
    """A stable identity: one observation a datastream and moment holds."""
    delta = phenomenon - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{number}-{(delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds}"


def show_observation(row: object, actor: Actor) -> Document:
    """One row of the lake."""
    assert isinstance(row, dict)
    return {
        "phenomenonTime": iso(row["phenomenon"]),
        "resultTime": iso(row["received"]),
        "result": row["result"],
        "resultQuality": {"scheme": "QARTOD", "flag": row["flag"]},
        "parameters": {"origin": row["origin"], "frame": str(row["frame"]) if row["frame"] else None},
    }
