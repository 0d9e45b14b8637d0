"""What went with the past events: hotline orders and calls, checks, call-backs, rejections, patrols. 模拟数据."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import F

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.bulk import copy_in
from yongzhou.core.data.geometry import lon_lat, point
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.operations.run import run
from yongzhou.core.people.models import Person, Unit
from yongzhou.house.history.observations import SEED
from yongzhou.systems.governance.grid_governance.models import (
    Arbitration,
    Callback,
    CoTask,
    Event,
    GridPost,
    GridProfile,
    HotlineCall,
    HotlineOrder,
    PatrolPoint,
    Rejection,
    Supervision,
    Verification,
)
from yongzhou.systems.governance.grid_governance.operations import find_bottlenecks, find_causes, plan_patrols

SOURCE: Final = "yongzhou generate"
CALLS_A_DAY: Final = 320
_HOURS: Final = np.array(
    [2, 1, 1, 1, 1, 2, 5, 10, 22, 28, 26, 22, 14, 15, 24, 26, 25, 20, 12, 10, 8, 6, 4, 3], dtype=np.float64
)
_NAMES: Final = tuple("唐蒋周李王张刘陈何杨黄欧郑邓吕胡谢罗")


def load(until: datetime, actor: Actor) -> int:
    """COPY what went with the events of the past, then let the system look at them itself; rows written."""
    dice = np.random.default_rng(SEED + 4)
    _troubles(dice)
    _register(dice, until, actor)
    rows = list(
        Event.objects.filter(origin="synthetic", kind="event").select_related("unit", "type").order_by("opened_at")
    )
    units = dict(Unit.objects.values_list("code", "pk"))
    total = _hotline(rows, until, dice, actor) + _calls(until, dice, actor) + _checks(rows, dice, actor)
    total += _sent_back(rows, units, dice, actor) + _joint(rows, units, dice, actor) + _pressed(rows, until, actor)
    run(find_causes, actor, {}, door="job", now=until)
    run(plan_patrols, actor, {}, door="job", now=until)
    run(find_bottlenecks, actor, {}, door="job", now=until)
    return total


def _troubles(dice: np.random.Generator) -> None:
    """In each county five ordinary events in one town happen at one place: something there is not cured."""
    rows = Event.objects.filter(origin="synthetic", grade="一般", state="closed").select_related("type")
    counties: dict[str, list[Event]] = {}
    for row in rows.order_by("opened_at"):
        counties.setdefault(row.region[:6], []).append(row)
    for ones in counties.values():
        first, same = ones[0], ones[1 : 1 + int(dice.integers(3, 7))]
        at = lon_lat(first.geometry)
        if at is None:
            continue
        for row in same:
            row.type, row.region, row.place_id, row.address = first.type, first.region, first.place_id, first.address
            row.title, row.detail = first.title, first.detail
            row.geometry = point(at[0] + float(dice.normal(0, 5e-5)), at[1] + float(dice.normal(0, 5e-5)))
            row.save()


def _register(dice: np.random.Generator, until: datetime, actor: Actor) -> None:
    """Figures of the grids' register, a worker for most grids, and when points were last looked at."""
    profiles = list(GridProfile.objects.filter(ended__isnull=True).select_related("grid"))
    posted = set(GridPost.objects.values_list("grid", flat=True))
    people, posts = [], []
    for number, row in enumerate(profiles):
        row.households, row.leaders = int(dice.integers(180, 520)), int(dice.integers(3, 12))
        if row.grid_id not in posted and number % 9:
            key = uuid7()
            name = f"{_NAMES[int(dice.integers(0, len(_NAMES)))]}{'明秀国丽平芳'[int(dice.integers(0, 6))]}（模拟）"
            people.append(
                {"id": key, "kind": "person", "name": name, "region": row.region, "unit": row.unit_id, "job": "网格员"}
            )
            posts.append({"grid": row.grid_id, "region": row.region, "person": key, "main": True})
    GridProfile.objects.bulk_update(profiles, ["households", "leaders"])
    copy_in(Person, people, actor=actor, origin="synthetic", source=SOURCE)
    copy_in(GridPost, posts, actor=actor, origin="synthetic", source=SOURCE)
    spots = list(PatrolPoint.objects.all())
    for spot in spots:
        spot.checked_at = until - timedelta(days=float(dice.uniform(0, 2.2) * spot.interval_days))
    PatrolPoint.objects.bulk_update(spots, ["checked_at"])


