"""What happens to a window: `store` (quarantine, lake with position), then `follow` (latest values, rules, alarms)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from yongzhou.core import wire
from yongzhou.core.lake import OBSERVATION, Lake
from yongzhou.core.observe import trace
from yongzhou.engines.telemetry import quality
from yongzhou.engines.telemetry.batch import Message, RecentFrames, decode
from yongzhou.engines.telemetry.effects import latest_of, live_messages, samples_of
from yongzhou.engines.telemetry.ports import Stores
from yongzhou.engines.telemetry.rules import Change, Samples, Watch

_REPLAY_STEP: Final = 5000  # messages of the lake at a time


@dataclass(slots=True)
class Tally:
    """What a reader has done since it began."""

    messages: int = 0
    frames: int = 0
    observations: int = 0
    repeated: int = 0
    refused: int = 0
    last_seq: int = 0

    def report(self) -> dict[str, JsonValue]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Stored:
    """A window that is in the lake: its observations (schema of the lake) and its last sequence."""

    observations: pa.Table
    last_seq: int


@dataclass(frozen=True, slots=True)
class Told:
    """What screens are told of a window."""

    live: list[tuple[str, dict[str, JsonValue]]]  # county and message
    changes: list[Change]


class Pipeline:
    """State of one reader between its windows. Begin anew (a new instance) after any error: the lake knows where."""

    def __init__(self, lake: Lake, stores: Stores, incarnation: datetime, tally: Tally | None = None) -> None:
        self.lake = lake
        self.stores = stores
        self.incarnation = incarnation
        self.tally = tally or Tally()
        self.position = self.lake.position(wire.STREAM, self.incarnation) or 0
        self.traces: dict[int, str] = {}  # sequence: traceparent, of what is stored and not yet followed
        self.recent = RecentFrames()
        known = self.lake.last_identities()
        if known.num_rows:
            address = pc.binary_join_element_wise(known["door"], known["station"], "\n").combine_chunks()
            self.recent.new(address, known["frame"].combine_chunks())
        done = self.stores.progress(wire.STREAM, incarnation)
        self._load(done)
        self._catch_up(done)
        self.tally.last_seq = self.position

    def reload(self) -> bool:
        """Read registry and rules again if they, or alarms by another hand, are different; whether they were."""
        same = self.stores.fingerprint() == self.fingerprint
        if same and self.stores.standing(self.rules) == self.watch.standing():
            return False
        self._load()
        return True

    def store(self, messages: Sequence[Message]) -> Stored:
        """First step: a window is in the lake, or raises and then is not, or the next position tells."""
        began, last_seq = time.time_ns(), messages[-1].seq
        window = decode(messages, self.registry, self.recent)
        self.stores.refuse(window.refused)
        observations = self._flagged(window.observations)
        self.position = self.lake.append(
            observations, window.frames, stream=wire.STREAM, incarnation=self.incarnation, last_seq=last_seq
        )
        tally = self.tally
        tally.messages += len(messages)
        tally.frames += window.frames.num_rows
        tally.observations += observations.num_rows
        tally.repeated += window.repeated
        tally.refused += len(window.refused)
        tally.last_seq = last_seq
        if trace.ON:
            contexts = trace.each("telemetry store", [message.trace for message in messages], began)
            self.traces.update(zip((message.seq for message in messages), contexts, strict=True))
        return Stored(observations, last_seq)

    def follow(self, stored: Stored) -> Told:
        """Second step, idempotent, in the order of the first: may run while the next window is being stored."""
        latest = latest_of(stored.observations)
        changes = self._traced(self.watch.take(samples_of(stored.observations)), stored)
        changed = self.stores.settle(latest, changes, self.rules, wire.STREAM, self.incarnation, stored.last_seq)
        return Told(live_messages(latest, changed, self.counties), changes)

    def _traced(self, changes: list[Change], stored: Stored) -> list[Change]:
        """The changes, each with the trace of the message that turned it; traces of what is followed are forgotten."""
        if not self.traces:
            return changes
        found = []
        for change in changes:
            rows = stored.observations.filter(
                pc.and_(
                    pc.equal(stored.observations["datastream"], change.datastream),
                    pc.equal(stored.observations["phenomenon"].cast(pa.int64()), change.phenomenon),
                )
            )
            seq = rows["seq"][0].as_py() if rows.num_rows else 0
            found.append(change._replace(trace=self.traces.get(seq, "")))
        for seq in [seq for seq in list(self.traces) if seq <= stored.last_seq]:
            self.traces.pop(seq)
        return found

    def _flagged(self, table: pa.Table) -> pa.Table:
        """Observations in the lake's schema, with the worst of the sender's flag and ours."""
        flag = self.series.check(
            table["row"].to_numpy().astype(np.int64),
            table["phenomenon"].cast(pa.int64()).to_numpy(),
            table["received"].cast(pa.int64()).to_numpy(),
            table["result"].to_numpy().astype(np.float64),
            table["flag"].to_numpy().astype(np.int8),
            low=self._limit("low"),
            high=self._limit("high"),
            max_rate=self._limit("max_rate"),
            flat_count=self.registry.table["flat_count"].to_numpy(),
        )
        at = table.schema.get_field_index("flag")
        return table.set_column(at, "flag", pa.array(flag, pa.int8())).select(OBSERVATION.names).cast(OBSERVATION)

    def _limit(self, name: str) -> quality.Floats:
        column: quality.Floats = self.registry.table[name].to_numpy().astype(np.float64)
        return column

    def _load(self, judged: int | None = None) -> None:
        """Registry, rules, and what tests and rules must remember; rules have `judged` up to a sequence, None = all."""
        self.fingerprint = self.stores.fingerprint()
        self.registry = self.stores.registry()
        self.rules = self.stores.rules(self.registry)
        numbers = self.registry.numbers()
        places = zip(self.registry.table["number"].to_pylist(), self.registry.table["region"].to_pylist(), strict=True)
        self.counties = {number: str(region or "")[:6] for number, region in places}
        self.series = quality.Series(len(numbers))
        latest = self.stores.latest()
        latest = latest.filter(pc.is_in(latest["datastream"], pa.array(numbers)))
        row = np.searchsorted(numbers, latest["datastream"].to_numpy())
        self.series.phenomenon[row] = latest["phenomenon"].cast(pa.int64()).to_numpy()
        self.series.value[row] = latest["result"].to_numpy()
        self.series.equal[row] = 1
        self.watch = self._watch(judged)

    def _watch(self, judged: int | None) -> Watch:
        table = self.registry.table
        numbers = table["number"].to_pylist()
        watched = sorted({number for rule in self.rules.rules for number in rule.datastreams})
        past: Samples | None = None
        if watched:
            now = datetime.now(UTC)
            reach = timedelta(seconds=Watch.reach_seconds(self.rules.rules))
            history = self.lake.history(watched, now - reach, now + timedelta(days=1))
            if judged is not None:  # the rest is still to be judged; sequences of an older stream say nothing
                before = pc.less(history["received"], pa.scalar(self.incarnation, history["received"].type))
                history = history.filter(pc.or_(pc.less_equal(history["seq"], judged), before))
            past = samples_of(history)
        return Watch(
            self.rules.rules,
            dict(zip(numbers, table["thing"].to_pylist(), strict=True)),
            dict(zip(numbers, table["period_s"].to_pylist(), strict=True)),
            open_alarms=self.rules.open,
            past=past,
        )

    def _catch_up(self, done: int) -> None:
        """Values and alarms of what reached the lake before the second step could follow."""
        while done < self.position:
            until = min(done + _REPLAY_STEP, self.position)
            rows = self.lake.since(done, until, received_from=self.incarnation - timedelta(days=8))
            self.follow(Stored(rows, until))
            done = until
