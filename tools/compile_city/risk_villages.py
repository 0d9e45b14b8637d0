"""Forty synthetic flash-flood villages: real division codes, everything else 模拟, from one seed.

Run by hand: `python -m tools.compile_city.risk_villages` after `boundaries`. Critical rain is no result of the
official survey (山洪灾害调查评价); never use it for a real warning.
"""

from __future__ import annotations

import json
import random
from typing import Final

import numpy as np
import shapely

from .write import CITY, read_csv, write_csv

SEED: Final = 4311

# town -> number of villages; hilly towns on the upper rivers
TOWNS: Final = {
    "431181107": 7,
    "431181120": 5,
    "431181201": 4,
    "431181202": 3,
    "431123101": 3,
    "431123207": 4,
    "431123104": 2,
    "431129109": 4,
    "431129207": 2,
    "431126200": 3,
    "431122101": 3,
}
SURNAMES: Final = "陈李唐周王蒋刘黄何吕邓杨胡郑欧蒙盘奉赵"
GIVEN: Final = (
    *("建国", "志强", "春梅", "秀英", "海燕", "小平", "国华", "玉兰", "永红", "新民"),
    *("桂花", "明辉", "满秀", "冬生", "运良", "金莲", "卫东", "晓云", "顺才", "美玉"),
)
HEADER: Final = (
    *("division", "name", "rain_station"),
    *("prepare_1h", "move_1h", "prepare_3h", "move_3h", "prepare_6h", "move_6h"),
    *("households", "people", "contact", "phone", "lon", "lat"),
)


def village_name(registered: str) -> str:
    """The village without the words of its committee: 渌埠头村村委会 -> 渌埠头村."""
    name = registered.removesuffix("委会").removesuffix("委员会").removesuffix("民委员")
    return name[:-1] if name.endswith("村村") else name


def main() -> None:
    """Write `villages_risk.csv`."""
    rng = random.Random(SEED)
    divisions = read_csv("divisions.csv")
    stations = [row for row in read_csv("stations.csv") if row["kind"] in ("PP", "ZQ")]
    places = np.array([[float(row["lon"]), float(row["lat"])] for row in stations])
    features = json.loads((CITY / "townships.geojson").read_text(encoding="utf-8"))["features"]
    towns = {f["properties"]["code"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in features}

    rows: list[tuple[object, ...]] = []
    for town, number in TOWNS.items():
        villages = [row for row in divisions if row["parent"] == town and row["code"][9] == "2"]
        for village in rng.sample(villages, number):
            lon, lat = _inside(towns[town], rng)
            nearest = int(np.hypot(*(places - (lon, lat)).T).argmin())
            move_1h = rng.choice((50, 55, 60, 65, 70))
            move = (move_1h, round(move_1h * 1.6 / 5) * 5, round(move_1h * 2.1 / 5) * 5)
            limits = [limit for top in move for limit in (round(top * 0.75 / 5) * 5, top)]
            households = rng.randint(12, 180)
            people = round(households * rng.uniform(3.0, 4.2))
            contact = rng.choice(SURNAMES) + rng.choice(GIVEN)
            phone = f"1610001{len(rows) + 1:04d}"
            name = village_name(village["name"])
            rows.append(
                (
                    village["code"],
                    name,
                    stations[nearest]["code"],
                    *limits,
                    households,
                    people,
                    contact,
                    phone,
                    f"{lon:.5f}",
                    f"{lat:.5f}",
                )
            )
    write_csv("villages_risk.csv", HEADER, rows)


def _inside(area: shapely.Geometry, rng: random.Random) -> tuple[float, float]:
    west, south, east, north = shapely.bounds(area)
    while True:
        lon, lat = round(rng.uniform(west, east), 5), round(rng.uniform(south, north), 5)
        if shapely.contains_xy(area, lon, lat):
            return lon, lat


if __name__ == "__main__":
    main()
