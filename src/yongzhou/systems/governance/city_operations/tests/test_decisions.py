"""What-if runs, advice with its measured effect, supervision by events, reports that are signed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.indicators.models import Reading
from yongzhou.core.matters.models import Matter
from yongzhou.systems.governance.city_operations import hears, operations, periodic, response
from yongzhou.systems.governance.city_operations.compute import compute_states
from yongzhou.systems.governance.city_operations.models import (
    Advice,
    OperationReport,
    Playbook,
    Scenario,
    SimulationRun,
    Supervision,
)
from yongzhou.systems.governance.city_operations.operations import scenarios
from yongzhou.systems.governance.city_operations.operations.reporting import span_of
from yongzhou.systems.governance.city_operations.series import HOUR, full_hour
from yongzhou.testing import deliver, events, refused, run

pytestmark = pytest.mark.django_db
LATE = "city_operations.overdue_matters"
NOW = full_hour(datetime.now(UTC) - timedelta(minutes=10)) + timedelta(minutes=10)  # never to come
CASE = {"calls_per_hour": 6, "teams": 4, "night_teams": 2, "work_minutes": 25, "hours": 24, "replications": 4}
assert hears.matter_moved


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model's own validation has a test of its own; here its last answer is enough."""
    monkeypatch.setattr(scenarios, "model_checks", lambda: (response.Check("waited", 4 / 9, 0.4, 0.5),))


def reading(name: str, value: float, at: datetime, region: str) -> None:
    Reading.objects.update_or_create(
        indicator=name, period=at, region=region, defaults={"value": value, "origin": "synthetic", "computed_at": at}
    )


def scenario(cast: SimpleNamespace, **given: Any) -> Any:
    data = {"title": "少两支队伍", "kind": "response", "assumptions": CASE, "seed": 3, **given}
    return run(operations.make_scenario, cast.duty, **data).scenario


def test_a_run_is_archived_and_repeats_to_the_byte(cast: SimpleNamespace) -> None:
    one = scenario(cast)
    first, second = (run(operations.run_scenario, cast.duty, scenario=one) for _ in range(2))
    rows = {row.pk: row for row in SimulationRun.objects.all()}
    assert rows[first.run].outputs_hash == rows[second.run].outputs_hash
    assert (first.repeated, second.repeated) == (False, True)
    assert rows[first.run].model == response.VERSION


def test_two_runs_say_where_they_differ(cast: SimpleNamespace) -> None:
    few = run(operations.run_scenario, cast.duty, scenario=scenario(cast)).run
    many = run(operations.run_scenario, cast.duty, scenario=scenario(cast, assumptions={**CASE, "teams": 9})).run
    found = run(operations.compare_runs, cast.leader, first=few, second=many)
    assert found.inputs == ["teams：4 → 9"]
    by_name = {line.name: line for line in found.lines}
    assert by_name["calls"].gap == 0
    assert (by_name["busy"].gap or 0) < 0


def test_a_projection_changes_scores_and_stores_no_state(cast: SimpleNamespace) -> None:
    for region in ("4311", "431181"):
        reading("city_operations.open_grave_matters", 0, NOW, region)
    compute_states(datetime.now(UTC), ["4311", "431181"])
    case = {"changes": {"city_operations.open_grave_matters": {"set": 5}}}
    one = scenario(cast, kind="state", assumptions=case)
    found = SimulationRun.objects.get(pk=run(operations.run_scenario, cast.duty, scenario=one).run)
    row = next(row for row in found.outputs["rows"] if row["region"] == "431181" and row["domain"] == "safety")
    assert row["score"][1] == 0
    assert row["severity"] == ["0", "4"]
    assert found.validation["compared"] >= 2
    assert found.validation["median_gap"] == 0


def test_a_model_that_fails_its_validation_is_not_shown(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "model_checks", lambda: (response.Check("waited", 0.9, 0.4, 0.5),))
    refused(operations.run_scenario, cast.duty, "model_invalid", scenario=scenario(cast))
    assert not SimulationRun.objects.exists()


