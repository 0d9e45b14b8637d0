from __future__ import annotations

import json
from datetime import timedelta

import pyarrow as pa

from yongzhou.core.lake import OBSERVATION
from yongzhou.engines.telemetry.effects import latest_of, live_messages, samples_of
from yongzhou.engines.telemetry.tests.support import NOW


def table(*rows: tuple[float, float | None, int, float]) -> pa.Table:
    """(hours of the moment, value, flag, hours of receipt)."""
    return pa.Table.from_pylist(
        [
            {"datastream": 1, "phenomenon": NOW + timedelta(hours=at), "result": value, "flag": flag, "seq": 1,
             "frame": bytes(16), "received": NOW + timedelta(hours=received), "origin": "measured"}
            for at, value, flag, received in rows
        ],
        OBSERVATION,
    )  # fmt: skip


def latest(*rows: tuple[float, float | None, int, float]) -> list[float]:
    return latest_of(table(*rows))["result"].to_pylist()


def test_newest_moment_wins() -> None:
    assert latest((1, 5.0, 1, 1), (0, 4.0, 1, 2)) == [5.0]


def test_of_equal_moments_the_last_received_wins() -> None:
    assert latest((0, 5.0, 1, 2), (0, 4.0, 1, 1)) == [5.0]


def test_failed_missing_or_wrongly_timed_never_beats_a_sound_value() -> None:
    assert latest((0, 1.0, 1, 0), (1, 2.0, 4, 1), (2, None, 9, 2), (48, 3.0, 3, 3)) == [1.0]


def test_rules_see_sound_values_only() -> None:
    assert samples_of(table((0, 1.0, 3, 0), (1, 2.0, 4, 1), (48, 3.0, 3, 3))).value.tolist() == [1.0]


def test_screens_hear_of_what_changed_in_plain_json() -> None:
    ((county, body),) = live_messages(table((0, None, 9, 0)), {1}, {1: "431181"})
    assert county == "431181"
    assert json.loads(json.dumps(body, allow_nan=False)) == {
        "rows": [[1, int(NOW.timestamp() * 1000), None, 9, "measured", "0" * 32]]
    }
    assert live_messages(table((0, 1.0, 1, 0)), set(), {}) == []
