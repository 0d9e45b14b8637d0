"""Rules over observations: limits with hysteresis and hold, on values, sums and rates of change. Pure, vectorised.

A rule raises from the `hold`-th value in a row that reaches `raise_at`, and clears from the `hold`-th in a row that is
back behind `clear_at`; in between nothing changes. There is one open alarm a (thing, rule), however many datastreams
of the thing the rule covers. Missing data is not zero: a gap spoils every window that it lies in, and a spoiled window
neither raises nor clears nor interrupts a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

Aggregate = Literal["last", "sum", "rate"]

_NEVER: Final = np.iinfo(np.int64).min
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit on some datastreams.

    `window` seconds (0 with `last`); `sum` adds the values of the window, `rate` is the change over the window per
    hour. `falling` rules raise at values <= `raise_at` and clear above `clear_at`. `level` 1 (gravest) to 4.
    """

    number: int
    datastreams: tuple[int, ...]
    raise_at: float
    clear_at: float
    window: int = 0
    aggregate: Aggregate = "last"
    hold: int = 1
    level: int = 4
    falling: bool = False

    def __post_init__(self) -> None:
        low, high = (self.raise_at, self.clear_at) if self.falling else (self.clear_at, self.raise_at)
        if low > high:
            raise ValueError(f"规则 {self.number}:解除值应在报警值的安全一侧。")
        if self.hold < 1 or self.level not in (1, 2, 3, 4) or self.window < 0:
            raise ValueError(f"规则 {self.number}:持续次数至少为 1,级别为 1 至 4,时窗不为负。")
        if (self.aggregate == "last") != (self.window == 0):
            raise ValueError(f"规则 {self.number}:取最新值时时窗为 0,求和与变率需要时窗。")


class Change(NamedTuple):
    """An alarm that opens or closes."""

    kind: Literal["raised", "cleared"]
    rule: int
    thing: str
    datastream: int
    value: float
    phenomenon: int  # us
    level: int
    trace: str = ""  # traceparent of the message that turned it


@dataclass(frozen=True, slots=True)
class Samples:
    """Sound observations, any order: datastream (n,), at (n,) us, value (n,)."""

    datastream: Ints
    at: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.datastream)


