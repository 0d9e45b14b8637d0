"""JetStream as its server's monitor tells it: streams, how full they are, how far their consumers lag. No login."""

from __future__ import annotations

import json
import os
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

from yongzhou.core.home import Home

TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class ConsumerFacts:
    """One consumer: messages not delivered, delivered and not acknowledged, delivered more than once."""

    name: str
    pending: int
    unacknowledged: int
    redelivered: int
    durable: bool

    @property
    def lag(self) -> int:
        """Messages that it has not dealt with."""
        return self.pending + self.unacknowledged


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream; `max_bytes` 0 means without cap. `replicas` that are current, of those configured."""

    name: str
    messages: int
    bytes: int
    max_bytes: int
    refuses: bool  # a full one refuses; else it drops its oldest
    first_seq: int
    last_seq: int
    replicas: int
    replicas_current: int
    consumers: tuple[ConsumerFacts, ...]

    @property
    def share(self) -> float:
        """How full, 0 to 1."""
        return self.bytes / self.max_bytes if self.max_bytes else 0.0


@dataclass(frozen=True, slots=True)
class BusFacts:
    """One server of the bus."""

    version: str
    stored: int
    max_store: int
    connections: int
    slow_consumers: int
    streams: tuple[StreamFacts, ...]

    def stream(self, name: str) -> StreamFacts | None:
        """A stream by its name."""
        return next((stream for stream in self.streams if stream.name == name), None)


def monitor(home: Home) -> str:
    """Address of the server's monitor: the home's own, or `NATS_MONITOR`."""
    return os.environ.get("NATS_MONITOR") or f"http://127.0.0.1:{home.port_of('nats_monitor')}"


def facts(home: Home) -> BusFacts:
    """Ask the server; `OSError` if it does not answer."""
    server = _get(f"{monitor(home)}/varz")
    streams = _get(f"{monitor(home)}/jsz?accounts=1&streams=1&consumers=1&config=1")
    accounts = streams.get("account_details") or []
    return BusFacts(
        version=str(server["version"]),
        stored=int(streams.get("storage", 0)),
        max_store=int(streams.get("config", {}).get("max_storage", 0)),
        connections=int(server.get("connections", 0)),
        slow_consumers=int(server.get("slow_consumers", 0)),
        streams=tuple(
            sorted(
                (_stream(one) for account in accounts for one in account.get("stream_detail") or []),
                key=lambda stream: stream.name,
            )
        ),
    )


def _get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - our own loopback address
        found: dict[str, Any] = json.load(answer)
    return found


def _stream(one: dict[str, Any]) -> StreamFacts:
    state, config = one["state"], one.get("config") or {}
    peers = (one.get("cluster") or {}).get("replicas") or []
    return StreamFacts(
        name=one["name"],
        messages=state["messages"],
        bytes=state["bytes"],
        max_bytes=max(0, config.get("max_bytes", 0)),
        refuses=config.get("discard") == "new",
        first_seq=state["first_seq"],
        last_seq=state["last_seq"],
        replicas=int(config.get("num_replicas", 1)),
        replicas_current=1 + sum(bool(peer.get("current")) for peer in peers),
        consumers=tuple(_consumer(consumer) for consumer in one.get("consumer_detail") or []),
    )


def _consumer(one: dict[str, Any]) -> ConsumerFacts:
    # a fetching consumer without acknowledgement has nothing that is unacknowledged
    return ConsumerFacts(
        name=one["name"],
        pending=one.get("num_pending", 0),
        unacknowledged=one.get("num_ack_pending", 0),
        redelivered=one.get("num_redelivered", 0),
        durable=bool((one.get("config") or {}).get("durable_name")),
    )
