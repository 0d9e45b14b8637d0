"""Figures of the whole house in Prometheus' form, gathered when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from yongzhou.core.home import Home
from yongzhou.house.family import status
from yongzhou.house.observe import bus, database
from yongzhou.house.observe.heartbeats import Heartbeats
from yongzhou.house.observe.keepsakes import last_backup

# figure of a door's presence: (metric, whether it only grows)
_DOOR: Final = {
    "frames": ("frames", True),
    "stored": ("frames_stored", True),
    "throttled": ("frames_throttled", True),
    "quarantined": ("frames_quarantined", True),
    "quarantine_dropped": ("quarantine_dropped", True),
    "waiting": ("frames_waiting", False),
    "connections": ("connections", False),
    "frames_per_second": ("frames_per_second", False),
}
_READER: Final = ("messages", "frames", "observations", "repeated", "refused")


class House(Collector):
    """Members, bus, database, lake, doors. What does not answer is missing and told by `yongzhou_up`."""

    def __init__(self, home: Home, heartbeats: Heartbeats) -> None:
        self._home = home
        self._heartbeats = heartbeats

    def collect(self) -> Iterator[Metric]:
        """One pass over everything."""
        up = GaugeMetricFamily("yongzhou_up", "Whether a part answers", labels=["part"])
        yield from self._members()
        for part, ask, errors in (("bus", self._bus, OSError), ("database", self._database, psycopg.Error)):
            try:
                found = list(ask())
                up.add_metric([part], 1)
                yield from found
            except errors:
                up.add_metric([part], 0)
        yield up
        yield from self._doors()
        note = last_backup(self._home)
        if note is not None:
            yield GaugeMetricFamily("yongzhou_backup_age_seconds", "Since the last backup", value=note.age_s)

    def _members(self) -> Iterator[Metric]:
        found = status.read(self._home)
        if found is None:
            return
        memory = status.memory_mb(found)
        state = GaugeMetricFamily("yongzhou_member_up", "1 ready or done", labels=["member"])
        used = GaugeMetricFamily("yongzhou_member_memory_bytes", "Pss with children", labels=["member"])
        budget = GaugeMetricFamily("yongzhou_member_memory_budget_bytes", "Promised Pss", labels=["member"])
        restarts = CounterMetricFamily("yongzhou_member_restarts", "Since the family began", labels=["member"])
        for name, member in found["members"].items():
            state.add_metric([name], member["state"] in ("ready", "done"))
            budget.add_metric([name], member["budget_mb"] * 1e6)
            restarts.add_metric([name], member["restarts"])
        for name, megabytes in memory.items():
            used.add_metric([name], megabytes * 1024 * 1024)
        yield from (state, used, budget, restarts)

    def _bus(self) -> Iterator[Metric]:
        facts = bus.facts(self._home)
        names = {
            "messages": GaugeMetricFamily("yongzhou_stream_messages", "Kept messages", labels=["stream"]),
            "bytes": GaugeMetricFamily("yongzhou_stream_bytes", "Kept bytes", labels=["stream"]),
            "max_bytes": GaugeMetricFamily("yongzhou_stream_cap_bytes", "Cap, 0 without", labels=["stream"]),
            "last_seq": GaugeMetricFamily("yongzhou_stream_last_sequence", "Newest message", labels=["stream"]),
        }
        lag = GaugeMetricFamily("yongzhou_consumer_lag", "Messages not dealt with", labels=["stream", "consumer"])
        for stream in facts.streams:
            for name, family in names.items():
                family.add_metric([stream.name], getattr(stream, name))
            for consumer in stream.consumers:
                if consumer.durable:
                    lag.add_metric([stream.name, consumer.name], consumer.lag)
        yield from names.values()
        yield lag

    def _database(self) -> Iterator[Metric]:
        facts = database.facts(self._home)
        waiting = GaugeMetricFamily("yongzhou_waiting", "What waits, counts and ages in seconds", labels=["what"])
        for name, value in {
            **facts.waiting,
            "unsealed": facts.unsealed,
            "unsealed_age_s": facts.unsealed_age_s,
        }.items():
            waiting.add_metric([name], value)
        yield waiting
        for name, value, text in (
            ("database_bytes", facts.bytes, "Size"),
            ("database_connections", facts.connections, "Clients"),
            ("database_wal_bytes", facts.wal_bytes, "WAL on disk"),
            ("database_longest_transaction_seconds", facts.longest_transaction_s, "Oldest open transaction"),
            ("database_archive_failures", facts.archive_failures, "WAL files not archived at the first try"),
            ("database_standby_lag_bytes", facts.standby_lag_bytes, "WAL that the slowest standby has not replayed"),
        ):
            yield GaugeMetricFamily(f"yongzhou_{name}", text, value=value)
        if facts.lake is not None:
            lake = GaugeMetricFamily("yongzhou_lake", "The lake by its catalogue", labels=["what"])
            for name, value in asdict(facts.lake).items():
                lake.add_metric([name], value)
            yield lake

    def _doors(self) -> Iterator[Metric]:
        heard = self._heartbeats.newest()
        age = GaugeMetricFamily("yongzhou_heartbeat_age_seconds", "Since a part was last heard", labels=["part"])
        for name, body in heard.items():
            age.add_metric([name], float(body["age_s"]))
        yield age
        for figure, (name, grows) in _DOOR.items():
            kind = CounterMetricFamily if grows else GaugeMetricFamily
            family = kind(f"yongzhou_door_{name}", f"Doors for machines: {figure}", labels=["door"])
            for part, body in heard.items():
                if part.startswith("door.") and isinstance(body.get(figure), (int, float)):
                    family.add_metric([part.removeprefix("door.")], float(body[figure]))
            yield family
        reader = heard.get("role.telemetry", {}).get("tasks", {}).get("reader", {})
        family = CounterMetricFamily("yongzhou_telemetry", "The reader of OBS", labels=["what"])
        for figure in _READER:
            if isinstance(reader.get(figure), (int, float)):
                family.add_metric([figure], float(reader[figure]))
        yield family
