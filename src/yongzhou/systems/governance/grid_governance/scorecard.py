"""考核 by unit: each measure is one filter on records, so that the figure and the list behind it can never differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.record import Record
from yongzhou.core.people.city import rows
from yongzhou.systems.governance.grid_governance.models import Callback, CoTask, Event, Supervision, Verification


@dataclass(frozen=True, slots=True)
class Measure:
    """A share: rows whose `when` falls in the period and that `of` holds, and the `good` ones among them.

    `unit` and `event` are lookup paths from the row to the judged unit and to its event ("" is the row itself).
    """

    name: str
    title: str
    says: str
    model: type[Record]
    when: str
    of: Q
    good: Q
    unit: str = "event__unit"
    event: str = "event"

    def rows(self, actor: Actor, since: datetime, until: datetime) -> QuerySet[Any]:
        """The rows of the denominator that an actor may see."""
        return self.model.visible_to(actor).filter(self.of, **{f"{self.when}__gte": since, f"{self.when}__lt": until})


ENOUGH: Final = 10  # rows judged before a unit is ranked
_OURS: Final = ~Q(state="merged")
MEASURES: Final = (
    Measure(
        "on_time",
        "按期办结率",
        "时限落在本期内的事件中，按期反馈办结的",
        Event,
        "due",
        _OURS,
        Q(done_at__isnull=False, done_at__lte=F("due")),
        unit="unit",
        event="",
    ),
    Measure(
        "signed",
        "及时签收率",
        "本期派出的事件中，在签收时限内签收的",
        Event,
        "assigned_at",
        _OURS,
        Q(accept_late=False, accepted_at__isnull=False),
        unit="unit",
        event="",
    ),
    Measure(
        "first_right",
        "一次办成率",
        "本期结案的事件中，没有重开过的",
        Event,
        "closed_at",
        Q(state="closed"),
        Q(reopen_count=0),
        unit="unit",
        event="",
    ),
    Measure("verified", "核查通过率", "本期核查中，通过的", Verification, "at", Q(), Q(passed=True)),
    Measure(
        "solved", "回访解决率", "本期接通的回访中，群众说已解决的", Callback, "at", Q(reached=True), Q(solved=True)
    ),
    Measure("satisfied", "回访满意率", "本期接通的回访中，满意的", Callback, "at", Q(reached=True), Q(satisfied=True)),
    Measure(
        "joint",
        "协办按期率",
        "时限落在本期内的协办中，按期完成的",
        CoTask,
        "due",
        ~Q(state__in=("cancelled", "refused")),
        Q(done_at__isnull=False, done_at__lte=F("due")),
        unit="unit",
    ),
    Measure(
        "replied",
        "督办按时回复率",
        "回复时限落在本期内的督办中，按时回复的",
        Supervision,
        "reply_due",
        Q(kind="supervise"),
        Q(replied_at__isnull=False, replied_at__lte=F("reply_due")),
        unit="unit",
    ),
)
BY_NAME: Final = {measure.name: measure for measure in MEASURES}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: good and all; None of all means nothing to judge."""

    measure: Measure
    good: int
    of: int

    @property
    def percent(self) -> float | None:
        """Share of good ones in percent."""
        return 100 * self.good / self.of if self.of else None

    @property
    def bad(self) -> int:
        """What costs points."""
        return self.of - self.good


@dataclass(frozen=True, slots=True)
class Line:
    """One unit: its figures and its score of 100 over the weights that could be judged."""

    code: str
    name: str
    region: str
    cells: tuple[Cell, ...]
    score: float
    weight: float

    @property
    def samples(self) -> int:
        """How many rows were judged at all."""
        return sum(cell.of for cell in self.cells)

    @property
    def ranked(self) -> bool:
        """Whether there is enough to rank by: one happy case is no first place."""
        return self.samples >= ENOUGH


@cache
def weights(path: Path) -> Mapping[str, float]:
    """Weights of the measures (`score_weights.csv`); raises `ValueError` for an unknown measure or a bad number."""
    found = {row["measure"]: float(row["weight"]) for row in rows(path)}
    if unknown := set(found) - set(BY_NAME):
        raise ValueError(f"score_weights.csv：没有这样的考核项 {'、'.join(sorted(unknown))}")
    return found


def score(cells: Mapping[str, tuple[int, int]], weight: Mapping[str, float]) -> tuple[float, float]:
    """Points of 100 and the weight judged: what had nothing to judge counts neither for nor against."""
    judged = {name: weight.get(name, 0.0) for name, (_, of) in cells.items() if of}
    total = sum(judged.values())
    got = sum(judged[name] * cells[name][0] / cells[name][1] for name in judged)
    return (100 * got / total if total else 0.0), total


def card(actor: Actor, since: datetime, until: datetime, weight: Mapping[str, float]) -> list[Line]:
    """All units with anything to judge in [since, until), best first; one query a measure."""
    found: dict[tuple[str, str, str], dict[str, tuple[int, int]]] = {}
    for measure in MEASURES:
        counted = (
            measure.rows(actor, since, until)
            .order_by()
            .values(*(f"{measure.unit}__{part}" for part in ("code", "name", "region")))
            .annotate(all=Count("pk"), right=Count("pk", filter=measure.good))
        )
        for row in counted:
            key = (row[f"{measure.unit}__code"], row[f"{measure.unit}__name"], row[f"{measure.unit}__region"])
            if key[0] is not None:
                found.setdefault(key, {})[measure.name] = (row["right"], row["all"])
    lines = []
    for key, figures in found.items():
        cells = tuple(Cell(measure, *figures.get(measure.name, (0, 0))) for measure in MEASURES)
        points, judged = score(figures, weight)
        lines.append(Line(*key, cells, points, judged))
    return sorted(lines, key=lambda line: (not line.ranked, -line.score, -line.samples, line.code))
