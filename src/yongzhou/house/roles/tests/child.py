"""One role over the three rooms alone: `python -m yongzhou.house.roles.tests.child pump|worker`."""

import asyncio
import sys
from importlib import import_module

import django
from django.conf import settings

from yongzhou.core.home import Home
from yongzhou.house.settings import _database

settings.configure(
    INSTALLED_APPS=["yongzhou.core.bus", "yongzhou.core.audit", "yongzhou.core.jobs"],
    DATABASES={"default": {**_database(Home.here().dsn()), "CONN_HEALTH_CHECKS": True}},
    USE_TZ=True,
)
django.setup()
for cast in ("bus", "jobs"):
    import_module(f"yongzhou.core.{cast}.tests.cast")
asyncio.run(import_module(f"yongzhou.house.roles.{sys.argv[1]}").run(Home.here()))
