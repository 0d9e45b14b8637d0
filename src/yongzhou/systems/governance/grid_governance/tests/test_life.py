"""Random histories of one event against a small model of what may follow what."""

from __future__ import annotations

from types import SimpleNamespace

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import system
from yongzhou.core.matters.life import TRANSITIONS
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.operations.problem import Problem
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import ClockStop, Event
from yongzhou.testing import run

# verb -> (states it may start from, state it leads to); None leads back to where it was
MODEL: dict[str, tuple[set[str], str | None]] = {
    "sign": ({"assigned"}, "handling"),
    "suspend": ({"assigned", "handling", "accepted"}, "suspended"),
    "resume": ({"suspended"}, None),
    "handle": ({"handling"}, "handling"),
    "fail": ({"done"}, "handling"),
    "close": ({"verified", "accepted", "reported"}, "closed"),
    "reopen": ({"closed"}, "assigned"),
    "call_back": ({"done", "verified", "closed"}, None),
}


def step(verb: str, cast: SimpleNamespace, event: object) -> None:
    given = {
        "suspend": {"reason": "weather"},
        "handle": {"text": "在办"},
        "close": {"reason": "结案"},
        "reopen": {"reason": "未解决"},
        "fail": {"passed": False, "text": "没有"},
        "call_back": {"reached": False},
    }
    op = ops.verify if verb == "fail" else getattr(ops, verb)
    run(op, cast.verifier if verb == "fail" else cast.duty, event=event, **given.get(verb, {}))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(MODEL)), max_size=8))
def test_what_is_allowed_happens_and_the_rest_leaves_no_trace(cast: SimpleNamespace, verbs: list[str]):
    with transaction.atomic():
        alarm = {"alarm": uuid7(), "cause": str(uuid7()), "kind": "level", "level": 3, "region": "431181107"}
        event = run(ops.auto_report, system("alarm"), **alarm).event
        state, before = "assigned", "assigned"
        for verb in verbs:
            steps = MatterStep.objects.filter(matter=event).count()
            allowed = state in MODEL[verb][0]
            try:
                step(verb, cast, event)
                refusal = None
            except Problem as problem:
                refusal: Problem | None = problem
            assert (refusal is None) is allowed, f"{verb} from {state}: {refusal}"
            if refusal is not None:
                assert MatterStep.objects.filter(matter=event).count() == steps
                continue
            after = MODEL[verb][1] or (before if verb == "resume" else state)
            before, state = (state if verb == "suspend" else before), after
            row = Event.objects.get(pk=event)
            assert row.state == state
            assert (ClockStop.objects.filter(event=event, until=None).count() == 1) is (state == "suspended")
            assert (row.next_rung_at is not None) is (state in ("assigned", "handling"))
        moves = (
            MatterStep.objects.filter(matter=event)
            .exclude(before="")
            .order_by("at", "id")
            .values_list("before", "after")
        )
        assert all(a == b or b in TRANSITIONS[a] for a, b in moves)  # type: ignore[index]
        transaction.set_rollback(True)
