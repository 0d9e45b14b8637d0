"""Vital signs, limits, measures, peer centres and frames, from the csv files beside this module.

The city's own files in `city_operations/` win. What people tuned stays.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from yongzhou.core.people.city import rows
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.city_operations.models import (
    DOMAINS,
    DomainRule,
    FrameItem,
    PeerCenter,
    Playbook,
    VitalSign,
)

_HERE: Final = Path(__file__).resolve().parent
_LINES: Final = ("blue", "yellow", "orange", "red")
Row = dict[str, str]


def load(folder: Path) -> None:
    """Load what is not there yet. `ValueError` names file, line and what is wrong."""
    for name, one in (
        ("vital_signs.csv", _sign),
        ("domain_rules.csv", _rule),
        ("playbook.csv", _measure),
        ("peer_centers.csv", _center),
        ("frame_items.csv", _item),
    ):
        _each(folder, name, one)


def _each(folder: Path, name: str, one: Callable[[Row], None]) -> None:
    listed = rows(folder / "city_operations" / name) or rows(_HERE / name)
    for number, row in enumerate(listed, start=2):
        try:
            one(row)
        except (KeyError, ValueError) as error:
            what = f"缺少列 {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{name} 第 {number} 行 {next(iter(row.values()), '')}：{what}") from error


def _edition(row: Row) -> dict[str, object]:
    words: dict[str, object] = {name: row[name] for name in ("edition", "source") if row.get(name)}
    days = {name: date.fromisoformat(row[name]) for name in ("valid_from", "valid_to") if row.get(name)}
    return {**words, **days}


def _sign(row: Row) -> None:
    values = {name: float(row[name]) for name in ("worst", "best", "weight")}
    if row["domain"] not in DOMAINS or values["worst"] == values["best"] or values["weight"] <= 0:
        raise ValueError("领域须为六个之一，最差值与最好值不同，权重大于 0")
    edition = _edition(row)
    key: dict[str, object] = {
        "domain": row["domain"], "indicator": row["indicator"], "season_from": row.get("season_from") or ""
    }  # fmt: skip
    known = VitalSign.objects.filter(**key, **{k: v for k, v in edition.items() if k == "valid_from"})
    if not known.exists():
        VitalSign.objects.create(**key, **edition, **values, season_to=row.get("season_to") or "")


def _rule(row: Row) -> None:
    lines = [float(row[name]) for name in _LINES]
    if lines != sorted(lines, reverse=True):
        raise ValueError("四条线须从蓝到红依次降低")
    edition = _edition(row)
    known = DomainRule.objects.filter(domain=row["domain"], **{k: v for k, v in edition.items() if k == "valid_from"})
    if not known.exists():
        limits: dict[str, object] = dict(zip(_LINES, lines, strict=True))
        limits |= {"band": float(row["band"]), "periods": int(row["periods"])}
        DomainRule.objects.create(domain=row["domain"], **limits, **edition)


def _measure(row: Row) -> None:
    numbers = {name: int(row[name]) for name in ("minutes", "cost")}
    if not 1 <= numbers["cost"] <= 5 or numbers["minutes"] < 1:
        raise ValueError("代价须为 1 至 5，见效分钟大于 0")
    Playbook.objects.get_or_create(
        indicator=row["indicator"],
        title=row["title"],
        defaults={**numbers, "change": float(row["change"]), "office": row["office"], "source": row["source"]},
    )


def _center(row: Row) -> None:
    unit = Unit.objects.filter(code=row["unit"]).first() if row["unit"] else None
    PeerCenter.objects.get_or_create(
        code=row["code"],
        defaults={
            "name": row["name"], "region": row["region"], "unit": unit, "protocol": row["protocol"],
            "direction": row["direction"], "period_s": int(row["period_s"]), "note": row["note"],
        },
    )  # fmt: skip


def _item(row: Row) -> None:
    if row["fit"] not in ("computed", "estimated", "missing") or (row["fit"] == "missing") != (not row["indicator"]):
        raise ValueError("fit 须为 computed、estimated 或 missing；缺数的条目不写指标，其余要写")
    FrameItem.objects.get_or_create(
        frame=row["frame"],
        code=row["code"],
        defaults={name: row[name] for name in ("title", "indicator", "fit", "office", "note")},
    )
