"""From messages of the bus to observations: decode, drop repeated frames, name datastreams. Pure, vectorised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yongzhou.core import wire

US_DAY: Final = 86_400_000_000
EARLIEST_US: Final = int(datetime.fromisoformat("2000-01-01T00:00:00+00:00").timestamp()) * 1_000_000
AHEAD_US: Final = 366 * US_DAY  # a moment further ahead of its receipt is impossible, not just a wrong clock

_LISTS: Final = ("element", "phenomenon", "result", "flag", "source_flag")


class Message(NamedTuple):
    """One message of OBS."""

    seq: int
    subject: str
    data: bytes
    trace: str = ""  # traceparent


class Refused(NamedTuple):
    """Something for the quarantine. `id` (16 bytes) makes a second time the same as the first."""

    id: bytes
    source: str
    payload: bytes
    reason: str
    where: str
    station: str
    received: datetime | None
    replay: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Datastreams by their address on the wire, and what is plausible for them; rows are sorted by `number`.

    `table`: door, station, element (strings), number (int64), thing (string), region (string), origin (string),
    low, high (float64, null = no limit), max_rate (float64, per hour, null = no limit), flat_count (int64, 0 = no
    check), period_s (int64).
    """

    table: pa.Table
    keys: pa.Array = field(init=False, repr=False)
    stations: pa.Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        table = self.table.sort_by("number").combine_chunks()
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "keys", _joined(table["door"], table["station"], table["element"]))
        object.__setattr__(self, "stations", pc.unique(_joined(table["door"], table["station"])))

    def numbers(self) -> npt.NDArray[np.int64]:
        """Numbers of all datastreams, rising."""
        numbers: npt.NDArray[np.int64] = self.table["number"].to_numpy()
        return numbers


