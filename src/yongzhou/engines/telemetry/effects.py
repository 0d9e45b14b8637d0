"""The second step of a window, pure: which value is the latest, what rules say, what screens are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from pydantic import JsonValue

from yongzhou.engines.telemetry import quality
from yongzhou.engines.telemetry.rules import Samples

LIVE_ROWS: Final = 2000  # rows a live message, far below the bus limit


def latest_of(observations: pa.Table) -> pa.Table:
    """The value of each datastream that should stand: sound before unsound, then newest moment, then last received."""
    sound = _sound(observations)
    stream = observations["datastream"].to_numpy()
    order = np.lexsort((_us(observations, "received"), _us(observations, "phenomenon"), sound, stream))
    last = np.append(stream[order][1:] != stream[order][:-1], True) if len(order) else np.zeros(0, bool)
    return observations.take(pa.array(order[last]))


def samples_of(observations: pa.Table) -> Samples:
    """What rules may judge: sound values in order of receipt."""
    observations = observations.filter(pa.array(_sound(observations)))
    order = np.argsort(_us(observations, "received"), kind="stable")
    return Samples(
        observations["datastream"].to_numpy()[order],
        _us(observations, "phenomenon")[order],
        observations["result"].to_numpy()[order],
    )


def live_messages(
    latest: pa.Table, changed: set[int], counties: Mapping[int, str]
) -> list[tuple[str, dict[str, JsonValue]]]:
    """(county, body) for `live.latest`: {"rows": [[datastream, phenomenon in ms, value, flag, origin, frame], …]}.

    One message a county, so that the live role shows a browser only the regions of its ticket.
    """
    by_county: dict[str, list[JsonValue]] = {}
    for number, at, value, flag, origin, frame in zip(
        latest["datastream"].to_pylist(),
        _us(latest, "phenomenon").tolist(),
        latest["result"].to_pylist(),
        latest["flag"].to_pylist(),
        latest["origin"].to_pylist(),
        latest["frame"].to_pylist(),
        strict=True,
    ):
        if number in changed:
            rows = by_county.setdefault(counties.get(number, ""), [])
            rows.append([number, int(at // 1000), value, flag, origin, frame.hex()])
    return [
        (county, {"rows": rows[start : start + LIVE_ROWS]})
        for county, rows in sorted(by_county.items())
        for start in range(0, len(rows), LIVE_ROWS)
    ]


def _sound(observations: pa.Table) -> quality.Bools:
    flag = observations["flag"].to_numpy()
    return quality.sound(flag, _us(observations, "phenomenon"), _us(observations, "received"))


def _us(table: pa.Table, column: str) -> quality.Ints:
    values: quality.Ints = table[column].cast(pa.int64()).to_numpy()
    return values
