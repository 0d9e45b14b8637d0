"""The transition table of matters, and the moves that it governs, on a real database."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor, system
from yongzhou.core.matters.life import CLOSED, STATES, TRANSITIONS, LifeError, move
from yongzhou.core.matters.models import Matter, MatterStep
from yongzhou.core.matters.verbs import move_matter, number, open_matter, rate
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem


@given(st.sampled_from(sorted(STATES)), st.sampled_from(sorted(STATES)))
def test_a_move_is_in_the_table_or_refused_in_chinese(before: str, after: str):
    if after in TRANSITIONS[before]:  # type: ignore[index]
        assert move(before, after).after == after
    else:
        with pytest.raises(LifeError, match="不能直接变为"):
            move(before, after)


def test_every_state_can_be_reached_and_every_open_one_can_end():
    reached, queue = {"reported"}, ["reported"]
    while queue:
        for after in TRANSITIONS[queue.pop()]:  # type: ignore[index]
            if after not in reached:
                reached.add(after)
                queue.append(after)
    assert reached == set(STATES)
    ends = set(CLOSED)
    while more := {state for state, afters in TRANSITIONS.items() if state not in ends and ends & set(afters)}:
        ends |= more
    assert ends == set(STATES)


@pytest.mark.parametrize("state", ["", "unknown"])
def test_an_unknown_state_is_refused(state: str):
    with pytest.raises(LifeError):
        move("reported", state)


def context(who: Actor | None = None) -> Context:
    return Context(actor=who or system("test"), now=timezone.now(), op_id=uuid7(), action="handle")


def opened(ctx: Context, key: str = "") -> Matter:
    matter, _ = open_matter(ctx, Matter, kind="trial", key=key, steward="core", title="试", region="431181")
    return matter


def test_one_open_matter_a_cause(db: None):
    ctx = context()
    first, second = opened(ctx, "cause"), opened(ctx, "cause")
    assert first.pk == second.pk
    move_matter(ctx, first, "closed")
    assert opened(ctx, "cause").pk != first.pk


def test_numbers_of_a_day_have_no_gaps(db: None):
    at = timezone.now()
    given = [number("trial", at, "SY") for _ in range(3)]
    assert [text[-4:] for text in given] == ["0001", "0002", "0003"]


def test_moves_leave_stamps_and_steps(db: None):
    ctx = context()
    matter = opened(ctx)
    for state in ("assigned", "handling", "done", "verified", "closed"):
        move_matter(ctx, matter, state)
    assert None not in (matter.assigned_at, matter.accepted_at, matter.done_at, matter.closed_at)
    steps = MatterStep.objects.filter(matter=matter).order_by("at", "id").values_list("after", flat=True)
    assert list(steps) == ["reported", "assigned", "handling", "done", "verified", "closed"]
    assert [event.subject for event in ctx.events] == [
        f"ev.core.matter.{name}" for name in ("opened", "assigned", "verified", "closed")
    ]


def test_an_impossible_move_is_409_and_leaves_the_matter_alone(db: None):
    ctx = context()
    matter = opened(ctx)
    with pytest.raises(Problem) as caught:
        move_matter(ctx, matter, "verified")
    assert (caught.value.status, Matter.objects.get(pk=matter.pk).state) == (409, "reported")


def test_the_handler_cannot_verify(cast: SimpleNamespace):
    ctx = context(cast.duty)
    matter = opened(ctx)
    matter.handler_id = cast.duty.id
    for state in ("assigned", "handling", "done"):
        move_matter(ctx, matter, state)
    with pytest.raises(Problem, match="处置人不能核查"):
        move_matter(ctx, matter, "verified")
    move_matter(context(cast.verifier), matter, "verified")
    assert matter.verifier_id == cast.verifier.id


def test_merging_needs_a_parent(db: None):
    ctx = context()
    with pytest.raises(Problem, match="并入哪一件"):
        move_matter(ctx, opened(ctx), "merged")


def test_only_what_is_closed_is_rated(db: None):
    ctx = context()
    matter = opened(ctx)
    with pytest.raises(Problem, match="结案后"):
        rate(ctx, matter, 5)
    move_matter(ctx, matter, "closed")
    rate(ctx, matter, 4)
    assert Matter.objects.get(pk=matter.pk).rating == 4