class RecentFrames:
    """The last 8 frame identities a station: a device that got no answer sends the same bytes again."""

    DEPTH: Final = 8

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._ring = np.zeros((64, self.DEPTH, 2), dtype=np.uint64)  # an identity as two words
        self._next = np.zeros(64, dtype=np.int64)

    def new(self, stations: pa.Array, frames: pa.Array) -> npt.NDArray[np.bool_]:
        """Which frames are seen for the first time, in order; those are remembered. (n,) and (n,) -> (n,)."""
        coded = stations.dictionary_encode()
        rows = [self._rows.setdefault(name, len(self._rows)) for name in coded.dictionary.to_pylist()]
        self._grow(len(self._rows))
        row = np.array(rows, dtype=np.int64)[coded.indices.to_numpy(zero_copy_only=False)]
        identity = np.frombuffer(b"".join(frames.to_pylist()), dtype=np.uint64).reshape(-1, 2)
        known = (self._ring[row] == identity[:, None, :]).all(axis=2).any(axis=1)
        order = np.lexsort((identity[:, 0], identity[:, 1], row))  # stable: the first of equals stays first
        sorted_row, sorted_identity = row[order], identity[order]
        first = np.ones(len(row), dtype=bool)
        first[order[1:]] = (sorted_row[1:] != sorted_row[:-1]) | (sorted_identity[1:] != sorted_identity[:-1]).any(
            axis=1
        )
        fresh: npt.NDArray[np.bool_] = first & ~known
        self._remember(row[fresh], identity[fresh])
        return fresh

    def _remember(self, row: npt.NDArray[np.int64], identity: npt.NDArray[np.uint64]) -> None:
        order = np.argsort(row, kind="stable")
        row, identity = row[order], identity[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)  # place among the new ones of its station
        total = np.bincount(row, minlength=len(self._next))
        last = rank >= total[row] - self.DEPTH
        self._ring[row[last], (self._next[row] + rank)[last] % self.DEPTH] = identity[last]
        self._next += total

    def _grow(self, size: int) -> None:
        if size > len(self._next):
            more = max(size, 2 * len(self._next)) - len(self._next)
            self._ring = np.concatenate([self._ring, np.zeros((more, self.DEPTH, 2), dtype=np.uint64)])
            self._next = np.concatenate([self._next, np.zeros(more, dtype=np.int64)])


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a window holds: `observations` (lake schema, flags still the sender's, plus `row` in the registry),
    `frames` (lake schema), `refused`, and the number of repeated frames."""

    observations: pa.Table
    frames: pa.Table
    refused: list[Refused]
    repeated: int


def decode(messages: Sequence[Message], registry: Registry, recent: RecentFrames) -> Decoded:
    """A window of messages as tables. Never raises for what a message holds: that is refused with a reason."""
    refused: list[Refused] = []
    tables = []
    for message in messages:
        try:
            table = wire.decode(message.data)
        except (wire.WireError, pa.ArrowException) as error:
            refused.append(_undecodable(message, str(error)))
            continue
        if any(table[field.name].null_count for field in wire.FRAME if not field.nullable):
            refused.append(_undecodable(message, "a column that must be filled has nulls"))
            continue
        door = message.subject.split(".")[1]
        size = table.num_rows
        tables.append(
            table.append_column("door", pa.repeat(pa.scalar(door), size))
            .append_column("seq", pa.repeat(pa.scalar(message.seq, pa.uint64()), size))
            .replace_schema_metadata(None)
        )
    frames = pa.concat_tables(tables).combine_chunks() if tables else _EMPTY
    frames = frames.append_column("address", _joined(frames["door"], frames["station"]))
    known = pc.is_in(frames["address"], registry.stations)
    refused += _unknown(frames.filter(pc.invert(known)))
    frames = frames.filter(known)
    fresh = recent.new(frames["address"].combine_chunks(), frames["frame"].combine_chunks())
    repeated = len(fresh) - int(fresh.sum())
    frames = frames.filter(pa.array(fresh)).combine_chunks() if repeated else frames
    observations, odd = _explode(frames, registry)
    return Decoded(observations, frames.select(_FRAME_COLUMNS), refused + odd, repeated)


_FRAME_COLUMNS: Final = ["frame", "door", "station", "function", "serial", "received", "peer", "seq", "raw"]
_EMPTY: Final = (
    wire.FRAME.empty_table()
    .append_column("door", pa.array([], pa.string()))
    .append_column("seq", pa.array([], pa.uint64()))
    .replace_schema_metadata(None)
)


def _explode(frames: pa.Table, registry: Registry) -> tuple[pa.Table, list[Refused]]:
    """One row an observation, with the row of its datastream; frames with a part that has none are refused too."""
    parent = pc.list_parent_indices(frames["element"].combine_chunks())
    one = {name: pc.list_flatten(frames[name].combine_chunks()) for name in _LISTS}
    of = {name: frames[name].combine_chunks().take(parent) for name in ("seq", "frame", "received", "address")}
    row = pc.index_in(pc.binary_join_element_wise(of["address"], one["element"], "\n"), registry.keys)
    phenomenon, received = _micros(one["phenomenon"]), _micros(of["received"])
    possible = (phenomenon >= EARLIEST_US) & (phenomenon - received <= AHEAD_US) & ~_nulls(one["phenomenon"])
    named = ~_nulls(row)
    of_frame = parent.to_numpy(zero_copy_only=False)
    odd = _refuse_parts(frames, of_frame, ~named, "要素未登记:请登记该要素的数据流后重放")
    odd += _refuse_parts(frames, of_frame, named & ~possible, "观测时间不可能:请校准设备时钟,改正时间后重放")
    table = pa.table(
        {
            "row": row,
            "phenomenon": one["phenomenon"],
            "result": pc.if_else(pc.is_finite(one["result"]), one["result"], pa.scalar(None, pa.float64())),
            "flag": pc.fill_null(one["flag"], 2),
            "seq": of["seq"],
            "frame": of["frame"],
            "received": of["received"],
        }
    ).filter(pa.array(named & possible))
    datastream = registry.table["number"].take(table["row"])
    origin = registry.table["origin"].take(table["row"])
    return table.append_column("datastream", datastream).append_column("origin", origin).combine_chunks(), odd


def _refuse_parts(
    frames: pa.Table, parent: npt.NDArray[np.int64], bad: npt.NDArray[np.bool_], reason: str
) -> list[Refused]:
    """The observations of a frame that could not be taken; the others of the same frame were.

    They make a frame of their own, with an identity of its own, so that a replay brings them and nothing twice.
    """
    refused = []
    for index in np.unique(parent[bad]):
        frame = frames.slice(index, 1).combine_chunks()
        keep = pa.array(bad[parent == index])
        identity = wire.frame_identity(frame["frame"][0].as_py() + reason.encode())
        frame = frame.set_column(frame.schema.get_field_index("frame"), "frame", pa.array([identity], pa.binary(16)))
        for name in _LISTS:
            kept = frame[name].combine_chunks().flatten().filter(keep)
            column = pa.ListArray.from_arrays(pa.array([0, len(kept)], pa.int32()), kept)
            frame = frame.set_column(frame.schema.get_field_index(name), name, column)
        names = dict.fromkeys(str(name) for name in frame["element"][0].as_py())
        refused.append(_refuse(frame, reason, "要素 " + "、".join(names)))
    return refused


def _unknown(frames: pa.Table) -> list[Refused]:
    reason = "地址未登记:请登记该设备的数据流,登记后可重放"
    return [_refuse(frames.slice(index, 1), reason, "地址") for index in range(frames.num_rows)]


def _refuse(frame: pa.Table, reason: str, where: str) -> Refused:
    one = frame.select(["door", "station", "frame", "received", "seq"]).to_pylist()[0]
    return Refused(
        id=one["frame"],
        source=f"telemetry.{one['door']}",
        payload=wire.encode(frame.select(wire.FRAME.names)),
        reason=reason,
        where=f"{one['door']} {one['station']},{where},{wire.STREAM} 第 {one['seq']} 条",
        station=one["station"],
        received=one["received"],
        replay=REPLAY,
    )


REPLAY: Final = "telemetry.frames"


def _undecodable(message: Message, reason: str) -> Refused:
    return Refused(
        id=wire.frame_identity(message.data),
        source="telemetry",
        payload=message.data,
        reason=f"报文不是约定的观测表:{reason}",
        where=f"{message.subject},{wire.STREAM} 第 {message.seq} 条",
        station="",
        received=None,
        replay=REPLAY,
    )


def _joined(*columns: pa.ChunkedArray) -> pa.Array:
    """Columns of text as one key; the separator cannot stand in an address."""
    joined = pc.binary_join_element_wise(*columns, "\n")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _micros(times: pa.Array) -> npt.NDArray[np.int64]:
    values: npt.NDArray[np.int64] = times.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return values


def _nulls(column: pa.Array) -> npt.NDArray[np.bool_]:
    nulls: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return nulls
