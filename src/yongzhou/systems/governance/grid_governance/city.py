"""This room's part of `cities/<city>`: the event library, and who works which grid."""

from __future__ import annotations

from pathlib import Path

from yongzhou.core.people.city import rows
from yongzhou.core.people.models import Appointment
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import EventType, GridPost
from yongzhou.systems.governance.grid_governance.responsible import RuleError, parse

_NUMBERS = ("accept_hours", "handle_hours", "merge_radius_m", "merge_window_h")


def load(folder: Path) -> None:
    """Renew the event library; give each grid the workers whose role ends at it. Raises `ValueError` for a bad row."""
    for line, row in enumerate(rows(folder / "event_types.csv"), start=2):
        try:
            parse(row["unit_rule"])
            numbers = {name: float(row[name]) for name in _NUMBERS}
        except (RuleError, ValueError) as error:
            raise ValueError(f"event_types.csv 第 {line} 行 {row['code']}：{error}") from error
        texts = {name: value for name, value in row.items() if name not in (*_NUMBERS, "code")}
        EventType.objects.update_or_create(code=row["code"], defaults={**texts, **numbers})
    _posts()


def _posts() -> None:
    workers = Appointment.objects.filter(role__code="grid_worker").values_list("person_id", "region")
    grids = dict(Place.objects.filter(kind="grid").values_list("code", "pk"))
    for person, region in workers:
        for code in (code for code in grids if region and code.startswith(region)):
            GridPost.objects.get_or_create(
                grid_id=grids[code], person_id=person, defaults={"region": code, "origin": "synthetic"}
            )