@pytest.mark.parametrize(
    ("kind", "assumptions", "code"),
    [
        ("response", {"teams": 3}, "assumptions"),
        ("response", {**CASE, "teams": -1}, "assumptions"),
        ("response", {**CASE, "night_teams": 9}, "teams"),
        ("response", {**CASE, "tanks": 2}, "assumptions"),
        ("state", {"changes": {"no.such": {"set": 1}}}, "unknown_sign"),
        ("state", {"changes": {}}, "assumptions"),
        ("state", {"changes": {LATE: {"set": "nan"}}}, "assumptions"),
    ],
)
def test_assumptions_that_cannot_be_are_told(cast: SimpleNamespace, kind: str, assumptions: Any, code: str) -> None:
    refused(operations.make_scenario, cast.duty, code, title="不成立的假设", kind=kind, assumptions=assumptions)
    assert not Scenario.objects.exists()


def advise(cast: SimpleNamespace) -> Advice:
    return Advice.objects.get(pk=run(operations.advise, cast.duty, indicator=LATE, region="431181").advice)


def test_options_are_ranked_with_their_weights_in_the_open(cast: SimpleNamespace) -> None:
    row = advise(cast)
    assert len(row.options) == Playbook.objects.filter(indicator=LATE).count() == 3
    scores = [one["score"] for one in row.options]
    assert scores == sorted(scores, reverse=True)
    assert sum(row.weights.values()) == pytest.approx(1)
    best = row.options[0]
    assert best["score"] == round(100 * (0.5 * best["effect"] + 0.3 * best["speed"] + 0.2 * best["cheap"]), 0)
    refused(operations.advise, cast.duty, "no_measure", indicator="water.area_rain_3h")
    refused(operations.advise, cast.duty, "unknown_indicator", indicator="no.such")


def test_only_a_person_decides_and_once(cast: SimpleNamespace) -> None:
    row = advise(cast)
    refused(operations.decide_advice, cast.duty, "option", advice=row.pk, adopted=True, option="跳舞", reason="试试")
    refused(operations.decide_advice, cast.duty, "invalid", advice=row.pk, adopted=False, reason="")
    refused(operations.measure_effect, cast.duty, "not_adopted", advice=row.pk)
    run(operations.decide_advice, cast.duty, advice=row.pk, adopted=False, reason="已另有安排")
    row.refresh_from_db()
    assert (row.state, row.reason) == ("refused", "已另有安排")
    refused(operations.decide_advice, cast.duty, "decided", advice=row.pk, adopted=True, option="", reason="再想想")


def adopted(cast: SimpleNamespace, effect: float) -> Advice:
    """Advice that was adopted four days ago; readings of five counties before and after."""
    row = advise(cast)
    run(operations.decide_advice, cast.duty, advice=row.pk, adopted=True, option=row.options[0]["title"],
        reason="人手可调", window_h=72)  # fmt: skip
    began = NOW - timedelta(days=4)
    Advice.objects.filter(pk=row.pk).update(began_at=began)
    random = np.random.default_rng(5)
    Reading.objects.filter(indicator=LATE).delete()
    rows = []
    for region in ("431102", "431103", "431121", "431122", "431181"):
        for step in range(20 * 24):
            at = full_hour(NOW) - step * HOUR
            value = 20 + random.normal() + (effect if region == "431181" and at > began + HOUR else 0)
            rows.append(
                Reading(indicator=LATE, region=region, period=at, value=value, origin="synthetic", computed_at=NOW)
            )
    Reading.objects.bulk_create(rows)
    row.refresh_from_db()
    return row


def test_an_effect_is_measured_with_its_interval_and_beside_others(cast: SimpleNamespace) -> None:
    row = adopted(cast, -8)
    found = run(operations.measure_effect, cast.duty, advice=row.pk)
    assert (found.verdict, found.final) == ("better", True)
    assert found.low < -8 < found.high
    row.refresh_from_db()
    assert row.state == "judged"
    assert row.effect["beside"]["value"] == pytest.approx(-8, abs=1)
    assert row.effect["beside"]["p"] == pytest.approx(1 / 5)
    assert events("ev.city_operations.advice.judged")[0]["verdict"] == "better"


def test_what_did_not_help_is_not_called_a_success(cast: SimpleNamespace) -> None:
    row = adopted(cast, 0)
    periodic.effects()
    row.refresh_from_db()
    assert row.verdict in ("unclear", "worse") or abs(row.effect["series"]["value"]) < 1.5


