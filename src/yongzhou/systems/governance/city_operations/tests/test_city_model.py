"""Editions and seasons, townships, twin, peers, snapshots, frames, and what the map finds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import shapely

from yongzhou.core.data.geometry import point
from yongzhou.core.indicators.figures import by_region
from yongzhou.core.indicators.models import Reading
from yongzhou.core.things.models import Thing
from yongzhou.systems.governance.city_operations import operations
from yongzhou.systems.governance.city_operations.compute import (
    Rules,
    check_twin,
    compute_states,
    in_season,
    places_of_state,
)
from yongzhou.systems.governance.city_operations.map_tools import GEOD
from yongzhou.systems.governance.city_operations.models import (
    DomainRule,
    FrameItem,
    PeerCenter,
    StateVector,
    TwinLink,
    VitalSign,
)
from yongzhou.systems.governance.city_operations.operations.federating import mark_silent
from yongzhou.testing import reference, refused, run

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(microsecond=0)
GRAVE = "city_operations.open_grave_matters"
LATER = date.today() + timedelta(days=30)


@pytest.mark.parametrize(
    ("day", "first", "last", "inside"),
    [
        (date(2026, 6, 1), "04-01", "09-30", True),
        (date(2026, 9, 30), "04-01", "09-30", True),
        (date(2026, 10, 1), "04-01", "09-30", False),
        (date(2026, 1, 5), "11-01", "02-28", True),
        (date(2026, 6, 1), "11-01", "02-28", False),
        (date(2026, 6, 1), "", "", True),
    ],
)
def test_seasons_hold_on_both_their_ends(day: date, first: str, last: str, inside: bool) -> None:
    assert in_season(day, first, last) is inside


def test_the_goalposts_of_the_season_win() -> None:
    VitalSign.objects.create(
        domain="safety", indicator=GRAVE, worst=2, best=0, weight=2, season_from="04-01", season_to="09-30"
    )
    summer, winter = (
        next(s for s in Rules.of(day).signs if s.indicator == GRAVE) for day in (date(2026, 6, 1), date(2026, 12, 1))
    )
    assert (summer.worst, winter.worst) == (2, 5)


def test_an_edition_holds_from_its_day_and_the_old_one_until_then(cast: SimpleNamespace) -> None:
    sign = VitalSign.objects.get(indicator=GRAVE)
    run(operations.revise_sign, cast.duty, sign=sign.pk, worst=9, best=0, weight=2, edition="新版", valid_from=LATER,
        source="待核")  # fmt: skip
    before, after = Rules.of(LATER - timedelta(days=1)), Rules.of(LATER)
    worst = [next(s.worst for s in rules.signs if s.indicator == GRAVE) for rules in (before, after)]
    assert worst == [5, 9]
    assert before.version != after.version
    sign.refresh_from_db()
    refused(operations.revise_sign, cast.duty, "closed", sign=sign.pk, worst=1, best=0, weight=2, edition="再版",
            valid_from=LATER + timedelta(days=9), source="待核")  # fmt: skip


def test_limits_of_an_edition_fall_and_do_not_rejudge_the_past(cast: SimpleNamespace) -> None:
    rule = DomainRule.objects.get(domain="safety")
    given = {"rule": rule.pk, "yellow": 70, "orange": 60, "red": 40, "band": 3, "periods": 3, "edition": "新版",
             "source": "待核"}  # fmt: skip
    refused(operations.revise_rule, cast.duty, "limits", blue=50, valid_from=LATER, **given)
    refused(operations.revise_rule, cast.duty, "valid_from", blue=90, valid_from=date(2025, 1, 1), **given)
    run(operations.revise_rule, cast.duty, blue=90, valid_from=LATER, **given)
    assert (Rules.of(date.today()).limits["safety"].blue, Rules.of(LATER).limits["safety"].blue) == (80, 90)


def test_every_town_has_a_state() -> None:
    towns = places_of_state("town")
    assert len(towns) > 180
    Reading.objects.create(
        indicator=GRAVE, region="431181107", period=NOW - timedelta(minutes=40), value=4, origin="synthetic",
        computed_at=NOW,
    )  # fmt: skip
    compute_states(NOW, towns)
    assert StateVector.objects.filter(at=NOW).count() == 6 * len(towns)
    row = StateVector.objects.get(region="431181107", domain="safety")
    assert row.severity == "4"
    assert StateVector.objects.get(region="431102001", domain="safety").severity == "-1"


def test_levels_of_different_rhythm_each_have_their_last_reading() -> None:
    Reading.objects.filter(indicator=GRAVE).delete()
    for region, minutes in (("431181", 2), ("431181107", 40), ("431102001", 40)):
        Reading.objects.create(indicator=GRAVE, region=region, period=NOW - timedelta(minutes=minutes), value=1,
                               origin="measured", computed_at=NOW)  # fmt: skip
    assert set(by_region(GRAVE)) == {"431181"}
    assert set(by_region(GRAVE, length=9)) == {"431181107", "431102001"}


def test_a_snapshot_knows_only_what_was_known(cast: SimpleNamespace) -> None:
    early, late = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    for at, score in ((early, 90.0), (late, 30.0)):
        StateVector.objects.create(region="431181", domain="safety", at=at, confirmed_at=at, score=score, severity="0",
                                   rule="r", reasons=[])  # fmt: skip
    StateVector.objects.filter(at=early).update(created_at=early)
    StateVector.objects.filter(at=late).update(created_at=late)
    told = run(operations.snapshot, cast.leader, at=early + timedelta(minutes=5)).states
    assert [one.score for one in told if one.region == "431181"] == [90]
    StateVector.objects.filter(at=early).update(created_at=NOW)  # computed afterwards: was not known then
    assert not run(operations.snapshot, cast.leader, at=early + timedelta(minutes=5)).states
    refused(operations.snapshot, cast.leader, "moment", at=NOW - timedelta(days=90))
    refused(operations.snapshot, cast.leader, "clock", at="2026-06-18T03:00:00")


def test_the_twin_counts_its_gaps_and_forgets_what_is_retired(cast: SimpleNamespace) -> None:
    before = run(operations.check_gaps, cast.duty)
    thing = Thing.objects.create(code="T-9", name="新桩", region="431181")
    check_twin(NOW)
    gaps = run(operations.check_gaps, cast.duty)
    assert (gaps.no_place, gaps.no_owner, gaps.no_stream) >= (1, 1, 1)
    assert gaps.things > before.things
    Thing.objects.filter(pk=thing.pk).update(lifecycle="retired")
    check_twin(NOW)
    assert not TwinLink.objects.filter(thing=thing).exists()


def test_one_external_code_is_one_thing(cast: SimpleNamespace) -> None:
    for code in ("T-1", "T-2"):
        Thing.objects.create(code=code, name=code, region="431181")
    check_twin(NOW)
    one, two = TwinLink.objects.filter(thing__code__in=("T-1", "T-2")).order_by("thing__code")
    assert run(operations.link_entity, cast.duty, link=one.pk, scheme="ngsi-ld", code="urn:1").external == {
        "ngsi-ld": "urn:1"
    }
    refused(operations.link_entity, cast.duty, "taken", link=two.pk, scheme="ngsi-ld", code="urn:1")
    assert run(operations.link_entity, cast.duty, link=one.pk, scheme="ngsi-ld", code="").external == {}


def test_a_peer_beats_and_falls_silent(cast: SimpleNamespace) -> None:
    sent = datetime.now(UTC) - timedelta(seconds=2)
    assert 2 <= run(operations.federate, cast.duty, code="flood", sent_at=sent).lag_s < 30
    row = PeerCenter.objects.get(code="flood")
    assert row.state == "live"
    assert mark_silent(sent + timedelta(seconds=4 * row.period_s)) == 1
    row.refresh_from_db()
    assert row.state == "silent"
    refused(operations.federate, cast.duty, "unknown_center", code="moonbase", sent_at=sent)
    refused(operations.federate, cast.duty, "future", code="flood", sent_at=sent + timedelta(hours=1))
    refused(operations.federate, cast.duty, "clock", code="flood", sent_at="2026-06-18T03:00:00")


def test_a_frame_says_what_is_missing_and_who_should_supply_it(cast: SimpleNamespace) -> None:
    Reading.objects.create(indicator="city_operations.on_time_rate", region="4311", period=NOW, value=93.4,
                           origin="synthetic", computed_at=NOW)  # fmt: skip
    found = run(operations.score_frame, cast.leader)
    assert found.total == FrameItem.objects.filter(frame="ISO 37120:2018").count()
    by_code = {item.code: item for item in found.items}
    assert (by_code["10"].fit, by_code["10"].value) == ("estimated", 93.4)
    assert (by_code["23"].fit, by_code["23"].value, by_code["23"].office) == ("missing", None, "市水利局")
    refused(operations.score_frame, cast.leader, "unknown_frame", frame="ISO 1")


@reference(kind="published", source="Moritz, Geodetic Reference System 1980: quarter meridian", clause="Q")
def test_distances_are_those_of_the_ellipsoid() -> None:
    _, _, metres = GEOD.inv(111.0, 0.0, 111.0, 90.0)
    assert metres == pytest.approx(10_001_965.729, abs=0.01)


def test_wkb_of_a_point_is_read_by_shapely() -> None:
    assert shapely.from_wkb(point(111.6, 26.2)).x == 111.6
