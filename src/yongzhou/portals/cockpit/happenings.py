"""Open matters and flash-flood warnings as they stood at any moment, each in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from yongzhou.core.data.origin import worst
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter, MatterStep
from yongzhou.portals.cockpit.access import Screen
from yongzhou.systems.governance.water.models import FloodWarning


def open_matters(screen: Screen) -> QuerySet[Matter]:
    """Matters open at the moment, with `then` = their state at that moment by their steps.

    For the past the state of the row is not used: it says what is today.
    """
    rows = Matter.visible_to(screen.who)
    if screen.at is None:
        return rows.exclude(state__in=CLOSED).annotate(then=F("state"))
    last = (
        MatterStep.objects.filter(matter=OuterRef("pk"), at__lte=screen.at).order_by("-at", "-pk").values("after")[:1]
    )
    rows = rows.filter(opened_at__lte=screen.at).filter(Q(closed_at__isnull=True) | Q(closed_at__gt=screen.at))
    return rows.annotate(then=Coalesce(Subquery(last, output_field=CharField()), Value("reported"))).exclude(
        then__in=CLOSED
    )


@dataclass(frozen=True, slots=True)
class Grave:
    """Open red and orange matters: how many, how many wait for their unit, when the next limit is."""

    count: int
    unsigned: int
    due: datetime | None


def grave(screen: Screen) -> Grave:
    """Count of open matters of level 1 and 2; two queries."""
    rows = open_matters(screen).filter(level__lte=2)
    counted = rows.aggregate(
        count=Count("pk"), unsigned=Count("pk", filter=Q(then__in=("reported", "accepted", "assigned")))
    )
    due = rows.filter(due__isnull=False).order_by("due").values_list("due", flat=True).first()
    return Grave(counted["count"], counted["unsigned"], due)


def by_level(screen: Screen) -> dict[int, int]:
    """Open matters a level, gravest first."""
    rows = open_matters(screen).order_by().values("level").annotate(count=Count("pk")).values_list("level", "count")
    return dict(sorted(rows))


def worst_matters(screen: Screen, limit: int = 6) -> list[Matter]:
    """The gravest open matters, of equal ones what is due first; what can still be met before the long overdue."""
    overdue = Case(When(due__lt=screen.moment - timedelta(days=1), then=1), default=0)
    return list(
        open_matters(screen)
        .select_related("unit")
        .order_by("level", overdue, F("due").asc(nulls_last=True), "pk")[:limit]
    )


def placed_matters(screen: Screen, limit: int = 300) -> list[Matter]:
    """Open matters of yellow and above with a place, for the map: the gravest, then the newest."""
    return list(
        open_matters(screen).filter(geometry__isnull=False, level__lte=3).order_by("level", "-opened_at")[:limit]
    )


def opened_matters(screen: Screen, hours: int = 24, limit: int = 40) -> list[Matter]:
    """Matters opened in the last hours before now, for the timeline: the gravest, then the newest."""
    since = screen.now - timedelta(hours=hours)
    rows = Matter.visible_to(screen.who).filter(opened_at__gt=since, opened_at__lte=screen.now, level__lte=3)
    return list(rows.order_by("level", "-opened_at").only("pk", "opened_at", "level", "title")[:limit])


@dataclass(frozen=True, slots=True)
class Reached:
    """Flash-flood warnings of the 24 hours before the moment: raised, answered, still standing."""

    raised: int
    answered: int
    standing: int
    origin: str


def reached(screen: Screen) -> Reached:
    """Count of warnings and of answers as they were known at the moment; one query."""
    at = screen.moment
    rows = FloodWarning.visible_to(screen.who).filter(raised_at__gt=at - timedelta(hours=24), raised_at__lte=at)
    found = rows.aggregate(
        raised=Count("pk"),
        answered=Count("pk", filter=Q(acknowledged_at__lte=at)),
        standing=Count("pk", filter=Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)),
        synthetic=Count("pk", filter=Q(origin="synthetic")),
    )
    return Reached(
        found["raised"], found["answered"], found["standing"], "synthetic" if found["synthetic"] else "measured"
    )


def closed_today(screen: Screen) -> int:
    """Matters closed between midnight in Yongzhou and the moment; one query."""
    start = timezone.localtime(screen.moment).replace(hour=0, minute=0, second=0, microsecond=0)
    return Matter.visible_to(screen.who).filter(closed_at__gte=start, closed_at__lte=screen.moment).count()


def href_of(matter: Matter) -> str:
    """The page of a matter: of its own system where that has one."""
    own = {"grid_governance": "grid_governance/event"}.get(matter.steward if matter.kind == "event" else "")
    return f"/desk/{own}/{matter.pk}/" if own else matter.get_absolute_url()


def origin_of(matters: list[Matter]) -> str:
    """The worst origin of some matters."""
    return worst(matter.origin for matter in matters)
