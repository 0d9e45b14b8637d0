from __future__ import annotations

from collections import deque
from datetime import timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core import wire
from yongzhou.engines.telemetry.batch import Message, RecentFrames, decode
from yongzhou.engines.telemetry.tests.support import NOW, frame, message, registry

REGISTRY = registry(
    {"station": "0099431107", "element": "39", "number": 20},
    {"station": "0099431107", "element": "F4", "number": 10, "origin": "synthetic"},
)


def take(*messages: bytes, recent: RecentFrames | None = None):
    numbered = [Message(seq, "obs.sl651.3", data) for seq, data in enumerate(messages, 1)]
    return decode(numbered, REGISTRY, recent or RecentFrames())


def test_frames_become_observations_of_datastreams() -> None:
    window = take(message([frame("0099431107", [("39", NOW, 72.5, 1), ("F4", NOW, 0.5, 2)])]))
    rows = window.observations.select(["datastream", "result", "flag", "seq", "origin"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [(20, 72.5, 1, 1, "measured"), (10, 0.5, 2, 1, "synthetic")]
    assert (window.frames.num_rows, window.refused, window.repeated) == (1, [], 0)


def test_poison_is_refused_and_the_others_go_on() -> None:
    window = take(b"poison", message([frame("0099431107", [("39", NOW, 1.0, 1)])]))
    assert window.observations.num_rows == 1
    assert [(item.payload, item.source) for item in window.refused] == [(b"poison", "telemetry")]
    assert "第 1 条" in window.refused[0].where


def test_unknown_station_is_refused_whole() -> None:
    sent = frame("0000000001", [("39", NOW, 1.0, 1), ("F4", NOW, 1.0, 1)])
    window = take(message([sent]))
    (item,) = window.refused
    assert (window.observations.num_rows, window.frames.num_rows) == (0, 0)
    assert (item.id, item.station, item.source) == (sent["frame"], "0000000001", "telemetry.sl651")
    assert wire.decode(item.payload).to_pylist() == [sent]


def test_unknown_element_is_refused_as_a_part_with_its_own_identity() -> None:
    sent = frame("0099431107", [("39", NOW, 1.0, 1), ("ZZ", NOW, 7.0, 1)])
    window = take(message([sent]))
    (item,) = window.refused
    (part,) = wire.decode(item.payload).to_pylist()
    assert window.observations["datastream"].to_pylist() == [20]
    assert (part["element"], part["result"], part["raw"]) == (["ZZ"], [7.0], sent["raw"])
    assert part["frame"] != sent["frame"]


def test_impossible_moment_is_refused() -> None:
    rows = [("39", NOW + timedelta(days=400), 1.0, 1), ("39", NOW.replace(year=1970), 2.0, 1), ("39", NOW, 3.0, 1)]
    window = take(message([frame("0099431107", rows)]))
    assert window.observations["result"].to_pylist() == [3.0]
    assert "时钟" in window.refused[0].reason


def test_value_that_is_no_number_is_missing() -> None:
    rows = [("39", NOW, float("nan"), 1), ("39", NOW, float("inf"), 1), ("39", NOW, None, 9)]
    assert take(message([frame("0099431107", rows)])).observations["result"].to_pylist() == [None] * 3


def test_repeated_frame_counts_once_in_one_window_and_over_windows() -> None:
    sent, recent = message([frame("0099431107", [("39", NOW, 1.0, 1)])]), RecentFrames()
    first, second = take(sent, sent, recent=recent), take(sent, recent=recent)
    assert (first.observations.num_rows, first.repeated) == (1, 1)
    assert (second.observations.num_rows, second.repeated) == (0, 1)


def test_same_bytes_of_two_stations_are_two_frames() -> None:
    recent = RecentFrames()
    assert recent.new(pa.array(["a", "b"]), pa.array([bytes(16), bytes(16)], pa.binary(16))).tolist() == [False, False]
    assert recent.new(pa.array(["a", "b"]), pa.array([b"x" * 16] * 2, pa.binary(16))).tolist() == [True, True]


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=30), max_size=6))
def test_recent_frames_equal_a_plain_model(windows: list[list[tuple[int, int]]]) -> None:
    """The last 8 identities a station that were known before the window, plus those of the window."""
    recent, model = RecentFrames(), {}
    for window in windows:
        stations = pa.array([str(station) for station, _ in window], pa.string())
        frames = pa.array([bytes([identity]) * 16 for _, identity in window], pa.binary(16))
        expected, seen = [], set()
        for station, identity in window:
            expected.append(identity not in model.get(station, ()) and (station, identity) not in seen)
            seen.add((station, identity))
        assert recent.new(stations, frames).tolist() == expected
        for (station, identity), new in zip(window, expected, strict=True):
            if new:
                model.setdefault(station, deque(maxlen=8)).append(identity)
