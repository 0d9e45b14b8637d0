"""What a report says: its forms, its place, its type, and the open events it may belong to."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.home import Home
from yongzhou.core.operations.problem import Problem
from yongzhou.systems.governance.grid_governance import duplicates
from yongzhou.systems.governance.grid_governance.classify import Classification, Keyword, classify, read_keywords
from yongzhou.systems.governance.grid_governance.models import Event, EventType
from yongzhou.systems.governance.grid_governance.operations.common import OPEN
from yongzhou.systems.governance.grid_governance.operations.ground import Spot, locate, spot_of_region
from yongzhou.systems.governance.grid_governance.photos import Photo, metres

Door = Literal["citizen", "grid", "staff", "12345", "camera"]
REPEAT: Final = timedelta(days=90)


class Where(BaseModel):
    """A place as its sender says it."""

    lon: float | None = Field(default=None, title="经度")
    lat: float | None = Field(default=None, title="纬度")
    crs: Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] | None = Field(default=None, title="坐标系")
    address: str = Field(default="", title="位置描述", max_length=120)
    region: str = Field(default="", title="所在地区", pattern=r"^\d{0,15}$")

    @model_validator(mode="after")
    def _placed(self) -> Where:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("经度和纬度要一起给出")
        if self.lon is None and not self.region:
            raise ValueError("请给出定位，或选择所在地区")
        return self


class LookAlike(Where):
    """What somebody is about to report."""

    text: str = Field(title="内容", min_length=2, max_length=2000)
    type: str = Field(default="", title="事件类型", max_length=12)
    door: Door = Field(default="citizen", title="渠道")


class NewReport(LookAlike):
    """One report. `external_id` makes it idempotent: the same door and number is the same report."""

    external_id: str = Field(default="", title="渠道编号", max_length=80)
    photos: list[Photo] = Field(default_factory=list, title="照片", max_length=9)
    contact: str = Field(default="", title="联系方式", max_length=60)
    anonymous: bool = Field(default=False, title="匿名")
    secret: bool = Field(default=False, title="要求保密")
    hold: bool = Field(default=False, title="待人工确认")
    at: datetime | None = Field(default=None, title="发现时间")
    same_as: UUID | None = Field(default=None, title="就是这一件")


class Similar(BaseModel):
    """A known event that may be the same; no word about who reported it."""

    event: UUID
    number: str
    title: str
    state: str
    distance_m: int
    score: float


class Alike(BaseModel):
    """What is already known nearby, and what the text seems to be about."""

    type: str | None
    type_name: str
    guesses: list[dict[str, object]]
    similar: list[Similar]


class Reported(BaseModel):
    """What became of a report."""

    report: UUID
    event: UUID
    number: str
    title: str
    state: str
    new: bool
    joined: bool
    sure: bool
    unit: str
    due: datetime | None
    similar: list[Similar]


def spot_of(data: Where) -> Spot:
    if data.lon is not None and data.lat is not None:
        return locate(data.lon, data.lat, data.crs)
    return spot_of_region(data.region)


@cache
def keywords() -> tuple[Keyword, ...]:
    return read_keywords(Home.here().city_folder / "keywords.csv")


def judge(data: LookAlike) -> tuple[Classification, EventType | None]:
    """What the text says, and the type that counts: the one chosen, else the sure one."""
    doors = dict(EventType.objects.values_list("code", "doors"))
    allowed = None if data.door == "staff" else {code for code, names in doors.items() if data.door in names.split(";")}
    judged = classify(f"{data.text} {data.address}", keywords(), allowed)
    if data.type and data.type not in doors:
        raise Problem(
            "bad_type", f"事件库里没有编码「{data.type}」", field="type", remedy="请从列表中选择，或留空由系统归类"
        )
    code = data.type or judged.type
    return judged, EventType.objects.get(code=code) if code else None


def candidates(data: LookAlike, spot: Spot, kind: EventType | None, at: datetime) -> list[tuple[Similar, bool]]:
    """Open events of the same family that may be the same, found by their boxes, and whether a machine may say so."""
    if spot.lon_lat is None or kind is None:
        return []
    lon, lat = spot.lon_lat
    reach = 2 * max(kind.merge_radius_m, 50.0) / 111_195.0
    box = f"({lon + 1.2 * reach},{lat + reach}),({lon - 1.2 * reach},{lat - reach})"
    rows = list(
        Event.objects.filter(
            state__in=OPEN, type__code__startswith=kind.code[:4], opened_at__gt=at - timedelta(days=60)
        )
        .extra(where=["matters_matter.geometry_box && %s::box"], params=[box])
        .select_related("type")[:200]
    )
    known = {str(row.pk): row for row in rows if lon_lat(row.geometry)}
    sightings = [sighting(row) for row in known.values()]
    new = duplicates.Sighting("", kind.code, lon, lat, at, data.text, kind.merge_radius_m, kind.merge_window_h)
    found = []
    for one in duplicates.find(new, sightings)[:5]:
        row = known[one.key]
        shown = Similar(
            event=row.pk,
            number=row.number,
            title=row.title,
            state=row.state,
            distance_m=round(one.distance_m),
            score=round(one.score, 3),
        )
        found.append((shown, one.verdict == "merge"))
    return found


def sighting(row: Event) -> duplicates.Sighting:
    at = lon_lat(row.geometry) or (0.0, 0.0)
    kind = row.type
    radius, window = (kind.merge_radius_m, kind.merge_window_h) if kind else (50.0, 48.0)
    return duplicates.Sighting(
        str(row.pk), kind.code if kind else "", *at, row.opened_at, row.detail or row.title, radius, window
    )


def guesses_of(judged: Classification) -> list[dict[str, object]]:
    names = dict(EventType.objects.filter(code__in=[g.type for g in judged.guesses]).values_list("code", "name"))
    return [
        {"type": g.type, "name": names.get(g.type, g.type), "share": round(g.share, 3), "words": list(g.words)}
        for g in judged.guesses
    ]


def before(spot: Spot, kind: EventType | None, at: datetime) -> Event | None:
    """The last closed event of the same family at the same place within 90 days: what comes again is no new thing."""
    if spot.lon_lat is None or kind is None:
        return None
    lon, lat = spot.lon_lat
    reach = kind.merge_radius_m / 111_195.0
    box = f"({lon + 1.2 * reach},{lat + reach}),({lon - 1.2 * reach},{lat - reach})"
    rows = (
        Event.objects.filter(state="closed", type__code__startswith=kind.code[:4], closed_at__gt=at - REPEAT)
        .extra(where=["matters_matter.geometry_box && %s::box"], params=[box])
        .order_by("-closed_at")[:20]
    )
    return next(
        (row for row in rows if metres(lon_lat(row.geometry) or (0, 0), (lon, lat)) <= kind.merge_radius_m), None
    )
