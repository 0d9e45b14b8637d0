"""The JetStream streams of the house, defined once, made alike by whoever comes first. No Django here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, ExternalStream, RetentionPolicy, StorageType, StreamConfig, StreamSource
from nats.js.errors import BadRequestError, NotFoundError

OBS: Final = "OBS"
EVENTS: Final = "EVENTS"
QUARANTINE: Final = "QUARANTINE"
COMMANDS: Final = "COMMANDS"
DOORS: Final = ("sl651", "mqtt", "sta")  # OBS listens to obs.<door>.*, never to obs.> (an MQTT topic is a subject)
MAX_BYTES: Final = 1_000_000  # of one message
QUARANTINE_SUBJECTS: Final = "obs-quarantine.*"
DUPLICATE_WINDOW_S: Final = 120.0
KEEP_EVENTS_S: Final = 30 * 86400.0  # a subscriber that is away longer must be rebuilt from the records
OBS_BYTES: Final = 8_000_000_000


def _stream(name: str, subjects: list[str], max_bytes: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        # a full stream refuses, so the publisher learns it; the default would silently drop the oldest
        discard=DiscardPolicy.NEW,
        max_bytes=max_bytes,
        max_msg_size=2 * MAX_BYTES,
        duplicate_window=DUPLICATE_WINDOW_S,
        num_replicas=1,
    )


STREAMS: Final = {
    OBS: _stream(OBS, [f"obs.{door}.*" for door in DOORS], OBS_BYTES),
    QUARANTINE: _stream(QUARANTINE, [QUARANTINE_SUBJECTS], 500_000_000),
    COMMANDS: _stream(COMMANDS, ["cmd.>"], 250_000_000),
    # the outbox is the truth: a full EVENTS must not stop the city, and lag is watched long before
    EVENTS: replace(
        _stream(EVENTS, ["ev.>"], 4_000_000_000),
        max_age=KEEP_EVENTS_S,
        discard=DiscardPolicy.OLD,
        duplicate_window=600.0,
    ),
}


async def ensure_streams(
    js: JetStreamContext, names: Iterable[str] = tuple(STREAMS), *, obs_bytes: int = OBS_BYTES
) -> None:
    """Make the streams that are absent; one that exists stays as it is (a cluster's operator may have tuned it).

    Raises what nats-py raises when JetStream does not answer (`TimeoutError`, `NoRespondersError`).
    """
    for name in names:
        config = replace(STREAMS[name], num_replicas=replicas())
        if name == OBS:
            config = replace(config, max_bytes=obs_bytes)
        try:
            await js.stream_info(name)
        except NotFoundError:
            try:
                await js.add_stream(config)
            except BadRequestError:
                await js.stream_info(name)  # another role made it in this very moment


def replicas() -> int:
    """Copies of each stream on different servers: `NATS_REPLICAS`, 1 on a single server, 3 on a cluster of three."""
    return int(os.environ.get("NATS_REPLICAS") or 1)


async def listen_to(js: JetStreamContext, domains: Iterable[str], stream: str = OBS) -> None:
    """Let a stream of the city draw from the stream of the same name in these domains (a county's leaf node each).

    A county that is cut off keeps its messages; once it is back they come in their order, each once. The county's own
    identity of a message (`Nats-Msg-Id`) comes along; of the city's stream the number is its own.
    """
    info = await js.stream_info(stream)
    sources = [
        StreamSource(name=stream, external=ExternalStream(api=f"$JS.{domain}.API")) for domain in sorted(set(domains))
    ]
    had = sorted(source.external.api for source in info.config.sources or [] if source.external)
    if had != [source.external.api for source in sources if source.external]:
        await js.update_stream(replace(info.config, sources=sources))
