"""Where time is lost, from the histories of matters: SQL on DuckDB over a table of events. No Django.

A log is an Arrow table `case VARCHAR, activity VARCHAR, time TIMESTAMPTZ`; rows of equal time keep their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa

START: Final = "▶"
END: Final = "■"
Net: TypeAlias = Mapping[str, tuple[Sequence[str], Sequence[str]]]
"""Activity -> (input places, output places); `START` holds the first token, `END` must hold the last."""

_ORDERED: Final = """create temp view ordered as
select "case", activity, epoch_us("time") as us, row_number() over (partition by "case" order by "time", line) as n
from (select *, row_number() over () as line from log)"""
_FOLLOWS: Final = """with pairs as (
  select activity as before, lead(activity) over w as after, (lead(us) over w - us) / 1e6 as wait
  from ordered window w as (partition by "case" order by n)
)
select before, after, count(*) as count, sum(wait) as wait_total_s, avg(wait) as wait_mean_s,
       median(wait) as wait_median_s, coalesce(sum(wait) / nullif(sum(sum(wait)) over (), 0), 0) as share
from pairs where after is not null
group by before, after order by count desc, before, after"""
_VARIANTS: Final = """with traces as (select "case", list(activity order by n) as path from ordered group by "case")
select path, count(*) as cases from traces group by path order by cases desc, path"""


def _ask(sql: str, tables: Mapping[str, pa.Table], parameters: Sequence[object] = ()) -> pa.Table:
    with duckdb.connect(config={"threads": "1", "memory_limit": "256MB"}) as connection:
        for name, table in tables.items():
            connection.register(name, table)
        if "log" in tables:
            connection.execute(_ORDERED)
        return connection.execute(sql, list(parameters)).to_arrow_table()


def directly_follows(log: pa.Table) -> pa.Table:
    """Each pair of neighbouring activities: count, waiting in seconds (total, mean and median), share of all waiting.

    Mean and median stand side by side since a few forgotten cases can make the mean of a quick step look slow.
    """
    return _ask(_FOLLOWS, {"log": log})


def variants(log: pa.Table) -> pa.Table:
    """`path LIST(VARCHAR), cases`, the most frequent first."""
    return _ask(_VARIANTS, {"log": log})


def bottlenecks(log: pa.Table, top: int = 10) -> pa.Table:
    """The pairs that hold most of all waiting, the same columns as `directly_follows`."""
    return _ask(
        "select * from follows order by wait_total_s desc nulls last, before, after limit ?",
        {"follows": directly_follows(log)},
        [top],
    )


@dataclass(frozen=True, slots=True)
class Fitness:
    """Token replay: produced, consumed, missing, remaining tokens; rows whose activity the net does not know."""

    produced: int
    consumed: int
    missing: int
    remaining: int
    unknown: int = 0

    @property
    def value(self) -> float:
        """1/2 (1 - m/c) + 1/2 (1 - r/p); Rozinat, van der Aalst (2008), Information Systems 33, def. 3.1."""
        if not self.produced or not self.consumed:
            return 1.0
        return (1 - self.missing / self.consumed) / 2 + (1 - self.remaining / self.produced) / 2


def replay(log: pa.Table, net: Net) -> Fitness:
    """Replay each case on a net whose activities are all visible and unique.

    Per case and place the balance of tokens is a running sum; what it falls below zero is missing, what is left at the
    end is remaining. So a whole log is replayed by one window function.
    """
    arcs = [(name, place, -1) for name, (inputs, _) in net.items() for place in inputs]
    arcs += [(name, place, 1) for name, (_, outputs) in net.items() for place in outputs]
    table = pa.table(
        {
            "activity": [arc[0] for arc in arcs],
            "place": [arc[1] for arc in arcs],
            "delta": pa.array([arc[2] for arc in arcs], pa.int64()),
        }
    )
    sql = """with moves as (
      select "case", place, 2 * n + (delta > 0)::int as step, delta from ordered join arcs using (activity)
      union all select distinct "case", '▶', 0, 1 from ordered
      union all select "case", '■', 2 * max(n) + 2, -1 from ordered group by "case"
    ),
    balance as (select *, sum(delta) over (partition by "case", place order by step) as level from moves),
    places as (
      select sum(delta) filter (delta > 0) as p, -sum(delta) filter (delta < 0) as c,
             greatest(0, -min(level)) as m, sum(delta) as rest
      from balance group by "case", place
    )
    select coalesce(sum(p), 0), coalesce(sum(c), 0), coalesce(sum(m), 0), coalesce(sum(rest + m), 0),
           (select count(*) from ordered where activity not in (select activity from arcs)) from places"""
    row = _ask(sql, {"log": log, "arcs": table}).to_pylist()[0]
    return Fitness(*(int(value) for value in row.values()))


def littles_law(stays: pa.Table) -> pa.Table:
    """Little's law per unit, L = lambda W, over the span from first entry to last exit.

    `stays`: `unit VARCHAR, entered TIMESTAMPTZ, left TIMESTAMPTZ` (null while still open). Returns per unit arrivals,
    arrivals an hour, mean hours of those finished, their product, and the number open at the end: where `open` stands
    far above the product, a backlog is growing that the finished ones do not yet show.
    """
    return _ask(
        """with span as (select min(entered) as a, greatest(max(entered), max("left")) as b from stays),
        units as (
          select unit, count(*) as arrivals, avg(epoch_us("left") - epoch_us(entered)) / 3.6e9 as mean_h,
                 count(*) filter ("left" is null) as open
          from stays group by unit
        )
        select unit, arrivals, arrivals / hours as per_hour, mean_h, arrivals / hours * mean_h as by_law, open
        from units, (select greatest((epoch_us(b) - epoch_us(a)) / 3.6e9, 1e-9) as hours from span)
        order by open desc, unit""",
        {"stays": stays},
    )


def growing(open_at_day_ends: Sequence[int], days: int = 3) -> bool:
    """Whether the backlog has grown on each of the last `days` days."""
    last = list(open_at_day_ends)[-(days + 1) :]
    return len(last) == days + 1 and all(b > a for a, b in pairwise(last))


def handovers(log: pa.Table, top: int = 20) -> pa.Table:
    """Work passed from one resource to another: `before, after, count`, most first. `log` has `resource VARCHAR`.

    van der Aalst, Song (2004), Mining social networks: handover of work with direct succession; a resource that goes on
    by itself is no handover.
    """
    return _ask(
        """with named as (
          select "case", resource, row_number() over (partition by "case" order by "time", line) as n
          from (select *, row_number() over () as line from log)
        ),
        pairs as (
          select resource as before, lead(resource) over (partition by "case" order by n) as after from named
        )
        select before, after, count(*) as count from pairs
        where before is not null and after is not null and before <> after and before <> '' and after <> ''
        group by all order by count desc, before, after limit ?""",
        {"log": log},
        [top],
    )


def rework(log: pa.Table) -> pa.Table:
    """Activities done again in one case: `activity, cases, again`, again = executions beyond the first of a case."""
    return _ask(
        """with done as (select "case", activity, count(*) as times from log group by all)
        select activity, count(*) filter (times > 1) as cases, sum(times - 1)::bigint as again from done
        group by activity having sum(times - 1) > 0 order by again desc, activity""",
        {"log": log},
    )


def lifts(log: pa.Table, before: str, after: str, attributes: Sequence[str], least: int = 5) -> pa.Table:
    """What makes one wait long: per attribute value `attribute, value, count, mean_s, lift`, longest first.

    `lift` is the mean wait with the value over the mean wait of all; values seen less than `least` times say nothing.
    Attributes are VARCHAR columns of the log, read at the row where the wait begins.
    """
    columns = ", ".join(f'"{name}"' for name in attributes)
    unions = " union all ".join(
        f"select '{name}' as attribute, \"{name}\" as value, wait from waits" for name in attributes
    )
    return _ask(
        f"""with lines as (select *, row_number() over () as line from log),
        pairs as (
          select activity as a, {columns}, lead(activity) over w as b,
                 (epoch_us(lead("time") over w) - epoch_us("time")) / 1e6 as wait
          from lines window w as (partition by "case" order by "time", line)
        ),
        waits as (select * from pairs where a = ? and b = ?),
        said as ({unions})
        select attribute, value, count(*) as count, avg(wait) as mean_s,
               avg(wait) / nullif((select avg(wait) from waits), 0) as lift
        from said where value is not null and value <> '' group by all having count(*) >= ?
        order by lift desc, attribute, value""",  # the names are code, not input
        {"log": log},
        [before, after, least],
    )


def cases_of(log: pa.Table, units: Sequence[str]) -> pa.Table:
    """The cases that any of some units had in hand, whole."""
    return _ask(
        'select * from log where "case" in (select "case" from log where unit in (select unnest(?)))',
        {"log": log},
        [list(units)],
    )


def in_cases(log: pa.Table) -> pa.Table:
    """The rows case by case in order of time."""
    return _ask(
        'select * exclude line from (select *, row_number() over () as line from log) order by "case", "time", line',
        {"log": log},
    )


def stays_of(log: pa.Table, entry: str = "待签收", leave: str = "待核查") -> pa.Table:
    """How long each case stayed with its unit, for `littles_law`: from first `entry` to last `leave` after it."""
    return _ask(
        """with spans as (
          select max(unit) filter (activity = ?) as unit, min("time") filter (activity = ?) as entered,
                 max("time") filter (activity = ?) as again, max("time") filter (activity = ?) as done
          from log group by "case"
        )
        select unit, entered, case when done >= again then done end as "left" from spans where entered is not null""",
        {"log": log},
        [entry, entry, entry, leave],
    )
