"""Process mining against the published handling-of-requests log and the receipt log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yongzhou.core.home import REPOSITORY
from yongzhou.systems.governance.grid_governance import process_mining as mining
from yongzhou.testing import reference

VARIANTS = (
    "455 acdeh, 191 abdeg, 177 adceh, 144 abdeh, 111 acdeg, 82 adceg, 56 adbeh, 47 acdefdbeh, 38 adbeg, 33 acdefbdeh, "
    "14 acdefbdeg, 11 acdefdbeg, 9 adcefcdeh, 8 adcefdbeh, 5 adcefbdeg, 3 acdefbdefdbeg, 2 adcefdbeg, 2 adcefbdefbdeg, "
    "1 adcefdbefbdeh, 1 adbefbdefdbeg, 1 adcefdbefcdefdbeg"
)
SOURCE = "van der Aalst, Process Mining (2nd ed. 2016), handling of compensation requests"
SEQUENTIAL: mining.Net = {
    "a": ([mining.START], ["p1"]),
    "b": (["p1"], ["p2"]),
    "c": (["p1"], ["p2"]),
    "d": (["p2"], ["p3"]),
    "e": (["p3"], ["p4"]),
    "f": (["p4"], ["p1"]),
    "g": (["p4"], [mining.END]),
    "h": (["p4"], [mining.END]),
}
PARALLEL: mining.Net = {
    "a": ([mining.START], ["p1", "q1"]),
    "b": (["p1"], ["p2"]),
    "c": (["p1"], ["p2"]),
    "d": (["q1"], ["q2"]),
    "e": (["p2", "q2"], ["p4"]),
    "f": (["p4"], ["p1", "q1"]),
    "g": (["p4"], [mining.END]),
    "h": (["p4"], [mining.END]),
}


def log_of(traces: list[str]) -> pa.Table:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [
        (str(case), name, start + timedelta(minutes=at)) for case, t in enumerate(traces) for at, name in enumerate(t)
    ]
    case, activity, time = zip(*rows, strict=True)
    return pa.table({"case": case, "activity": activity, "time": pa.array(time, pa.timestamp("us", "UTC"))})


@pytest.fixture(scope="module")
def requests() -> pa.Table:
    return log_of(
        [trace for part in VARIANTS.split(", ") for count, trace in [part.split()] for _ in range(int(count))]
    )


@pytest.fixture(scope="module")
def receipts() -> pa.Table:
    path = Path(REPOSITORY).parent / "shared" / "data" / "governance-brain" / "receipt_log.csv"
    if not path.exists():
        pytest.skip("the receipt log is not beside the repository")
    return pa_csv.read_csv(path).select(["case", "activity", "time"])


@reference(kind="published", source=SOURCE, clause="21 variants, 1,391 cases")
def test_variants_of_the_requests_log(requests: pa.Table):
    found = mining.variants(requests)
    assert (found.num_rows, found["cases"][0].as_py(), "".join(found["path"][0].as_py())) == (21, 455, "acdeh")


@reference(kind="recomputed", source=SOURCE, clause="token replay on the strictly sequential net")
def test_the_sequential_net_misses_443_tokens(requests: pa.Table):
    fit = mining.replay(requests, SEQUENTIAL)
    assert (fit.produced, fit.consumed, fit.missing, fit.remaining) == (8930, 8930, 443, 443)
    assert round(fit.value, 4) == 0.9504


@reference(kind="recomputed", source=SOURCE, clause="token replay with d parallel to b or c")
def test_the_parallel_net_fits(requests: pa.Table):
    assert mining.replay(requests, PARALLEL).value == 1.0


@reference(
    kind="recomputed",
    source="CoSeLoG receipt phase, doi 10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6",
    clause="whole log",
)
def test_counts_of_the_receipt_log(receipts: pa.Table):
    found, follows = mining.variants(receipts), mining.directly_follows(receipts)
    cases = len(set(receipts["case"].to_pylist()))
    assert (cases, receipts.num_rows, found.num_rows, found["cases"][0].as_py()) == (1434, 8577, 116, 713)
    assert follows.num_rows == 99


@reference(
    kind="recomputed",
    source="CoSeLoG receipt phase, doi 10.4121/uuid:a07386a5-7be3-4367-9535-70bc9e77dbe6",
    clause="waiting",
)
def test_the_worst_bottleneck_of_the_receipt_log(receipts: pa.Table):
    worst = mining.bottlenecks(receipts, 1).to_pylist()[0]
    assert (worst["before"][:3], worst["after"][:3], worst["count"]) == ("T05", "T06", 791)
    assert round(worst["wait_mean_s"]) == 264567
    assert worst["wait_median_s"] == pytest.approx(37.5, abs=0.05)
    assert round(100 * worst["share"], 1) == 31.2


def test_an_activity_that_the_net_does_not_know_is_counted():
    assert mining.replay(log_of(["axcdeh"]), SEQUENTIAL).unknown == 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("abcdefgh", min_size=1, max_size=8), min_size=1, max_size=6))
def test_tokens_are_conserved(traces: list[str]):
    """What was produced or found missing was consumed or remains."""
    fit = mining.replay(log_of(traces), PARALLEL)
    assert fit.produced + fit.missing == fit.consumed + fit.remaining
    assert 0.0 <= fit.value <= 1.0


def test_littles_law_holds_where_everybody_has_left():
    at = [datetime(2024, 1, 1, hour, tzinfo=UTC) for hour in (0, 1, 2, 4)]
    stays = pa.table({"unit": ["u", "u"], "entered": at[:2], "left": at[2:]})
    row = mining.littles_law(stays).to_pylist()[0]
    assert (row["arrivals"], row["mean_h"], row["by_law"], row["open"]) == (2, 2.5, pytest.approx(5 / 4), 0)


@pytest.mark.parametrize(("days", "grows"), [([1, 2, 3, 4], True), ([9, 2, 3, 4], False), ([1, 2, 3], False)])
def test_a_backlog_grows_three_days_running(days: list[int], grows: bool):
    assert mining.growing(days) is grows


@pytest.fixture(scope="module")
def detailed() -> pa.Table:
    path = Path(REPOSITORY).parent / "shared" / "data" / "governance-brain" / "receipt_log.csv"
    if not path.exists():
        pytest.skip("the receipt log is not beside the repository")
    return pa_csv.read_csv(path)


def in_order(log: pa.Table) -> dict[str, list[dict[str, object]]]:
    """Rows of each case in order of time, by plain Python."""
    cases: dict[str, list[dict[str, object]]] = {}
    for row in log.to_pylist():
        cases.setdefault(row["case"], []).append(row)
    return {case: sorted(rows, key=lambda row: str(row["time"])) for case, rows in cases.items()}


@reference(kind="recomputed", source="CoSeLoG receipt phase, Buijs (2014)", clause="handover of work by plain Python")
def test_handovers_of_the_receipt_log(detailed: pa.Table):
    counts: dict[tuple[object, object], int] = {}
    for rows in in_order(detailed).values():
        for a, b in pairwise(rows):
            if a["resource"] != b["resource"]:
                counts[a["resource"], b["resource"]] = counts.get((a["resource"], b["resource"]), 0) + 1
    top = mining.handovers(detailed, 1).to_pylist()[0]
    assert (top["before"], top["after"], top["count"]) == ("Resource10", "admin1", max(counts.values()))


@reference(
    kind="recomputed", source="CoSeLoG receipt phase, Buijs (2014)", clause="repeated activities by plain Python"
)
def test_rework_of_the_receipt_log(detailed: pa.Table):
    again: dict[object, int] = {}
    for rows in in_order(detailed).values():
        names = [row["activity"] for row in rows]
        for name in set(names):
            again[name] = again.get(name, 0) + names.count(name) - 1
    found = {row["activity"]: row["again"] for row in mining.rework(detailed).to_pylist()}
    assert found == {name: count for name, count in again.items() if count}


def test_what_lifts_a_wait(detailed: pa.Table):
    pair = ("T05 Print and send confirmation of receipt", "T06 Determine necessity of stop advice")
    rows = mining.lifts(detailed, *pair, ["channel"], least=1).to_pylist()
    whole = sum(row["count"] for row in rows)
    mean = sum(row["count"] * row["mean_s"] for row in rows) / whole
    assert whole == 791
    assert round(mean) == 264_567
    assert all(row["lift"] == pytest.approx(row["mean_s"] / mean) for row in rows)
