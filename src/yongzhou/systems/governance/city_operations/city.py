"""Vital signs and limits, from the csv files beside this module. What people tuned stays."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from yongzhou.core.people.city import rows
from yongzhou.systems.governance.city_operations.models import DOMAINS, DomainRule, VitalSign

_HERE: Final = Path(__file__).resolve().parent


def load(folder: Path) -> None:
    """Load what is not there yet; the city's own files win. `ValueError` names a bad row."""
    for number, row in enumerate(_rows(folder, "vital_signs.csv"), start=2):
        try:
            values = {name: float(row[name]) for name in ("worst", "best", "weight")}
            if row["domain"] not in DOMAINS or values["worst"] == values["best"] or values["weight"] <= 0:
                raise ValueError("领域须为六个之一，最差值与最好值不同，权重大于 0")
        except (KeyError, ValueError) as error:
            raise ValueError(f"vital_signs.csv 第 {number} 行 {row.get('indicator', '')}：{error}") from error
        VitalSign.objects.get_or_create(domain=row["domain"], indicator=row["indicator"], defaults=values)
    for number, row in enumerate(_rows(folder, "domain_rules.csv"), start=2):
        try:
            lines = [float(row[name]) for name in ("blue", "yellow", "orange", "red")]
            if lines != sorted(lines, reverse=True):
                raise ValueError("四条线须从蓝到红依次降低")
            names = ("blue", "yellow", "orange", "red")
            limits = {
                **dict(zip(names, lines, strict=True)),
                "band": float(row["band"]),
                "periods": int(row["periods"]),
            }
        except (KeyError, ValueError) as error:
            raise ValueError(f"domain_rules.csv 第 {number} 行 {row.get('domain', '')}：{error}") from error
        DomainRule.objects.get_or_create(domain=row["domain"], defaults=limits)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    return rows(folder / "city_operations" / name) or rows(_HERE / name)
