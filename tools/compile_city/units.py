"""The department tree: city bureaus as the city's plan names them, the same set in each county, demo town governments.

Written from the names in the plan and from general rule, not from a register (模拟). Run by hand:
`python -m tools.compile_city.units`. A unit's code is `<region>-<suffix>`, the suffix the same at every level.
"""

from __future__ import annotations

from typing import Final

from .seats import GRIDS
from .write import read_csv, write_csv

CITY: Final = "4311"
ALWAYS: Final = "always"  # staffed day and night; empty = the city's working calendar

# suffix -> (name, parent's suffix, kind, calendar)
CITY_UNITS: Final[dict[str, tuple[str, str, str, str]]] = {
    "ZF": ("永州市人民政府", "", "city", ""),
    "SW": ("中共永州市委员会", "", "city", ""),
    "ZFB": ("市政府办公室", "ZF", "city", ""),
    "ZFW": ("市委政法委", "SW", "city", ""),
    "WXB": ("市委网信办", "SW", "city", ""),
    "XZSP": ("市行政审批服务局", "ZF", "city", ""),
    "SL": ("市水利局", "ZF", "city", ""),
    "YJ": ("市应急管理局", "ZF", "city", ""),
    "CG": ("市城市管理和综合执法局", "ZF", "city", ""),
    "ZRZY": ("市自然资源和规划局", "ZF", "city", ""),
    "STHJ": ("市生态环境局", "ZF", "city", ""),
    "LY": ("市林业局", "ZF", "city", ""),
    "ZJ": ("市住房和城乡建设局", "ZF", "city", ""),
    "JT": ("市交通运输局", "ZF", "city", ""),
    "GA": ("市公安局", "ZF", "city", ""),
    "GX": ("市工业和信息化局", "ZF", "city", ""),
    "FG": ("市发展和改革委员会", "ZF", "city", ""),
    "CZ": ("市财政局", "ZF", "city", ""),
    "JY": ("市教育局", "ZF", "city", ""),
    "KJ": ("市科学技术局", "ZF", "city", ""),
    "MZ": ("市民政局", "ZF", "city", ""),
    "RS": ("市人力资源和社会保障局", "ZF", "city", ""),
    "NY": ("市农业农村局", "ZF", "city", ""),
    "SWJ": ("市商务局", "ZF", "city", ""),
    "WL": ("市文化旅游广电体育局", "ZF", "city", ""),
    "WJ": ("市卫生健康委员会", "ZF", "city", ""),
    "YB": ("市医疗保障局", "ZF", "city", ""),
    "SC": ("市市场监督管理局", "ZF", "city", ""),
    "GZ": ("市国有资产监督管理委员会", "ZF", "city", ""),
    "TJ": ("市统计局", "ZF", "city", ""),
    "SJ": ("市审计局", "ZF", "city", ""),
    "XF": ("市消防救援支队", "YJ", "city", ALWAYS),
    "CYZX": ("市城市运行管理中心", "XZSP", "centre", ALWAYS),
    "RX": ("市12345政务服务热线中心", "XZSP", "centre", ALWAYS),
    "WG": ("市网格化服务管理中心", "ZFW", "centre", ""),
    "SZCG": ("市数字城管指挥中心", "CG", "centre", ""),
    "FB": ("市防汛抗旱指挥部办公室", "YJ", "centre", ALWAYS),
    "SWZX": ("市水文水资源勘测中心", "SL", "centre", ALWAYS),
    "GD": ("市供电公司", "", "company", ALWAYS),
    "GS": ("市供水公司", "", "company", ALWAYS),
    "RQ": ("市燃气公司", "", "company", ALWAYS),
}

# suffix -> (name after the county's name, kind, calendar)
COUNTY_UNITS: Final[dict[str, tuple[str, str, str]]] = {
    "SL": ("水利局", "county", ""),
    "YJ": ("应急管理局", "county", ""),
    "WG": ("网格化服务中心", "centre", ""),
    "CG": ("城市管理和综合执法局", "county", ""),
    "ZJ": ("住房和城乡建设局", "county", ""),
    "JT": ("交通运输局", "county", ""),
    "LY": ("林业局", "county", ""),
    "NY": ("农业农村局", "county", ""),
    "SC": ("市场监督管理局", "county", ""),
    "WJ": ("卫生健康局", "county", ""),
    "RS": ("人力资源和社会保障局", "county", ""),
    "MZ": ("民政局", "county", ""),
    "GA": ("公安局", "county", ""),
    "ZRZY": ("自然资源局", "county", ""),
    "STHJ": ("生态环境分局", "county", ""),
    "XF": ("消防救援大队", "county", ALWAYS),
    "GD": ("供电公司", "company", ALWAYS),
    "GS": ("供水公司", "company", ALWAYS),
    "RQ": ("燃气公司", "company", ALWAYS),
}

HEADER: Final = ("code", "name", "parent", "region", "kind", "calendar")
Row = tuple[str, str, str, str, str, str]


def rows() -> list[Row]:
    """Every unit after its parent."""
    divisions = read_csv("divisions.csv")
    counties = [row for row in divisions if row["level"] == "county" and not row["valid_to"]]
    names = {row["code"]: row["name"] for row in divisions}
    out: list[Row] = [
        (f"{CITY}-{suffix}", name, f"{CITY}-{parent}" if parent else "", CITY, kind, calendar)
        for suffix, (name, parent, kind, calendar) in CITY_UNITS.items()
    ]
    for county in counties:
        code, name = county["code"], county["name"]
        government = "管理委员会" if county["territory"] else "人民政府"
        out.append((f"{code}-ZF", name + government, f"{CITY}-ZF", code, "county", ""))
        if not county["territory"]:
            out.extend(
                (f"{code}-{suffix}", name + tail, f"{code}-ZF", code, kind, calendar)
                for suffix, (tail, kind, calendar) in COUNTY_UNITS.items()
            )
    for town in GRIDS:
        government = "街道办事处" if names[town].endswith("街道") else "人民政府"
        name = names[town].removesuffix("街道") + government if government != "人民政府" else names[town] + government
        out.append((f"{town}-ZF", name, f"{town[:6]}-ZF", town, "town", ""))
    return out


if __name__ == "__main__":
    write_csv("units.csv", HEADER, rows())
