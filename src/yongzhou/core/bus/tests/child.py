"""A process that the crash tests kill: `python -m yongzhou.core.bus.tests.child relay|<durable>`."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

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


async def main(what: str) -> None:
    from yongzhou.core.bus.connection import connect_patiently
    from yongzhou.core.bus.consumer import consume
    from yongzhou.core.bus.relay import relay
    from yongzhou.core.bus.subscriptions import subscriptions
    from yongzhou.core.bus.tests import cast  # noqa: F401

    if what == "relay":
        await relay(Home.here())
    else:
        bus = await connect_patiently(Home.here(), what)
        await consume(bus, subscriptions()[what], ThreadPoolExecutor(1))


asyncio.run(main(sys.argv[1]))