def test_too_few_hours_are_said(cast: SimpleNamespace) -> None:
    row = advise(cast)
    run(operations.decide_advice, cast.duty, advice=row.pk, adopted=True, option=row.options[0]["title"], reason="先试")
    found = run(operations.measure_effect, cast.duty, advice=row.pk)
    assert (found.verdict, found.mean, found.final) == ("short", None, False)


def ask(cast: SimpleNamespace, **given: Any) -> Supervision:
    data = {"title": "尽快办结超时事项", "demand": "三日内办结并反馈", "region": "431181", **given}
    return Supervision.objects.get(pk=run(operations.supervise, cast.duty, **data).supervision)


def test_a_supervision_is_told_and_follows_its_matter(cast: SimpleNamespace) -> None:
    row = ask(cast)
    (told,) = events("ev.city_operations.supervision.requested")
    assert (told["supervision"], told["region"], told["demand"]) == (str(row.pk), "431181", "三日内办结并反馈")
    matter = Matter.objects.create(
        number="SJ-T-1", kind="event", key=f"supervision:{row.pk}", steward="grid_governance", title="督办",
        region="431181", opened_at=NOW, state="assigned",
    )  # fmt: skip
    for state, shown in (("assigned", "taken"), ("handling", "working"), ("done", "done"), ("closed", "closed")):
        Matter.objects.filter(pk=matter.pk).update(state=state)
        deliver("ev.core.matter.assigned", matter=str(matter.pk), kind="event", steward="grid_governance", unit=None,
                level=3, region="431181", origin="measured")  # fmt: skip
        row.refresh_from_db()
        assert row.state == shown
    assert row.matter == matter.pk
    assert row.closed_at is not None


def test_a_matter_without_supervision_moves_none(cast: SimpleNamespace) -> None:
    row = ask(cast)
    matter = Matter.objects.create(
        number="SJ-T-2", kind="event", steward="grid_governance", title="别的事", region="431181", opened_at=NOW,
        state="handling", key="supervision:not-an-id",
    )  # fmt: skip
    assert run(operations.follow_matter, cast.duty, matter=matter.pk).moved == 0
    row.refresh_from_db()
    assert row.state == "sent"


def test_supervision_keeps_to_its_place_and_its_order(cast: SimpleNamespace) -> None:
    refused(operations.supervise, cast.duty, "invalid", title="尽快办结", demand="三日内办结", region="440000")
    refused(operations.supervise, cast.duty, "no_place", title="尽快办结", demand="三日内办结", region="431199")
    refused(operations.supervise, cast.leader, "forbidden", title="尽快办结", demand="三日内办结", region="431181")
    matter = Matter.objects.create(
        number="SJ-T-3", kind="event", steward="grid_governance", title="井盖", region="431181", opened_at=NOW,
        state="handling",
    )  # fmt: skip
    row = ask(cast, subject=matter.pk)
    refused(operations.settle_supervision, cast.duty, "working", supervision=row.pk, result="已办结")
    Matter.objects.filter(pk=matter.pk).update(state="closed")
    run(operations.settle_supervision, cast.duty, supervision=row.pk, result="已办结")
    refused(
        operations.supervise,
        cast.duty,
        "over",
        title="尽快办结",
        demand="三日内办结",
        region="431181",
        subject=matter.pk,
    )


def report(cast: SimpleNamespace, **given: Any) -> OperationReport:
    return OperationReport.objects.get(pk=run(operations.generate_report, cast.duty, **given).report)


def numbers(row: OperationReport, section: str) -> dict[str, Any]:
    found = next(one for one in row.content["sections"] if one["key"] == section)
    return {item["label"]: item["value"] for item in found["items"]}


def matter(number: str, opened: datetime, **given: Any) -> Matter:
    return Matter.objects.create(
        number=number, kind="event", steward="grid_governance", title="井盖缺失", opened_at=opened,
        **{"region": "431181107", "level": 3, **given},
    )  # fmt: skip


