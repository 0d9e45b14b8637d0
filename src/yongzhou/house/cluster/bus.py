"""Configurations of NATS: a node of the city's cluster, a county's leaf node."""

from __future__ import annotations

import json
from typing import Any, Final

from yongzhou.core.home import Home
from yongzhou.core.streams import DOORS
from yongzhou.house.cluster.plan import NODES, Plan
from yongzhou.house.family import nats

CITY: Final = "city"  # JetStream domain
COUNTY_USER: Final = "county"
# A county's frames come by sourcing, stored and in order; on the live link they would come a second time.
NOT_LIVE: Final = [*(f"obs.{door}.>" for door in DOORS), "obs-quarantine.>", "ev.>", "cmd.>"]


def node(home: Home, number: int) -> str:
    """nats.conf of one of the three servers of the city."""
    plan = Plan(home)
    settings: dict[str, Any] = json.loads(nats.configuration(home))
    settings["server_name"] = f"{home.city}-{number}"
    settings["listen"] = f"127.0.0.1:{plan.nats_port(number)}"
    settings["http"] = f"127.0.0.1:{plan.monitor_port(number)}"
    settings["jetstream"]["store_dir"] = str(home.data / f"nats{number}")
    settings["jetstream"]["domain"] = CITY
    settings["cluster"] = {
        "name": home.city,
        "listen": f"127.0.0.1:{plan.port(f'route{number}')}",
        "authorization": {"user": "route", "password": home.secret("nats_route")},
        "routes": [
            f"nats-route://route:{home.secret('nats_route')}@127.0.0.1:{plan.port(f'route{other}')}"
            for other in range(1, NODES + 1)
            if other != number
        ],
    }
    if number == 1:
        settings["leafnodes"] = {
            "listen": f"127.0.0.1:{plan.port('leaf')}",
            "no_advertise": True,  # a county comes by the address that it was given, not around it
            "authorization": {"user": COUNTY_USER, "password": home.secret("nats_county")},
        }
    return json.dumps(settings, indent=2)


def county(home: Home, domain: str, city: str, secret: str) -> str:
    """nats.conf of a county: a server of its own, a leaf of the city at `city` (host:port) with the city's secret."""
    settings: dict[str, Any] = json.loads(nats.configuration(home))
    settings["server_name"] = domain
    settings["jetstream"]["domain"] = domain
    settings["leafnodes"] = {
        "reconnect": "1s",
        "remotes": [{"url": f"nats-leaf://{COUNTY_USER}:{secret}@{city}", "deny_exports": NOT_LIVE}],
    }
    return json.dumps(settings, indent=2)
