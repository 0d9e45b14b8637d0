"""Geometry without PostGIS: WKB in `bytea`, its bounding box in a GiST-indexed `box` beside it."""

from __future__ import annotations

import struct
from typing import Any

from django.contrib.postgres.indexes import GistIndex
from django.db import models

from yongzhou.core.data.spec import HouseField, Spec


class BoxField(models.Field):  # type: ignore[type-arg]
    """PostgreSQL `box`: (east, north),(west, south)."""

    def db_type(self, connection: Any) -> str:
        return "box"

    def get_prep_value(self, value: Any) -> str | None:
        return (
            None if value is None else "({2},{3}),({0},{1})".format(*value) if isinstance(value, tuple) else str(value)
        )


class Geometry(HouseField, models.BinaryField):  # type: ignore[type-arg]
    """WKB in CGCS2000 longitude, latitude. Assign WKB bytes; `<name>_box` follows by itself."""

    _plain = models.BinaryField

    def __init__(
        self, label: str = "", *, crs: str = "CGCS2000", grade: int = 1, required: bool = False, **options: Any
    ) -> None:
        self.spec = Spec("geometry", label, unit=crs, grade=grade)
        super().__init__(label, **{"editable": True, "null": not required, "blank": not required, **options})

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            BoxField(null=True, editable=False).contribute_to_class(cls, f"{name}_box")
            index = GistIndex(fields=[f"{name}_box"])
            index.set_name_with_model(cls)
            cls._meta.indexes = [*cls._meta.indexes, index]
            cls._meta.original_attrs["indexes"] = cls._meta.indexes

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = getattr(model_instance, self.attname)
        wkb = None if value is None else bytes(value)
        setattr(model_instance, f"{self.name}_box", None if wkb is None else box_of(wkb))
        return wkb


def box_of(wkb: bytes) -> tuple[float, float, float, float]:
    """West, south, east, north of a WKB geometry; a point is read without shapely."""
    if len(wkb) == 21 and wkb[:5] == b"\x01\x01\x00\x00\x00":
        x, y = struct.unpack("<dd", wkb[5:])
        return x, y, x, y
    import shapely

    west, south, east, north = shapely.from_wkb(wkb).bounds
    return west, south, east, north


def point(lon: float, lat: float) -> bytes:
    """WKB of a point."""
    return struct.pack("<BIdd", 1, 1, lon, lat)


def lon_lat(wkb: bytes | None) -> tuple[float, float] | None:
    """Longitude and latitude of a point, or of the centre of anything else."""
    if wkb is None:
        return None
    west, south, east, north = box_of(bytes(wkb))
    return (west + east) / 2, (south + north) / 2
