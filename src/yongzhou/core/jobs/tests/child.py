"""A worker that the tests kill: `python -m yongzhou.core.jobs.tests.child`."""

import asyncio

import django
from django.conf import settings

from yongzhou.core.home import Home
from yongzhou.house.settings import _database

settings.configure(
    INSTALLED_APPS=["yongzhou.core.bus", "yongzhou.core.audit", "yongzhou.core.jobs"],
    DATABASES={"default": _database(Home.here().dsn())},
    USE_TZ=True,
)
django.setup()

from yongzhou.core.jobs import worker  # noqa: E402
from yongzhou.core.jobs.tests import cast  # noqa: E402, F401

worker.STALLED_S, worker.HEARTBEAT_S = 1.0, 0.3  # type: ignore[misc]
asyncio.run(worker.work(worker.worker_app(Home.here().dsn())))