def _hotline(rows: list[Event], until: datetime, dice: np.random.Generator, actor: Actor) -> int:
    """One order an event of the hotline, and its call-back two working days after closing at most."""
    orders: list[dict[str, Any]] = []
    backs: list[dict[str, Any]] = []
    for number, row in enumerate(one for one in rows if one.source == "12345"):
        key, phone = uuid7(), f"161{int(dice.integers(0, 10**8)):08}"
        closed = row.closed_at is not None and row.closed_at < until - timedelta(days=3)
        waits = row.closed_at is not None and not closed
        order = {
            "id": key,
            "number": f"YZ{row.opened_at.astimezone(SHANGHAI):%Y%m%d}{number:06}",
            "called_at": row.opened_at - timedelta(minutes=4),
            "kind": "help" if number % 3 else "complain",
            "caller": f"{_NAMES[number % len(_NAMES)]}先生（模拟）",
            "contact": phone,
            "secret": number % 11 == 0,
            "title": row.title[:120],
            "text": row.detail,
            "address": row.address,
            "region": row.region,
            "placed": "按工单区划",
            "seat": f"B{number % 24 + 1:03}",
            "state": "closed" if closed else "callback" if waits else "event",
            "event": row.pk,
            "callback_due": row.closed_at + timedelta(days=2) if waits and row.closed_at else None,
            "attempts": 1 if closed else 0,
            "closed_at": row.closed_at + timedelta(days=1) if closed and row.closed_at else None,
        }
        orders.append(order)
        if closed and row.closed_at is not None:
            solved = dice.random() < 0.93
            backs.append(
                {
                    "event": row.pk,
                    "at": row.closed_at + timedelta(days=1),
                    "reached": True,
                    "solved": solved,
                    "satisfied": solved and dice.random() < 0.95,
                    "order": key,
                }
            )
    return (
        copy_in(HotlineOrder, orders, actor=actor, origin="synthetic", source=SOURCE).rows
        + copy_in(Callback, backs, actor=actor, origin="synthetic", source=SOURCE).rows
    )


def _calls(until: datetime, dice: np.random.Generator, actor: Actor) -> int:
    """28 days of calls; at the peaks some wait longer than 15 s, a few hang up."""
    rows: list[dict[str, Any]] = []
    today = until.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    share = _HOURS / _HOURS.sum()
    for back in range(28, -1, -1):
        day = today - timedelta(days=back)
        size = int(dice.poisson(CALLS_A_DAY * (0.6 if day.isoweekday() > 5 else 1.0)))
        hours = dice.choice(24, size=size, p=share)
        waits = dice.exponential(4.0 + 6.0 * share[hours] / share.max())
        talks = dice.lognormal(5.05, 0.5, size)
        for at in range(size):
            queued = day + timedelta(hours=int(hours[at]), seconds=float(dice.uniform(0, 3600)))
            if queued >= until:
                continue
            lost = waits[at] > 40
            answered = None if lost else queued + timedelta(seconds=float(waits[at]))
            ended = (answered or queued) + timedelta(seconds=35.0 if lost else float(talks[at]))
            rows.append(
                {
                    "call_id": f"C-{queued:%Y%m%d}-{back:02}{at:05}",
                    "region": "4311",
                    "line": "12345",
                    "queued_at": queued,
                    "answered_at": answered,
                    "ended_at": ended,
                    "seat": f"B{at % 24 + 1:03}",
                    "passed_to": "110" if at % 97 == 0 and not lost else "",
                }
            )
    return copy_in(HotlineCall, rows, actor=actor, origin="synthetic", source=SOURCE).rows


