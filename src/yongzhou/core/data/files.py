"""Attachments: content-addressed, judged by content and not by name, bounded, photographs re-encoded."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from yongzhou.core.home import Home

MAX_BYTES: Final = 12 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000
SIDE: Final = 1600  # a kept photograph's longer side

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class Readable(Protocol):
    """Anything that bytes can be read from: an upload, an open file."""

    def read(self, size: int, /) -> bytes: ...


class FileRefused(ValueError):
    """An upload that is too large, or not what it says; the text is Chinese and names the remedy."""


@dataclass(frozen=True, slots=True)
class FileRef:
    """A kept file: its SHA-256 is its address. `taken_at` and `lon_lat` are what the photograph itself claims."""

    sha256: str
    name: str
    kind: str
    size: int
    taken_at: str | None = None
    lon_lat: tuple[float, float] | None = None

    def row(self) -> dict[str, object]:
        """What an attachment field stores."""
        return asdict(self)


def keep_photo(upload: Readable, *, name: str, home: Home | None = None) -> FileRef:
    """Keep a photograph: JPEG of at most 1,600 px, upright, without its metadata; what EXIF claimed is returned.

    Raises `FileRefused` above 12 MB, for anything that is not a JPEG, PNG or WebP picture, or a decompression bomb.
    """
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FileRefused(f"照片超过 {MAX_BYTES // 1024 // 1024} MB；请用手机原相机「较小」尺寸拍摄，或先压缩")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            taken_at, lon_lat = _claims(picture)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((SIDE, SIDE))
            upright.info.clear()  # Pillow would write the sender's comment again
            out = io.BytesIO()
            upright.save(out, "JPEG", quality=82)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise FileRefused("这不是可以打开的照片；请用 JPG、PNG 或 WebP 格式") from error
    content = out.getvalue()
    digest = _store(content, home or Home.here())
    return FileRef(digest, Path(name).name[:80] or "照片.jpg", "image/jpeg", len(content), taken_at, lon_lat)


def path_of(sha256: str, home: Home | None = None) -> Path:
    """Where a kept file lies; `ValueError` for anything that is not a SHA-256."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError("not a SHA-256")
    return (home or Home.here()).files / sha256[:2] / sha256


def _store(content: bytes, home: Home) -> str:
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest, home)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest


def _claims(picture: Image.Image) -> tuple[str | None, tuple[float, float] | None]:
    exif = picture.getexif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    taken: str | None = None
    if isinstance(raw := details.get(ExifTags.Base.DateTimeOriginal), str):
        try:
            taken = datetime.strptime(raw.strip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat()
        except ValueError:
            taken = None
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat, lon = (_degrees(gps[ExifTags.GPS.GPSLatitude]), _degrees(gps[ExifTags.GPS.GPSLongitude]))
        place = (
            lon if gps.get(ExifTags.GPS.GPSLongitudeRef) != "W" else -lon,
            lat if gps.get(ExifTags.GPS.GPSLatitudeRef) != "S" else -lat,
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return taken, None
    return taken, place


def _degrees(parts: tuple[float, float, float]) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600
