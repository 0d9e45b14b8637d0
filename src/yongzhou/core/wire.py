"""What travels on the bus as observations: one Arrow table a message, one row a frame. No Django here.

Subjects are `obs.<door>.<shard>`; the stream is OBS. A gateway publishes address and element as the device
names them; telemetry resolves them to datastreams.
"""

from __future__ import annotations

import hashlib
from typing import Final

import pyarrow as pa

from yongzhou.core import streams

VERSION: Final = b"1"
STREAM: Final = streams.OBS
DOORS: Final = streams.DOORS
MAX_BYTES: Final = streams.MAX_BYTES

FRAME: Final = pa.schema(
    [
        pa.field("station", pa.string(), nullable=False),  # address as the device names it
        pa.field("frame", pa.binary(16), nullable=False),  # identity: hash of the raw bytes
        pa.field("function", pa.string(), nullable=False),  # the door's own word: "32", "publish", "create"
        pa.field("serial", pa.int64()),
        pa.field("received", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("peer", pa.string(), nullable=False),
        pa.field("raw", pa.binary(), nullable=False),
        # observations of this frame, five lists of equal length
        pa.field("element", pa.list_(pa.string()), nullable=False),
        pa.field("phenomenon", pa.list_(pa.timestamp("us", tz="UTC")), nullable=False),
        pa.field("result", pa.list_(pa.float64()), nullable=False),
        pa.field("flag", pa.list_(pa.int8()), nullable=False),  # QARTOD: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9
        pa.field("source_flag", pa.list_(pa.string()), nullable=False),  # the sender's own word, "" if none
    ],
    metadata={b"version": VERSION},
)


class WireError(ValueError):
    """A message that is not an observation table of a known version."""


def frame_identity(raw: bytes) -> bytes:
    """16-byte identity of a raw frame: an unanswered device repeats itself, in another batch."""
    return hashlib.blake2b(raw, digest_size=16).digest()


def encode(table: pa.Table) -> bytes:
    """One message: Arrow IPC stream of a table of schema `FRAME`."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, FRAME) as writer:
        writer.write_table(table.cast(FRAME))
    message: bytes = sink.getvalue().to_pybytes()
    return message


def decode(message: bytes) -> pa.Table:
    """The table of one message; `WireError` if it is not one of version 1 with lists of equal length."""
    try:
        table = pa.ipc.open_stream(message).read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise WireError(f"not an Arrow stream: {error}") from error
    if (table.schema.metadata or {}).get(b"version") != VERSION or not table.schema.equals(FRAME):
        raise WireError("schema is not observation frames version 1")
    empty = [field.name for field in FRAME if not field.nullable and table[field.name].null_count]
    if empty:
        raise WireError(f"nothing in {', '.join(empty)}")
    lengths = [
        table[name].combine_chunks().value_lengths()
        for name in ("element", "phenomenon", "result", "flag", "source_flag")
    ]
    if any(not lengths[0].equals(other) for other in lengths[1:]):
        raise WireError("the five observation lists of a frame differ in length")
    return table
