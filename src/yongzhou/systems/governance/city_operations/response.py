"""Response of teams to calls: a discrete-event model (simpy) for what-if questions about crews, shifts and demand.

Calls come as an inhomogeneous Poisson process (thinning), are served in order of grade, then of arrival; a team that
goes off shift ends what it has begun. Runs of one seed are equal to the byte, and two scenarios of one seed meet the
same calls (common random numbers). The model may be shown only while `validation()` holds: M/M/3 in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import simpy
from numpy.typing import NDArray

VERSION: Final = "response-1"
GRADES: Final = (1, 2, 3, 4)
SHARES: Final = (0.05, 0.15, 0.3, 0.5)  # red, orange, yellow, blue
CAP: Final = 200_000  # calls a run, beyond which an answer would take minutes


@dataclass(frozen=True, slots=True)
class Plan:
    """One case: calls an hour (24 factors over the day), teams by day and night, minutes of road and work."""

    calls_per_hour: float
    teams: int
    night_teams: int
    work_minutes: float
    road_minutes: float = 0.0
    profile: tuple[float, ...] = (1.0,) * 24
    hours: int = 24
    warm_hours: int = 0
    exponential: bool = True  # else every job takes just its mean


@dataclass(frozen=True, slots=True)
class Interval:
    """Mean over replications with its 95 % interval."""

    mean: float
    low: float
    high: float


def simulate(plan: Plan, seed: int, replications: int = 20) -> dict[str, Interval]:
    """Waiting of calls under a plan: `waited` share that waits at all, `wait` and `wait_red` minutes to departure,
    `late` share with over 30 minutes to arrival, `busy` share of team time, `queue` calls in the queue on average.

    `ValueError` in Chinese for a plan that cannot be: no team, no time, more calls than can be simulated.
    """
    _check(plan, replications)
    rows = [_one(plan, np.random.default_rng([seed, number])) for number in range(replications)]
    return {name: _interval(np.array([row[name] for row in rows])) for name in rows[0]}


def _check(plan: Plan, replications: int) -> None:
    if plan.teams < 1 or plan.night_teams < 0 or plan.night_teams > plan.teams:
        raise ValueError("白天至少 1 支队伍；夜间队伍不能多于白天")
    if min(plan.calls_per_hour, plan.work_minutes) <= 0 or plan.road_minutes < 0 or plan.hours < 1:
        raise ValueError("每小时求助数、处置分钟、模拟小时都要大于 0，路途分钟不能为负")
    if len(plan.profile) != 24 or min(plan.profile) < 0 or max(plan.profile) <= 0:
        raise ValueError("一天的起伏要有 24 个不小于 0 的数，至少一个大于 0")
    if replications < 2:
        raise ValueError("至少重复 2 次，否则没有区间")
    if plan.calls_per_hour * max(plan.profile) * (plan.hours + plan.warm_hours) > CAP:
        raise ValueError(f"一次模拟超过 {CAP} 件求助，请缩短小时数")


def arrivals(plan: Plan, rng: np.random.Generator) -> NDArray[np.float64]:
    """Instants of the calls in hours, by thinning of the largest rate."""
    top = plan.calls_per_hour * max(plan.profile)
    span = plan.hours + plan.warm_hours
    count = int(rng.poisson(top * span))
    at = np.sort(rng.uniform(0, span, count))
    keep = rng.uniform(0, max(plan.profile), count) < np.asarray(plan.profile)[at.astype(np.int64) % 24]
    found: NDArray[np.float64] = at[keep]
    return found


def _one(plan: Plan, rng: np.random.Generator) -> dict[str, float]:
    at = arrivals(plan, rng)
    grades = rng.choice(GRADES, size=len(at), p=SHARES)
    drawn = rng.exponential(1.0, len(at))  # the same calls and jobs for every plan of one seed
    jobs = plan.work_minutes / 60 * (drawn if plan.exponential else np.ones(len(at)))
    env = simpy.Environment()
    teams = simpy.PriorityResource(env, capacity=plan.teams)
    waits = np.full(len(at), np.nan)
    span = plan.hours + plan.warm_hours
    busy = [0.0]

    def call(number: int) -> Generator[Any, Any, None]:
        yield env.timeout(at[number])
        with teams.request(priority=int(grades[number])) as turn:
            yield turn
            waits[number] = env.now - at[number]
            took = jobs[number] + plan.road_minutes / 60
            busy[0] += max(0.0, min(env.now + took, span) - max(env.now, float(plan.warm_hours)))
            yield env.timeout(took)

    def rest() -> Generator[Any, Any, None]:
        """A team off shift is a guest that is served before every call, from 22 to 6."""
        for day in range(math.ceil(span / 24) + 1):
            for start, length in ((day * 24, 6), (day * 24 + 22, 2)):
                if start >= env.now:
                    yield env.timeout(start - env.now)
                with teams.request(priority=0) as turn:
                    yield turn
                    yield env.timeout(max(0.0, start + length - env.now))

    for number in range(len(at)):
        env.process(call(number))
    for _ in range(plan.teams - plan.night_teams):
        env.process(rest())
    env.run(until=span)
    counted = at >= plan.warm_hours
    wait = np.where(np.isnan(waits), span - at, waits)[counted] * 60  # who still waits has waited until the end
    red = wait[grades[counted] == 1]
    nights = plan.night_teams * 8 / 24 + plan.teams * 16 / 24
    return {
        "calls": float(counted.sum()),
        "waited": _mean(wait > 1e-9),
        "wait": _mean(wait),
        "wait_red": _mean(red),
        "late": _mean(wait + plan.road_minutes > 30),
        "busy": busy[0] / (nights * plan.hours) if nights else 0.0,
        "queue": float(wait.sum()) / 60 / plan.hours,
    }


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _interval(values: NDArray[np.float64], level: float = 0.95) -> Interval:
    from scipy.special import stdtrit

    mean, size = float(values.mean()), len(values)
    reach = float(stdtrit(size - 1, (1 + level) / 2)) * float(values.std(ddof=1)) / size**0.5
    return Interval(round(mean, 4), round(mean - reach, 4), round(mean + reach, 4))


def erlang_c(rate: float, service: float, servers: int) -> tuple[float, float, float]:
    """M/M/c in closed form (Erlang C): probability to wait, mean queue, mean wait in units of 1 / rate.

    `ValueError` where the load is not below the servers.
    """
    load = rate / service
    if load >= servers:
        raise ValueError("负荷不小于队伍数，排队会无限增长")
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    waits = last / (sum(terms) + last)
    queue = waits * load / (servers - load)
    return waits, queue, queue / rate


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the model's validation: closed form, simulated interval, whether it lies inside."""

    name: str
    exact: float
    low: float
    high: float

    @property
    def held(self) -> bool:
        """Whether the closed form lies inside of the interval."""
        return self.low <= self.exact <= self.high


def validation(seed: int = 7, hours: int = 1500, replications: int = 8) -> Sequence[Check]:
    """M/M/3 with 2 calls and 1 job an hour: P(wait) = 4/9, Lq = 8/9, Wq = 26.7 min, each inside a 99 % interval."""
    from scipy.special import stdtrit

    plan = Plan(calls_per_hour=2, teams=3, night_teams=3, work_minutes=60, hours=hours, warm_hours=100)
    rows = [_one(plan, np.random.default_rng([seed, number])) for number in range(replications)]
    chance, queue, wait = erlang_c(2, 1, 3)
    checks = []
    for name, exact in (("waited", chance), ("queue", queue), ("wait", 60 * wait)):
        values = np.array([row[name] for row in rows])
        reach = float(stdtrit(replications - 1, 0.995)) * float(values.std(ddof=1)) / replications**0.5
        checks.append(Check(name, exact, float(values.mean()) - reach, float(values.mean()) + reach))
    return checks
