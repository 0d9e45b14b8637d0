"""How the city's files are written: UTF-8, LF, header row; GeoJSON one feature a line, five decimals (1 m)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

CITY: Final = Path(__file__).resolve().parents[2] / "cities" / "yongzhou"
DECIMALS: Final = 5


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry with every coordinate at five decimals; equal vertices of neighbours stay equal."""
    return shapely.transform(geometry, lambda xy: np.round(xy, DECIMALS))


def write_csv(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write `cities/yongzhou/<name>`; None becomes an empty cell."""
    with (CITY / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_csv(name: str) -> list[dict[str, str]]:
    """Rows of `cities/yongzhou/<name>` as text."""
    with (CITY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_geojson(
    name: str, features: Iterable[tuple[Mapping[str, object], BaseGeometry]], about: Mapping[str, str]
) -> None:
    """Write a FeatureCollection (RFC 7946); `about` states source, datum and what is synthetic, as a foreign member."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": dict(properties),
                "geometry": json.loads(shapely.to_geojson(rounded(geometry))),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, geometry in features
    ]
    head = json.dumps(dict(about), ensure_ascii=False)
    body = ",\n".join(lines)
    (CITY / name).write_text(
        f'{{"type":"FeatureCollection","about":{head},"features":[\n{body}\n]}}\n', encoding="utf-8"
    )