def test_a_report_counts_the_day_it_is_about(cast: SimpleNamespace) -> None:
    Matter.objects.all().delete()
    start, end = span_of("daily", date(2026, 6, 17))
    matter("SJ-R-1", start + HOUR, level=1, due=start + 3 * HOUR, done_at=start + 2 * HOUR, closed_at=start + 4 * HOUR,
           state="closed")  # fmt: skip
    matter("SJ-R-2", start + HOUR, due=end - HOUR, region="431102")
    matter("SJ-R-3", end)  # the next day's
    row = report(cast, day="2026-06-17")
    found = numbers(row, "matters")
    assert [found[name] for name in ("新增事项", "其中橙色以上", "结案", "期末未结", "期末超时", "按时办结率")] == [
        2,
        1,
        1,
        1,
        1,
        100,
    ]
    table = next(one for one in row.content["sections"] if one["key"] == "places")["table"]
    assert {one["code"]: one["opened"] for one in table if one["opened"]} == {"431102": 1, "431181": 1}
    assert "无数据源" in " ".join(row.content["sections"][0]["notes"])


def test_a_report_is_written_signed_and_then_stands(cast: SimpleNamespace) -> None:
    Matter.objects.all().delete()
    row = report(cast, day="2026-06-17")
    refused(operations.sign_report, cast.duty, "opinion", report=row.pk)
    run(operations.edit_report, cast.duty, report=row.pk, opinion="总体平稳，无突发事件。", row_version=row.row_version)
    refused(
        operations.edit_report, cast.duty, "stale", report=row.pk, opinion="别人先改了", row_version=row.row_version
    )
    refused(operations.archive_report, cast.duty, "not_signed", report=row.pk)
    run(operations.sign_report, cast.duty, report=row.pk)
    row.refresh_from_db()
    assert (row.state, len(row.digest)) == ("signed", 64)
    assert events("ev.city_operations.report.signed")[0]["digest"] == row.digest
    refused(operations.edit_report, cast.duty, "signed", report=row.pk, opinion="再改一改")
    run(operations.archive_report, cast.duty, report=row.pk)


def test_a_number_that_no_longer_holds_stops_the_signature(cast: SimpleNamespace) -> None:
    Matter.objects.all().delete()
    row = report(cast, day="2026-06-17")
    run(operations.edit_report, cast.duty, report=row.pk, opinion="总体平稳。")
    start, _ = span_of("daily", date(2026, 6, 17))
    matter("SJ-R-9", start + HOUR)  # a report that came in late
    problem = refused(operations.sign_report, cast.duty, "moved", report=row.pk)
    assert "新增事项" in problem.title
    again = report(cast, day="2026-06-17")
    assert (again.pk, again.opinion) == (row.pk, "总体平稳。")
    run(operations.sign_report, cast.duty, report=row.pk)


def test_a_correction_is_a_new_issue_that_replaces_the_old(cast: SimpleNamespace) -> None:
    Matter.objects.all().delete()
    row = report(cast, day="2026-06-17")
    run(operations.edit_report, cast.duty, report=row.pk, opinion="总体平稳。")
    run(operations.sign_report, cast.duty, report=row.pk)
    new = report(cast, day="2026-06-17")
    assert (new.issue, new.replaces_id, new.current) == (2, row.pk, False)
    run(operations.sign_report, cast.duty, report=new.pk)
    row.refresh_from_db()
    new.refresh_from_db()
    assert (row.current, new.current) == (False, True)


def test_a_tampered_report_is_not_archived(cast: SimpleNamespace) -> None:
    Matter.objects.all().delete()
    row = report(cast, day="2026-06-17")
    run(operations.edit_report, cast.duty, report=row.pk, opinion="总体平稳。")
    run(operations.sign_report, cast.duty, report=row.pk)
    OperationReport.objects.filter(pk=row.pk).update(opinion="一切很好。")
    refused(operations.archive_report, cast.duty, "tampered", report=row.pk)


def test_a_week_runs_from_monday_and_must_be_over(cast: SimpleNamespace) -> None:
    start, end = span_of("weekly", date(2026, 6, 18))
    assert (start.date(), (end - start).days) == (date(2026, 6, 15), 7)
    refused(operations.generate_report, cast.duty, "not_over", day=datetime.now(SHANGHAI).date().isoformat())
    refused(operations.generate_report, cast.leader, "forbidden")


def test_the_clockwork_drafts_yesterday_once(cast: SimpleNamespace) -> None:
    periodic.reports()
    periodic.reports()
    assert sorted(OperationReport.objects.values_list("kind", flat=True)) == ["daily", "weekly"]
