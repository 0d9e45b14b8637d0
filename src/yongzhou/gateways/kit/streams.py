"""The JetStream streams of the house, made in one place and alike by whoever comes first."""

from __future__ import annotations

from typing import Final

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError, NotFoundError

from yongzhou.core import wire

DUPLICATE_WINDOW_S: Final = 120.0
QUARANTINE: Final = "QUARANTINE"
QUARANTINE_SUBJECTS: Final = "obs-quarantine.*"
EVENTS: Final = "EVENTS"
COMMANDS: Final = "COMMANDS"
GIB: Final = 1 << 30


def _stream(name: str, subjects: list[str], max_bytes: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=subjects,
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        # a full stream refuses, so the publisher learns it; the default would silently drop the oldest
        discard=DiscardPolicy.NEW,
        max_bytes=max_bytes,
        duplicate_window=DUPLICATE_WINDOW_S,
        num_replicas=1,
    )


def stream_configs(obs_bytes: int = 4 * GIB) -> dict[str, StreamConfig]:
    """Definitions of OBS, QUARANTINE, EVENTS and COMMANDS by name; `obs_bytes` caps OBS."""
    wanted = {
        wire.STREAM: ([f"obs.{door}.*" for door in wire.DOORS], obs_bytes),
        QUARANTINE: ([QUARANTINE_SUBJECTS], GIB // 2),
        EVENTS: (["ev.>"], GIB),
        COMMANDS: (["cmd.>"], GIB // 4),
    }
    return {name: _stream(name, subjects, limit) for name, (subjects, limit) in wanted.items()}


async def ensure_streams(js: JetStreamContext, obs_bytes: int = 4 * GIB) -> None:
    """Make the streams that are absent; a stream that exists stays as it is (its owner may have tuned it).

    Raises what nats-py raises when JetStream does not answer (`TimeoutError`, `NoRespondersError`).
    """
    for name, config in stream_configs(obs_bytes).items():
        try:
            await js.stream_info(name)
        except NotFoundError:
            try:
                await js.add_stream(config)
            except BadRequestError:
                await js.stream_info(name)  # another role made it in this very moment
