"""Saved views, bulk runs, undo, the palette's index: each with its own right check and its own outcome."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import BaseModel

from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.desk import bulk, hits, saved, undo
from yongzhou.core.desk.models import BulkRow, SavedView
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.generic import change, create
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run
from yongzhou.core.people.models import Person, Unit

COUNTY = "431181"


def clerk(region: str = "4311", person: UUID | None = None) -> Actor:
    """Somebody who may do everything with units of a region."""
    grants = (Grant(role="数据员", action="*", resource="people.*", max_grade=3, region=region),)
    return Actor(kind="person", id=person or uuid4(), name="数据员", grants=grants, region=region)


def a_unit(code: str, region: str = COUNTY) -> Unit:
    unit = Unit(code=code, name=f"测试{code}局", region=region, kind="county")
    unit.save()
    return unit


class Handle:
    """What a job has of its run."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int | None]] = []

    def progress(self, done: int, total: int | None = None) -> None:
        self.told.append((done, total))


def work(found: bulk.Bulk, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Run the job here, as the worker would."""
    monkeypatch.setattr(bulk, "actor_of", lambda person: actor)
    handle = Handle()
    bulk.work(handle, {"bulk": str(found.pk)})  # type: ignore[arg-type]
    return handle


# --- saved views ------------------------------------------------------------------------------------------------------


def test_a_view_is_its_words_without_where_somebody_is_in_the_list() -> None:
    assert saved.words_of("sort=-due&after=x&state=a,b&q=&open=/x/") == "sort=-due&state=a%2Cb"


@pytest.fixture
def officer(cast: SimpleNamespace) -> Actor:
    found: Actor = cast.duty
    return found


def colleague_of(who: Actor) -> Actor:
    row = Person(kind="person", name="同事", region="4311", unit_id=who.unit)
    row.save()
    return Actor(kind="person", id=row.pk, name="同事", unit=who.unit)


def test_a_shared_view_is_seen_by_the_unit_and_by_nobody_else(officer: Actor, cast: SimpleNamespace) -> None:
    saved.save_view(officer, Unit, "县区", "kind=county", share=True)
    saved.save_view(officer, Unit, "私下", "kind=city", share=False)
    seen = [[view.name for view in saved.views_of(who, "people.unit")] for who in (colleague_of(officer), cast.leader)]
    assert seen == [["县区"], []]


def test_a_view_of_the_same_name_is_renewed(officer: Actor) -> None:
    for words in ("kind=county", "kind=city"):
        saved.save_view(officer, Unit, "我的", words, share=False)
    assert list(SavedView.objects.values_list("words", flat=True)) == ["kind=city"]


def test_only_its_owner_deletes_a_shared_view(officer: Actor) -> None:
    view = saved.save_view(officer, Unit, "县区", "kind=county", share=True)
    with pytest.raises(Problem, match="只有他本人能删"):
        saved.drop_view(colleague_of(officer), view.pk)


def test_a_condition_on_a_personal_field_is_not_kept(officer: Actor) -> None:
    with pytest.raises(Problem, match="个人信息"):
        saved.save_view(officer, Person, "某人", "phone=16100000001", share=False)


# --- bulk -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_row_has_its_own_right_and_its_own_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = a_unit("T-1"), a_unit("T-2", "431122")
    who = clerk(COUNTY)
    found = bulk.start(who, change(Unit), Unit, [near.pk, far.pk], {"kind": "town"})
    work(found, who, monkeypatch)
    states = dict(BulkRow.objects.values_list("record", "state"))
    assert states == {near.pk: "done", far.pk: "failed"}
    near.refresh_from_db()
    far.refresh_from_db()
    assert (near.kind, far.kind) == ("town", "county")


@pytest.mark.django_db
def test_a_row_that_somebody_changed_meanwhile_fails_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    unit, who = a_unit("T-1"), clerk()
    found = bulk.start(who, change(Unit), Unit, [unit.pk], {"kind": "town"})
    run(change(Unit), who, {"id": unit.pk, "row_version": 1, "name": "改名局"})
    work(found, who, monkeypatch)
    assert "刚被别人修改过" in found.rows.get().reason
    second = bulk.again(who, found)
    work(second, who, monkeypatch)
    unit.refresh_from_db()
    assert (unit.kind, unit.name, second.rows.get().state) == ("town", "改名局", "done")


@pytest.mark.django_db
def test_a_killed_run_goes_on_without_doing_a_row_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    units, who = [a_unit(f"T-{n}") for n in range(3)], clerk()
    found = bulk.start(who, change(Unit), Unit, [unit.pk for unit in units], {"kind": "town"})
    work(found, who, monkeypatch)
    found.rows.filter(record=units[2].pk).update(state="waiting")  # killed between the commit and its mark
    handle = work(found, who, monkeypatch)
    units[2].refresh_from_db()
    assert (units[2].row_version, found.rows.get(record=units[2].pk).state) == (2, "done")
    assert handle.told == [(2, 3), (2, 3), (3, 3)]


@pytest.mark.django_db
def test_bad_inputs_are_told_before_anything_is_queued() -> None:
    unit = a_unit("T-1")
    with pytest.raises(Problem) as caught:
        bulk.start(clerk(), change(Unit), Unit, [unit.pk], {"name": "长" * 200})
    assert (caught.value.status, BulkRow.objects.count()) == (422, 0)


@pytest.mark.django_db
def test_what_a_run_was_given_lies_sealed() -> None:
    found = bulk.start(clerk(), change(Unit), Unit, [a_unit("T-1").pk], {"name": "保密名"})
    assert "保密名" not in str(found.data)


# --- undo -------------------------------------------------------------------------------------------------------------


def edited(who: Actor, unit: Unit, **values: Any) -> UUID:
    result = run(change(Unit), who, {"id": unit.pk, "row_version": unit.row_version, **values}, door="form")
    unit.refresh_from_db()
    op_id = undo.remember(who, change(Unit), result.op_id, unit)
    assert op_id is not None
    return op_id


@pytest.mark.django_db
def test_a_plain_edit_is_undone_by_its_history() -> None:
    who, unit = clerk(), a_unit("T-1")
    op_id = edited(who, unit, name="改名局", kind="town")
    assert undo.open_undo(who, unit) == op_id
    undo.undo(who, op_id)
    unit.refresh_from_db()
    assert (unit.name, unit.kind, unit.row_version) == ("测试T-1局", "county", 3)
    assert undo.open_undo(who, unit) is None


@pytest.mark.django_db
def test_nothing_is_undone_once_somebody_has_changed_the_row() -> None:
    who, unit = clerk(), a_unit("T-1")
    op_id = edited(who, unit, name="改名局")
    run(change(Unit), clerk(), {"id": unit.pk, "row_version": 2, "kind": "town"})
    with pytest.raises(Problem, match="之后又有人改过"):
        undo.undo(who, op_id)
    unit.refresh_from_db()
    assert (unit.name, unit.kind) == ("改名局", "town")


@pytest.mark.django_db
def test_nobody_undoes_what_another_did() -> None:
    unit = a_unit("T-1")
    op_id = edited(clerk(), unit, name="改名局")
    with pytest.raises(Problem, match="没有找到"):
        undo.undo(clerk(), op_id)


@pytest.mark.django_db
def test_what_was_created_goes_again_unless_something_points_to_it() -> None:
    who = clerk()
    made = []
    for code in ("T-1", "T-2"):
        result = run(create(Unit), who, {"code": code, "name": f"{code}局", "region": COUNTY, "kind": "county"})
        row = Unit.objects.get(pk=result.output.id)
        made.append((undo.remember(who, create(Unit), result.op_id, row), row))
    undo.undo(who, made[0][0])  # type: ignore[arg-type]
    Unit(code="T-3", name="下级", region=COUNTY, kind="town", parent=made[1][1]).save()
    with pytest.raises(Problem, match="已有别的记录用到它"):
        undo.undo(who, made[1][0])  # type: ignore[arg-type]
    assert list(Unit.objects.filter(code__in=["T-1", "T-2"]).values_list("code", flat=True)) == ["T-2"]


class Given(BaseModel):
    unit: UUID


class Done(BaseModel):
    id: UUID


def renaming(name: str, to: str, inverse: str = "") -> Operation[Given, Done]:
    def function(ctx: Context, data: Given) -> Done:
        row = ctx.get(Unit, data.unit)
        row.name = to
        ctx.save(row)
        return Done(id=row.pk)

    return Operation(name, to, Unit, "change", function, Given, Done, inverse=inverse)


@pytest.mark.django_db
def test_an_operation_is_undone_by_the_inverse_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    close, reopen = renaming("people.close", "已关", "people.reopen"), renaming("people.reopen", "已开")
    monkeypatch.setattr(undo, "find", {"people.close": close, "people.reopen": reopen}.get)
    who, unit = clerk(), a_unit("T-1")
    result = run(close, who, {"unit": unit.pk})
    unit.refresh_from_db()
    op_id = undo.remember(who, close, result.op_id, unit)
    undo.undo(who, op_id)  # type: ignore[arg-type]
    unit.refresh_from_db()
    assert unit.name == "已开"


# --- the palette's index ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [("零陵", True), ("陵", True), ("linglingqu", True), ("llq", True), ("lingl", True), ("陵零", False)],
)
def test_a_title_is_found_by_characters_pinyin_and_initials(asked: str, found: bool) -> None:
    words = f"零陵区\n{hits.sounds('零陵区')}"
    wanted = hits.fold(asked)
    assert (hits.grams(wanted, asked=True) <= hits.grams(words) and wanted in words) == found


@pytest.mark.django_db
def test_the_index_follows_new_rows_and_holds_no_name_of_a_person() -> None:
    hits.refresh()
    unit = a_unit("T-77")
    Person(kind="person", name="欧阳独一", region=COUNTY).save()
    assert hits.find(clerk(), "测试t-77", ["people.unit"]) == {}
    hits.refresh()
    assert hits.find(clerk(), "测试t-77", ["people.unit"]) == {"people.unit": [unit.pk]}
    assert hits.find(clerk(), "欧阳独一", ["people.person", "people.party"]) == {}