def windowed(
    series: Ints, at: Ints, value: Floats, window: Ints, period: Ints, rate: Bools, enough: Floats | float = np.inf
) -> Floats:
    """Sum, or change per hour, of the window that ends at each sample; NaN where the window has a gap.

    Samples are ordered by (series, at), one a moment. `window` (> 0) and `period` in us, and `rate`, are
    given per sample.
    A sum covers (at - window, at] and is whole with window / period samples; a rate compares with the sample at
    at - window and is whole with one more. Without a period (0) only NaN values are gaps. What is summed (rain) is
    never negative: a known part that already reaches `enough` stands, since the missing values could only raise it.
    """
    n = len(at)
    if not n:
        return np.zeros(0)
    base = int(at.min())
    span = int(at.max()) - base + int(window.max()) + 2
    code = np.cumsum(np.append(True, series[1:] != series[:-1])) - 1
    key = code * span + (at - base)
    begin = np.maximum(at - base - window, -1)
    left = np.searchsorted(key, code * span + begin, side="right")  # first sample after at - window
    left = np.where(rate, np.searchsorted(key, code * span + np.maximum(begin, 0), side="left"), left)
    left = np.maximum(left, np.searchsorted(code, code))
    index = np.arange(n)
    filled = np.nan_to_num(value)
    total = np.append(0.0, np.cumsum(filled))
    holes = np.append(0, np.cumsum(np.isnan(value)))
    size = index + 1 - left
    needed = np.where(period > 0, window // np.maximum(period, 1) + rate, 1 + rate)
    whole = (size >= needed) & (holes[index + 1] - holes[left] == 0)
    hours = (at - at[left]) / (3600 * _SECOND)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.where(rate, (filled - filled[left]) / hours, np.round(total[index + 1] - total[left], 9))
    known = (whole & ~(rate & (left == index))) | (~rate & (result >= enough))
    return np.where(known, result, np.nan)


class Watch:
    """The rules of a house with their state: one line a (rule, datastream).

    `things` names the thing of each datastream, `periods` its reporting period in seconds (0 = unknown).
    `open_alarms` are (rule, datastream that raised) that stand open; `past` are recent sound samples, from which runs
    and windows go on.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        things: dict[int, str],
        periods: dict[int, int],
        *,
        open_alarms: Iterable[tuple[int, int]] = (),
        past: Samples | None = None,
    ) -> None:
        lines = [(rule, number) for rule in rules for number in rule.datastreams if number in things]
        lines.sort(key=lambda line: line[1])
        self._stream = np.array([number for _, number in lines], dtype=np.int64)
        self._rule = np.array([rule.number for rule, _ in lines], dtype=np.int64)
        self._sign = np.array([-1.0 if rule.falling else 1.0 for rule, _ in lines])
        self._raise = np.array([rule.raise_at for rule, _ in lines]) * self._sign
        self._clear = np.array([rule.clear_at for rule, _ in lines]) * self._sign
        self._window = np.array([rule.window for rule, _ in lines], dtype=np.int64) * _SECOND
        self._rate = np.array([rule.aggregate == "rate" for rule, _ in lines], dtype=bool)
        self._hold = np.array([rule.hold for rule, _ in lines], dtype=np.int64)
        self._level = np.array([rule.level for rule, _ in lines], dtype=np.int64)
        self._period = np.array([periods.get(number, 0) for _, number in lines], dtype=np.int64) * _SECOND
        groups: dict[tuple[int, str], int] = {}
        self._group = np.array(
            [groups.setdefault((rule.number, things[number]), len(groups)) for rule, number in lines], dtype=np.int64
        )
        self._groups = list(groups)
        stands = set(open_alarms)
        self._open = np.array([(rule.number, number) in stands for rule, number in lines], dtype=bool)
        self._open_group = np.zeros(len(groups), dtype=bool)
        self._open_group[self._group[self._open]] = True
        self._run = np.zeros(len(lines), dtype=np.int64)  # values in a row that speak for a change
        self._judged = np.full(len(lines), _NEVER)  # newest moment that counted
        self._streams, of_stream = np.unique(self._stream, return_inverse=True)
        self._reach = np.zeros(len(self._streams), dtype=np.int64)
        np.maximum.at(self._reach, of_stream, 2 * self._window)
        empty = np.zeros(0, dtype=np.int64)
        self._kept = Samples(empty, empty, np.zeros(0))
        if past is not None and len(past):
            self._take(past, judge=False)

    def standing(self) -> set[tuple[int, str]]:
        """(rule, thing) of every open alarm."""
        return {key for key, stands in zip(self._groups, self._open_group.tolist(), strict=True) if stands}

    @staticmethod
    def reach_seconds(rules: Sequence[Rule]) -> int:
        """How far back samples are wanted when a watch begins: two of the longest window, and time for runs."""
        return max((rule.window * 2 + 6 * 3600 for rule in rules), default=0)

    def take(self, samples: Samples) -> list[Change]:
        """Judge a window of sound samples; what was judged stays judged, a late sample only completes windows."""
        return self._take(samples, judge=True)

    def _take(self, samples: Samples, *, judge: bool) -> list[Change]:
        watched = np.isin(samples.datastream, self._stream)
        if not watched.any():
            return []
        stream, at, value, others = self._merge(samples, watched)
        first = np.searchsorted(self._stream, stream, "left")
        lines = np.searchsorted(self._stream, stream, "right") - first
        sample = np.repeat(np.arange(len(stream)), lines)
        line = np.arange(len(sample)) - np.repeat(np.cumsum(lines) - lines, lines) + np.repeat(first, lines)
        order = np.argsort(line, kind="stable")  # samples of a line stay in time
        line, sample = line[order], sample[order]
        figure = value[sample]
        wide = self._window[line] > 0
        if wide.any():
            of, one = line[wide], sample[wide]
            enough = np.where(self._sign[of] > 0, self._raise[of], np.inf)
            figure[wide] = windowed(of, at[one], value[one], self._window[of], self._period[of], self._rate[of], enough)
        fresh = (at[sample] > self._judged[line]) & ~np.isnan(figure)
        self._forget(stream, at, value, others)
        return self._judge(line[fresh], at[sample][fresh], figure[fresh], judge=judge)

    def _merge(self, samples: Samples, watched: Bools) -> tuple[Ints, Ints, Floats, Bools]:
        """Old and new samples of the datastreams that have new ones, in order; which of the kept are of others.

        Of two samples of one moment the later received stands.
        """
        new = samples.datastream[watched]
        others = ~np.isin(self._kept.datastream, np.unique(new))
        stream = np.append(self._kept.datastream[~others], new)
        at = np.append(self._kept.at[~others], samples.at[watched])
        value = np.append(self._kept.value[~others], samples.value[watched])
        order = np.lexsort((np.arange(len(at)), at, stream))
        stream, at, value = stream[order], at[order], value[order]
        last = np.append((stream[1:] != stream[:-1]) | (at[1:] != at[:-1]), True)
        return stream[last], at[last], value[last], others

    def _forget(self, stream: Ints, at: Ints, value: Floats, others: Bools) -> None:
        """Keep what windows may still need: twice the longest window of a datastream, back from its newest sample."""
        newest = at[np.searchsorted(stream, stream, "right") - 1]
        keep = at >= newest - self._reach[np.searchsorted(self._streams, stream)]
        kept = self._kept
        self._kept = Samples(
            np.append(kept.datastream[others], stream[keep]),
            np.append(kept.at[others], at[keep]),
            np.append(kept.value[others], value[keep]),
        )

    def _judge(self, line: Ints, at: Ints, figure: Floats, *, judge: bool) -> list[Change]:
        """Values of each line in order of time, one of each line at a time."""
        changes: list[Change] = []
        rank = np.arange(len(line)) - np.searchsorted(line, line)
        for turn in range(int(rank.max(initial=-1)) + 1):
            now = rank == turn
            lines, value = line[now], figure[now]
            signed = value * self._sign[lines]
            speaks = np.where(self._open[lines], signed < self._clear[lines], signed >= self._raise[lines])
            run = np.where(speaks, self._run[lines] + 1, 0)
            self._judged[lines] = at[now]
            if not judge:
                self._run[lines] = np.minimum(run, self._hold[lines] - 1)
                continue
            turns = run >= self._hold[lines]
            self._run[lines] = np.where(turns, 0, run)
            if turns.any():
                self._open[lines[turns]] ^= True
                changes += self._changes(lines[turns], value[turns], at[now][turns])
        return changes

    def _changes(self, lines: Ints, value: Floats, at: Ints) -> list[Change]:
        """What the turned lines mean for (thing, rule): open with the first line, closed with the last."""
        changes = []
        for line, figure, moment in zip(lines.tolist(), value.tolist(), at.tolist(), strict=True):
            group = int(self._group[line])
            stands = bool(self._open[self._group == group].any())
            if stands == self._open_group[group]:
                continue
            self._open_group[group] = stands
            changes.append(
                Change(
                    "raised" if stands else "cleared",
                    int(self._rule[line]),
                    self._groups[group][1],
                    int(self._stream[line]),
                    figure,
                    moment,
                    int(self._level[line]),
                )
            )
        return changes