def _checks(rows: list[Event], dice: np.random.Generator, actor: Actor) -> int:
    found = [
        {"event": row.pk, "at": row.closed_at, "method": row.type.verification, "passed": bool(dice.random() < 0.94)}
        for row in rows
        if row.closed_at is not None and row.type is not None
    ]
    return copy_in(Verification, found, actor=actor, origin="synthetic", source=SOURCE).rows


def _sent_back(rows: list[Event], units: dict[str, Any], dice: np.random.Generator, actor: Actor) -> int:
    """One in fifteen was sent back once, a few twice and ruled: the steps stand between 派单 and 签收."""
    back: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    ruled: list[dict[str, Any]] = []
    for row in rows:
        if row.accepted_at is None or row.assigned_at is None or row.unit is None or dice.random() > 0.07:
            continue
        other = units.get(f"{row.region[:6]}-WG")
        twice = dice.random() < 0.2 and other not in (None, row.unit_id)  # a unit sends back once
        room = (row.accepted_at - row.assigned_at) / 6
        for turn in range(2 if twice else 1):
            at = row.assigned_at + room * (2 * turn + 1)
            unit = row.unit_id if turn == 0 else other
            back.append({"event": row.pk, "at": at, "unit": unit, "clause": "权责清单（模拟）：不属本单位职责"})
            common = {"matter": row.pk, "actor_name": "模拟历史", "reason": "退单后改派"}
            steps.append({**common, "at": at, "before": "assigned", "after": "accepted", "created_at": at})
            steps.append({**common, "at": at + room, "before": "accepted", "after": "assigned", "created_at": at})
        if twice:
            at = row.assigned_at + room * 4
            ruling = {"event": row.pk, "at": at, "due": at + timedelta(days=1), "unit": row.unit_id, "decided_at": at}
            ruled.append({**ruling, "units": [row.unit.code, f"{row.region[:6]}-WG"], "clause": "会商纪要（模拟）"})
        Event.objects.filter(pk=row.pk).update(rejected_count=F("rejected_count") + (2 if twice else 1))
    return (
        copy_in(Rejection, back, actor=actor, origin="synthetic", source=SOURCE).rows
        + copy_in(MatterStep, steps, actor=actor, origin="synthetic", source=SOURCE).rows
        + copy_in(Arbitration, ruled, actor=actor, origin="synthetic", source=SOURCE).rows
    )


def _joint(rows: list[Event], units: dict[str, Any], dice: np.random.Generator, actor: Actor) -> int:
    """One in twelve was handled together with another office of the county."""
    tasks: list[dict[str, Any]] = []
    for row in rows:
        helper = units.get(f"{row.region[:6]}-{('GA', 'ZJ', 'YJ', 'JT')[int(dice.integers(0, 4))]}")
        if row.accepted_at is None or helper in (None, row.unit_id) or dice.random() > 0.08:
            continue
        done = row.done_at is not None
        due = row.accepted_at + timedelta(hours=row.handle_hours)
        task = {"event": row.pk, "at": row.accepted_at, "unit": helper, "task": "配合现场处置", "due": due}
        task |= {"accept_due": row.accepted_at + timedelta(hours=4), "hours": row.handle_hours, "late": False}
        task |= {"state": "done" if done else "assigned", "done_at": row.done_at, "signed_at": row.done_at}
        tasks.append({**task, "result": "已配合完成" if done else ""})
    return copy_in(CoTask, tasks, actor=actor, origin="synthetic", source=SOURCE).rows


def _pressed(rows: list[Event], until: datetime, actor: Actor) -> int:
    """What is far overdue and open is under 督办."""
    late = [row for row in rows if row.due is not None and row.due < until and row.state in ("assigned", "handling")]
    found = [
        {
            "event": row.pk,
            "at": until - timedelta(hours=6),
            "kind": "supervise",
            "state": "open",
            "unit": row.unit_id,
            "text": "请说明超时原因和完成时间",
            "reply_due": until + timedelta(hours=4),
        }
        for row in late[:12]
    ]
    return copy_in(Supervision, found, actor=actor, origin="synthetic", source=SOURCE).rows
