"""What a photograph claims against what its sender claims. No Django."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from pydantic import BaseModel, Field

from yongzhou.core.calendar import SHANGHAI
from yongzhou.systems.governance.grid_governance.duplicates import distances

FAR_M: Final = 300.0  # a photograph taken farther away than this does not show the claimed place
OLD: Final = timedelta(hours=24)


class Photo(BaseModel):
    """A kept file (`core.data.files.FileRef`) with what its EXIF claimed."""

    sha256: str = Field(title="照片", pattern="^[0-9a-f]{64}$")
    name: str = Field(default="照片.jpg", title="文件名", max_length=80)
    kind: str = Field(default="image/jpeg", title="类型", max_length=40)
    size: int = Field(default=0, title="大小", ge=0)
    taken_at: str | None = Field(default=None, title="拍摄时间")
    lon_lat: tuple[float, float] | None = Field(default=None, title="拍摄位置")


def doubts(photos: list[Photo], lon_lat: tuple[float, float] | None, at: datetime) -> list[str]:
    """Chinese sentences for the duty desk: a photograph from elsewhere, from another day, from the future."""
    found = []
    for number, photo in enumerate(photos, start=1):
        if photo.lon_lat and lon_lat and (away := metres(photo.lon_lat, lon_lat)) > FAR_M:
            found.append(f"第 {number} 张照片拍摄于 {away:,.0f} 米外")
        if photo.taken_at and (taken := _moment(photo.taken_at)) is not None:
            if at - taken > OLD:
                found.append(f"第 {number} 张照片拍摄于 {taken:%Y-%m-%d %H:%M}，早于上报 {(at - taken).days} 天")
            elif taken - at > timedelta(minutes=10):
                found.append(f"第 {number} 张照片的拍摄时间晚于上报时间")
    return found


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance of two points (lon, lat in degrees)."""
    return float(distances(a[0], a[1], np.array([b[0]]), np.array([b[1]]))[0])


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
