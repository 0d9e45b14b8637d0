"""T26, T29: uploads are what their bytes say; tables and decision tables bring no entity, bomb or formula along."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.security.rows import Sides, picture
from tests.security.visitors import Visitors
from yongzhou.core.data.files import FileRefused, keep_photo, path_of
from yongzhou.core.data.present import Shown, cell
from yongzhou.core.data.sheets import SheetRefused, read_sheet
from yongzhou.core.data.spec import Spec
from yongzhou.engines.decisions import dmn

SCRIPTS = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "php": b"<?php system($_GET['c']);",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "magic only": b"\xff\xd8\xff\xe0" + b"<script>alert(1)</script>" * 10,
    "nothing": b"",
    "pdf": b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n(x) run",
}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_what_is_no_photograph_is_refused_by_its_bytes(kind: str) -> None:
    with pytest.raises(FileRefused, match="JPG"):
        keep_photo(io.BytesIO(SCRIPTS[kind]), name="photo.jpg")


def bomb(side: int) -> bytes:
    """A PNG of side x side black pixels in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = b"\0" + bytes(side // 8)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_not_unpacked() -> None:
    data = bomb(40_000)
    assert len(data) < 300_000
    tracemalloc.start()
    with pytest.raises(FileRefused):
        keep_photo(io.BytesIO(data), name="bomb.png")
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_nothing_of_the_sender_stays_in_a_kept_photograph() -> None:
    exif = Image.Exif()
    exif[0x010E] = "秘密说明"
    exif.get_ifd(0x8825)[2] = (26.0, 30.0, 0.0)
    out = io.BytesIO()
    Image.new("RGB", (80, 60)).save(out, "JPEG", exif=exif, comment=b"<script>alert(1)</script>")
    kept = keep_photo(io.BytesIO(out.getvalue()), name="../../etc/cron.d/evil.jpg")
    assert "/" not in kept.name
    content = path_of(kept.sha256).read_bytes()
    assert b"<script>" not in content
    with Image.open(io.BytesIO(content)) as stored:
        assert not stored.getexif()
        assert "comment" not in stored.info


def test_forty_megabytes_are_refused_clearly_and_cheaply(sides: Sides, visitors: Visitors) -> None:
    desk = visitors.desk("citizen")
    huge = SimpleUploadedFile("大.jpg", picture() + bytes(40 * 1024 * 1024), "image/jpeg")
    tracemalloc.start()
    answer = desk.post("/app/report/", {"text": "井盖不见了", "region": "431181107", "key": "k1", "photos": huge})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 413
    assert "12 MB" in answer.content.decode()
    assert peak < 3 * 40 * 1024 * 1024  # the test's own copy of the request included
    huge.seek(0)
    page = visitors.desk("duty").post(
        "/desk/do/grid_governance/report/", {"text": "井盖", "region": "431181107", "photos": huge}
    )
    assert page.status_code == 413


def test_a_script_called_photo_is_not_kept_by_a_form(sides: Sides, visitors: Visitors) -> None:
    svg = SimpleUploadedFile("a.jpg", SCRIPTS["svg"], "image/jpeg")
    answer = visitors.desk("citizen").post(
        "/app/report/", {"text": "井盖不见了", "region": "431181107", "key": "k2", "photos": svg}
    )
    assert answer.status_code == 422
    assert "JPG" in answer.content.decode()


def test_a_photograph_is_served_as_a_picture_only(sides: Sides, visitors: Visitors) -> None:
    event = sides.near["grid_governance.event"]
    digest = event.photos[0]["sha256"]  # type: ignore[attr-defined]
    answer = visitors.desk("duty").get(f"/desk/grid_governance/event/{event.pk}/photo/{digest}.jpg")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_an_upload_by_nobody_is_refused(sides: Sides, visitors: Visitors) -> None:
    photo = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
    for address in ("/app/report/", "/desk/do/grid_governance/report/", "/desk/telemetry/rule/import/"):
        assert visitors.desk("").post(address, {"photos": photo, "file": photo}).status_code in (302, 401, 403)


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    + b"".join(b'<!ENTITY %c "%s">' % (ord("c") + n, b"&%c;" % (ord("b") + n) * 10) for n in range(8))
    + b"]><d>&j;</d>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'
REMOTE = b'<?xml version="1.0"?><!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd"><d/>'


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, REMOTE], ids=["laughs", "file", "dtd"])
def test_decision_tables_bring_no_entities(text: bytes, tmp_path: object) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its own kind, checked below
        dmn.load_dmn(text)
    assert "root:" not in str(caught.value)
    assert type(caught.value).__module__.startswith("yongzhou")


def xlsx(sheet: bytes) -> bytes:
    """A workbook with one sheet's XML as given."""
    from openpyxl import Workbook

    plain = io.BytesIO()
    book = Workbook()
    book.active["A1"] = "编码"
    book.save(plain)
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, sheet if entry.filename == "xl/worksheets/sheet1.xml" else old.read(entry))
    return out.getvalue()


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, REMOTE], ids=["laughs", "file", "dtd"])
def test_workbooks_bring_no_entities(text: bytes) -> None:
    with pytest.raises(SheetRefused):
        list(read_sheet("x.xlsx", xlsx(text), ["编码"]).rows)


def test_a_workbook_that_unpacks_to_gigabytes_is_not_opened() -> None:
    with pytest.raises(SheetRefused, match="大得不正常"):
        read_sheet("x.xlsx", xlsx(b"<a>" + bytes(120_000_000) + b"</a>"), ["编码"])


@pytest.mark.parametrize(
    "text", ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
)
def test_no_cell_starts_a_formula(text: str) -> None:
    assert cell(Shown("title", Spec("text", "标题"), text, text)).startswith("'")


def test_an_export_carries_no_formula(sides: Sides, visitors: Visitors) -> None:
    """Also where a linked record is called so."""
    from openpyxl import load_workbook

    from yongzhou.core.people.models import Unit
    from yongzhou.systems.governance.grid_governance.models import Event

    event = sides.far["grid_governance.event"]
    unit = Unit.objects.create(code="X-1", name="=1+1|坏单位", region="431122", kind="other")
    Event.objects.filter(pk=event.pk).update(title="=cmd|'/c calc'!A1", address="@SUM(1)", unit=unit)
    desk = visitors.desk("officer_431122")
    text = b"".join(desk.get("/desk/grid_governance/event/export.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=cmd" in text
    assert ",=" not in text
    assert ",@" not in text
    book = load_workbook(io.BytesIO(desk.get("/desk/grid_governance/event/export.xlsx").content))
    assert not [one for line in book.worksheets[0].iter_rows() for one in line if one.data_type == "f"]
