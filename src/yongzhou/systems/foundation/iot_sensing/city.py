"""iot_sensing's part of the city: the gateways as things, the rule on low supply."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from yongzhou.core.people.models import Unit
from yongzhou.core.things.models import Thing
from yongzhou.engines.telemetry.models import Rule

LOW_VOLTAGE: Final = UUID("4a1c5d5e-5f9a-5d2e-8f0e-431100000003")
GATEWAYS: Final = {"sl651": "SL 651 水文接入网关", "mqtt": "MQTT 接入网关"}


def load(folder: Path) -> None:
    """Gateways are things with children: all of them silent at once is one outage."""
    owner = Unit.objects.filter(code="4311-SWZX").first()
    for code, name in GATEWAYS.items():
        Thing.objects.get_or_create(
            scheme="gateway",
            code=code,
            defaults={"name": name, "region": "4311", "owner": owner, "lifecycle": "online"},
        )
    Rule.objects.get_or_create(
        pk=LOW_VOLTAGE,
        defaults={
            "name": "电源电压低",
            "observed": "voltage",
            "threshold": "value",
            "value": 11.5,
            "margin": 0.3,
            "falling": True,
            "aggregate": "last",
            "hold": 3,
            "level": "4",
        },
    )
