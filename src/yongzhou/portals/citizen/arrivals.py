"""What comes from a phone's outbox: late, twice, or after the matter has moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.data.actor import Actor
from yongzhou.core.matters.life import STATES
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.operations.models import Answer
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import Operation
from yongzhou.portals.citizen.offline import OWNER, owner_of, refusal
from yongzhou.systems.governance.grid_governance.models import Event

OLDEST: Final = timedelta(days=6, hours=20)  # the report operation takes seven days; the rest is for the way


def of_another(request: HttpRequest, who: Actor) -> JsonResponse | None:
    """409 where a submission was made under another login than the one that sends it."""
    owner = request.headers.get(OWNER, "")
    if not owner or owner == owner_of(who):
        return None
    return refusal(Problem("other_person", "这条是另一个账号写的", status=409, remedy="换回原来的账号登录后再发送"))


def seen_at(request: HttpRequest) -> datetime | None:
    """When it was written on the phone, in the house's time; None where that is now, or cannot be true.

    The phone names it only for what it brings late, and always the same for one key: its answer may be asked twice.
    """
    try:
        at = parse_datetime(request.POST.get("made_at", "")[:40])
    except ValueError:
        return None
    if at is None or at.tzinfo is None:
        return None
    return at if timedelta() < timezone.now() - at < OLDEST else None


def dated(text: str, at: datetime | None, longest: int = 300) -> str:
    """The words with the time of their writing, where they come late."""
    if at is None:
        return text
    mark = f"（{at.astimezone(SHANGHAI):%m-%d %H:%M} 离线记录，后补传）"
    return text[: longest - len(mark)] + mark


def answered(op: Operation[Any, Any], who: Actor, key: str) -> bool:
    """Whether this submission was done before and only its answer was lost."""
    return Answer.objects.filter(actor=str(who.id), operation=op.name, key=key, output__isnull=False).exists()


def last_move(event: Event) -> str:
    """The step that brought the event where it is: what a phone has seen when it shows the event."""
    found = MatterStep.objects.filter(matter=event.pk).order_by("-at", "-id").values_list("pk", "before", "after")
    return next((str(pk) for pk, before, after in found if before != after), "")


def moved_by_others(event: Event, who: Actor, seen: str) -> list[MatterStep]:
    """Moves of others since the step that the phone had seen, oldest first."""
    steps = list(MatterStep.objects.filter(matter=event.pk).order_by("at", "id"))
    places = [place for place, step in enumerate(steps) if str(step.pk) == seen]
    later = steps[places[0] + 1 :] if places else []
    return [step for step in later if step.before != step.after and step.actor_id != who.id]


def clash(event: Event, who: Actor, acts: list[str], seen: str, title: str = "") -> JsonResponse:
    """409 with how it stands now: state, the others' steps, and what may be done with it."""
    steps = moved_by_others(event, who, seen) or list(MatterStep.objects.filter(matter=event.pk).order_by("-at")[:1])
    theirs = {
        "state": event.state,
        "state_name": STATES[event.state],
        "handler": event.handler.name if event.handler else "",
        "base": last_move(event),
        "acts": acts,
        "href": f"/app/tasks/{event.pk}/",
        "steps": [
            {"who": step.actor_name, "at": step.at.isoformat(), "to": STATES[step.after], "text": step.reason}
            for step in steps[-5:]
        ],
    }
    problem = Problem(
        "conflict",
        title or f"这件事已经是「{STATES[event.state]}」，和您离线时看到的不一样",
        status=409,
        remedy="看看别人做了什么，再决定改好再发、留作记录，还是放弃",
    )
    return refusal(problem, theirs=theirs)


def arrived(href: str, text: str, **more: object) -> JsonResponse:
    """The outbox's good news."""
    return JsonResponse({"sent": True, "href": href, "text": text, **more}, json_dumps_params={"ensure_ascii": False})
