"""Start Django for a role that is not the web, and import what the systems declare (operations, subscriptions)."""

from __future__ import annotations

import os
from importlib import import_module, util

import django


def start(role: str) -> None:
    """Set up Django and load every room's `operations`, `events`, `hears` and `rules` modules."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yongzhou.house.settings")
    os.environ.setdefault("YZ_ROLE", role)
    django.setup()
    load_rooms()


def load_rooms() -> None:
    """Import the modules by which rooms register themselves."""
    from django.apps import apps

    from yongzhou.core.bus.inbox import set_context_factory
    from yongzhou.core.operations.handling import context_of
    from yongzhou.house.observe.meters import watch_operations

    set_context_factory(context_of)
    watch_operations()
    for config in apps.get_app_configs():
        for name in ("operations", "hears", "periodic"):
            if config.name.startswith("yongzhou.") and util.find_spec(f"{config.name}.{name}") is not None:
                import_module(f"{config.name}.{name}")
