"""All records of the house, by resource name."""

from __future__ import annotations

from functools import cache

from django.apps import apps

from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import check
from yongzhou.core.data.record import Record


@cache
def records() -> dict[str, type[Record]]:
    """Resource name to model, checked; raises `ImproperlyConfigured` on a wrong declaration."""
    found = {resource_name(model): model for model in apps.get_models() if issubclass(model, Record)}
    for model in found.values():
        check(model)
    return dict(sorted(found.items()))


def record(name: str) -> type[Record]:
    """The model of a resource name; `KeyError` if there is none."""
    return records()[name]
