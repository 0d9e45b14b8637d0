"""Pure figures against published values: hot spots, seats, routes; and the measure of the house's own rules."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yongzhou.core.home import REPOSITORY
from yongzhou.systems.governance.grid_governance import erlang, hotspots, measure, patrol_routes
from yongzhou.systems.governance.grid_governance.classify import read_keywords
from yongzhou.systems.governance.grid_governance.gazetteer import Gazetteer
from yongzhou.testing import reference

DATA = Path(__file__).with_name("data")
CITY = Path(REPOSITORY) / "cities" / "yongzhou"
POINTS = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
VALUES = np.array([2, 3, 3.2, 5, 8, 7])
ESDA = "esda (PySAL), G_Local docstring: six points, threshold 15, binary weights"
BURMA14 = [
    (16.47, 96.10),
    (16.47, 94.44),
    (20.09, 92.54),
    (22.39, 93.37),
    (25.23, 97.24),
    (22.00, 96.05),
    (20.47, 97.02),
]
BURMA14 += [
    (17.20, 96.29),
    (16.30, 97.38),
    (14.05, 98.12),
    (16.53, 97.38),
    (21.52, 95.59),
    (19.41, 97.13),
    (20.09, 94.55),
]


def six_neighbours() -> list[list[int]]:
    away = np.hypot(*(POINTS[:, None] - POINTS[None]).transpose(2, 0, 1))
    return [[j for j in range(6) if j != i and away[i, j] <= 15] for i in range(6)]


@reference(kind="published", source=ESDA, clause="star=False")
def test_local_g():
    found = hotspots.gi_star(VALUES, six_neighbours(), star=False)
    assert found == pytest.approx([-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941], abs=1e-8)


@reference(kind="published", source=ESDA, clause="star=True")
def test_local_g_star():
    found = hotspots.gi_star(VALUES, six_neighbours())
    assert found == pytest.approx([-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331], abs=1e-8)


def test_nothing_stands_out_where_all_is_alike():
    assert hotspots.gi_star(np.ones(6), six_neighbours()).tolist() == [0.0] * 6


@reference(
    kind="published",
    source="Benjamini, Hochberg (1995), JRSS B 57, table of 15 p values",
    clause="3.1: four are rejected at q = 0.05",
)
def test_false_discovery_rate():
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert (hotspots.false_discovery(np.array(p)) <= 0.05).sum() == 4


def test_clusters_want_nearness_in_space_and_time():
    lon = 111.6 + np.array([0, 1, 2, 3, 500]) * 1e-5
    days = np.array([0.0, 1, 2, 40, 1])
    labels = hotspots.st_dbscan(lon, np.full(5, 26.2), days, eps_m=30, eps_days=5, least=3)
    assert labels.tolist() == [0, 0, 0, -1, -1]


def test_a_hot_cell_needs_a_quiet_surrounding():
    names = [str(n) for n in range(100)]
    around = {n: [m for m in (str(int(n) - 1), str(int(n) + 1)) if m in names] for n in names}
    found = hotspots.hot_cells({"50": 30, "51": 25}, around)
    assert {hot.cell for hot in found} == {"50", "51"}
    assert hotspots.hot_cells({"1": 9}, {n: [] for n in names[:10]}) == []


GANS = "Gans, Koole, Mandelbaum (2003); governance-brain reference 5: 200 calls/h of 180 s"


@reference(kind="recomputed", source=GANS, clause="within 15 s: 14, 15, 16 seats")
@pytest.mark.parametrize(("seats", "share"), [(14, 0.875), (15, 0.933), (16, 0.965)])
def test_service_level(seats: int, share: float):
    assert erlang.service_level(10, seats, 180) == pytest.approx(share, abs=5e-4)


@reference(kind="recomputed", source=GANS, clause="GB/T 33358-2016: 95 % within 15 s need 16")
def test_seats_for_the_standard():
    need = erlang.staff(200, 180, shrinkage=0.3)
    assert (need.seats, need.erlangs, need.roster) == (16, 10.0, 23)


def test_more_seats_never_serve_worse_and_none_serve_nobody():
    levels = [erlang.service_level(7.3, seats, 200) for seats in range(1, 30)]
    assert levels == sorted(levels)
    assert erlang.staff(0, 180).seats == 0
    with pytest.raises(ValueError, match="通话时长"):
        erlang.staff(10, 0)


def geographic(a: tuple[float, float], b: tuple[float, float]) -> int:
    """TSPLIB 95, GEO distance."""

    def radians(value: float) -> float:
        return math.pi * (int(value) + 5 * (value - int(value)) / 3) / 180

    (lat, lon), (lat2, lon2) = map(radians, a), map(radians, b)
    q1, q2, q3 = math.cos(lon - lon2), math.cos(lat - lat2), math.cos(lat + lat2)
    return int(6378.388 * math.acos(0.5 * ((1 + q1) * q2 - (1 - q1) * q3)) + 1)


@reference(kind="published", source="TSPLIB 95 (Reinelt 1991), burma14", clause="optimal tour 3323")
def test_the_route_of_burma14():
    table = np.array(
        [[0 if i == j else geographic(a, b) for j, b in enumerate(BURMA14)] for i, a in enumerate(BURMA14)]
    )
    order = patrol_routes.shorten(list(range(1, 14)), table.astype(float))
    assert patrol_routes.tour_length(order, table.astype(float)) == 3323
    assert 3300 < patrol_routes.held_karp_bound(table.astype(float)) <= 3323


places = st.tuples(st.floats(0, 0.05), st.floats(0, 0.05), st.floats(1, 30), st.floats(0.5, 10), st.booleans())


@given(st.lists(places, max_size=8), st.floats(20, 240))
@settings(max_examples=25, deadline=None)
def test_a_route_keeps_its_time_and_its_bound(found: list[tuple[float, float, float, float, bool]], limit: float):
    visits = [
        patrol_routes.Visit(str(n), 111.9 + x, 26.4 + y, minutes, worth, must)
        for n, (x, y, minutes, worth, must) in enumerate(found)
    ]
    route = patrol_routes.plan((111.92, 26.42), visits, limit)
    assert route.minutes <= limit + 1e-6
    assert route.worth <= route.bound + 1e-6
    assert len(set(route.order)) == len(route.order)


def test_what_must_be_seen_goes_first():
    visits = [patrol_routes.Visit("a", 111.93, 26.42, 30, 9), patrol_routes.Visit("b", 111.93, 26.43, 30, 1, must=True)]
    assert patrol_routes.plan((111.92, 26.42), visits, 60).order == (1,)


def test_addresses_find_their_division():
    with (CITY / "divisions.csv").open(encoding="utf-8") as lines:
        rows = [
            (row["code"], row["name"]) for row in csv.DictReader(lines) if not row["valid_to"] and len(row["code"]) > 4
        ]
    book = Gazetteer(rows)
    found = [book.find(text) for text in ("祁阳白水镇竹山村三组", "东安白牙市镇政府旁", "某路口")]
    assert [one.code if one else None for one in found] == ["431181107204", "431122100", None]
    assert book.find("朝阳街道", "431103") is None  # a street of that name lies in another county


def house() -> tuple[measure.Classified, measure.Merged]:
    """The second half of the labelled texts (the keywords were mended on the first) and all labelled pairs."""
    texts = measure.read_reports(DATA / "labelled_reports.csv")[1::2]
    with (CITY / "event_types.csv").open(encoding="utf-8") as lines:
        reach = {r["code"]: (float(r["merge_radius_m"]), float(r["merge_window_h"])) for r in csv.DictReader(lines)}
    keywords = read_keywords(CITY / "keywords.csv")
    return measure.classification(texts, keywords), measure.merging(
        measure.read_pairs(DATA / "labelled_pairs.csv"), reach
    )


def test_the_machine_decides_only_what_it_knows():
    texts, _ = house()
    assert (texts.cases, texts.precision, texts.silent) == (54, 1.0, 1.0)
    assert texts.recall >= 0.75


def test_the_machine_merges_nothing_wrongly_and_overlooks_nothing():
    _, pairs = house()
    assert (pairs.pairs, pairs.wrong, pairs.precision, pairs.found) == (48, 0, 1.0, 1.0)


def test_the_read_me_prints_the_measure():
    texts, pairs = house()
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert (
        f"| {texts.decided} of {texts.cases} | {texts.precision:.1%} | {texts.recall:.1%} | {texts.macro_f1:.3f} |"
        in text
    )
    assert f"| {pairs.merged} | {pairs.precision:.1%} | {pairs.asked} | {pairs.found:.1%} | {pairs.wrong} |" in text
