"""A batch of labels to print, and the installer's phone page behind each label."""

from __future__ import annotations

from typing import Final

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.files import FileRefused, keep_photo
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.operations.run import run
from yongzhou.core.pages import actor_of, guarded
from yongzhou.core.people.models import Unit
from yongzhou.core.places.models import Place
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.systems.foundation.iot_sensing import operations
from yongzhou.systems.foundation.iot_sensing.models import DeviceModel, ProvisionSlip

CLAIM: Final = "/desk/iot_sensing/claim/"
PHOTOS_MAX: Final = 9
BATCHES: Final = 20


def _may_provision(who: Actor) -> None:
    if not operations.provision_devices.open_to(who):
        raise forbidden("需要「批量发放设备」的权限")


def _may_claim(who: Actor) -> None:
    if not operations.claim_device.open_to(who):
        raise forbidden("需要「现场登记设备」的权限")


@never_cache
@guarded(_may_provision)
def provision(request: HttpRequest) -> HttpResponse:
    """Choose model, number and region; POST shows the labels and, this once, the keys."""
    actor, problem, made = actor_of(request), None, None
    given = {name: request.POST[name] for name in ("model", "count", "region", "owner") if request.POST.get(name)}
    if request.method == "POST":
        try:
            made = run(operations.provision_devices, actor, given, door="form").output
        except Problem as refusal:
            problem = refusal
    waiting = ProvisionSlip.visible_to(actor).filter(claimed_at__isnull=True).select_related("model")
    return render(
        request,
        "iot_sensing/provision.html",
        {
            "problem": problem,
            "given": given,
            "made": made,
            "labels": [{"label": one, "qr": _qr(request, one.code)} for one in made.labels] if made else [],
            "models": DeviceModel.objects.filter(door="mqtt").order_by("code")[:200],
            "regions": Place.objects.filter(kind__in=("city", "county"), valid_to__isnull=True).order_by("code")[:40],
            "units": Unit.objects.order_by("code")[:200],
            "waiting": list(waiting.order_by("-created_at")[:BATCHES]),
            "count": waiting.count(),
        },
    )


def _qr(request: HttpRequest, code: str) -> str:
    address = request.build_absolute_uri(f"{CLAIM}?code={code}")
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=2, dark="#14212E", light="#FFFFFF")
    return mark_safe(drawn)  # noqa: S308 - drawn by segno from our own address


@never_cache
@guarded(_may_claim)
def claim(request: HttpRequest) -> HttpResponse:
    """The installer's page: label, place, photo; afterwards whether the first message has come."""
    actor, problem = actor_of(request), None
    code = "".join((request.POST.get("code") or request.GET.get("code") or "").split()).replace("-", "").upper()
    if request.method == "POST":
        try:
            photos = [
                keep_photo(file, name=file.name or "照片.jpg").row()
                for file in request.FILES.getlist("photos")[:PHOTOS_MAX]
            ]
            given = {name: request.POST.get(name, "") for name in ("name", "lon", "lat")}
            run(operations.claim_device, actor, {**given, "code": code, "photos": photos}, door="form")
            return redirect(f"{CLAIM}?code={code}")
        except FileRefused as error:
            problem = Problem("file", str(error), field="photos")
        except Problem as refusal:
            problem = refusal
    slip = ProvisionSlip.visible_to(actor).select_related("model", "thing", "owner").filter(code=code).first()
    thing = slip.thing if slip is not None else None
    return render(
        request,
        "iot_sensing/claim.html",
        {
            "heading": "现场登记设备",
            "code": code,
            "slip": slip,
            "thing": thing,
            "heard": _heard(thing) if thing is not None else [],
            "problem": problem,
            "unknown": bool(code) and slip is None and problem is None,
            "given": request.POST,
        },
    )


def _heard(thing: Thing) -> list[dict[str, object]]:
    """Each datastream with its newest value, if any has come."""
    streams = list(Datastream.objects.filter(thing=thing).order_by("number"))
    latest = {row.datastream: row for row in Latest.objects.filter(datastream__in=[one.number for one in streams])}
    return [{"stream": one, "latest": latest.get(one.number)} for one in streams]
