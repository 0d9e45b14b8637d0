"""Settings: environment variables, ports, and the files by which one city differs from another."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.core.home import PORTS, Home
from yongzhou.house.reference.markdown import code, facts, heading, plain, table
from yongzhou.house.reference.variables import VARIABLES, read_in

_SPEAKS: Final = "从 `PORT` 起的一段连续端口;两座城市在一台机器上各用一段。"

_PARAMETERS: Final = "带日期、出处和核对标记的数;没有核对的写着待核,不当作法规用。改一行就是立一个新的有效期。"
_COLUMNS: Final = (
    "region",
    "grade",
    "value",
    "low",
    "high",
    "unit",
    "source",
    "clause",
    "valid_from",
    "valid_to",
    "verified",
)


def lines(root: Path) -> Iterator[str]:
    """All settings, one heading each."""
    yield from ["## 环境变量 Environment", "", "设置只有这些;其余的都是数据,在 `cities/` 或工作台里改。", ""]
    package = root / "src" / "yongzhou"
    readers: dict[str, list[str]] = {}
    for name, path in read_in(package):
        readers.setdefault(name, []).append(str(path.relative_to(root)))
    for variable in VARIABLES:
        yield from [heading("variable", variable.name), "", plain(variable.meaning), ""]
        yield from facts(
            [
                ("默认 default", variable.default),
                ("例 example", code(f"{variable.name}={variable.example}") if variable.example else ""),
                ("由谁设 set by", "家族自己或测试 the house itself" if variable.inner else ""),
                ("谁读 read by", "、".join(map(code, readers.get(variable.name, [])))),
            ]
        )
    yield from ["## 端口 Ports", "", _SPEAKS, ""]
    for number, name in enumerate(PORTS):
        yield from [heading("port", name), "", f"`PORT` + {number},默认 {8600 + number}。", ""]
    yield from _city(root, package)


def _city(root: Path, package: Path) -> Iterator[str]:
    city = Home.here().city
    sources = {
        path: path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py")) if "tests" not in path.parts
    }
    yield from ["## 城市的文件 Files of the city", "", f"在 `cities/{city}/`;改了之后,下次启动由 prepare 读入。", ""]
    for path in sorted((root / "cities" / city).rglob("*.csv")):
        name = str(path.relative_to(root / "cities" / city))
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file), [])
        by = [str(source.relative_to(root)) for source, text in sources.items() if f'"{path.name}"' in text]
        yield from [heading("file", name), ""]
        yield from facts([("列 columns", ", ".join(map(code, columns))), ("谁读 read by", "、".join(map(code, by)))])
    yield from ["## 参数 Parameters", "", _PARAMETERS, ""]
    for name, rows in parameters(root / "cities" / city).items():
        yield from [heading("parameter", name), ""]
        head = [column for column in _COLUMNS if any(row.get(column) for row in rows)]
        yield from table(head, ([plain(row.get(column, "")) for column in head] for row in rows))


def parameters(city: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of each dated parameter and limit of a city, by name (`standard item` for a limit)."""
    found: dict[str, list[dict[str, str]]] = {}
    for path in sorted(city.glob("standards/parameters/*.csv")):
        for row in _rows(path):
            found.setdefault(row["name"], []).append(row)
    for path in sorted(city.glob("standards/limits/*.csv")):
        for row in _rows(path):
            found.setdefault(f"{row['standard']} {row['item']}", []).append(row)
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
