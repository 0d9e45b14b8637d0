"""Imports: good rows in, bad rows aside with line and column, again is harmless."""

from __future__ import annotations

import contextlib
import io
import zipfile
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import mend_and_replay
from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.data.sheets import SheetRefused, read_sheet
from yongzhou.core.operations.imports import import_file
from yongzhou.core.people.models import Unit

CLERK = Actor(
    kind="person",
    id=uuid4(),
    name="数据员",
    grants=(Grant(role="数据员", action="*", resource="people.*", max_grade=3, region="4311"),),
)
GBK_WITH_MERGED_HEAD = (
    "永州市单位台账,,,\n基本信息,,归属,\n单位编码,单位名称,所在地区,单位类别\nT-1,测试局,431181,县区部门\n".encode(
        "gbk"
    )
)


def test_gbk_csv_with_title_and_merged_heads():
    sheet = read_sheet("单位.csv", GBK_WITH_MERGED_HEAD, ["单位编码", "单位名称", "所在地区", "单位类别"])
    assert sheet.heads == ("单位编码", "单位名称", "所在地区", "单位类别")
    assert list(sheet.rows) == [(4, ("T-1", "测试局", "431181", "县区部门"))]


@pytest.mark.django_db
def test_good_rows_in_bad_row_named_and_again_is_harmless():
    lines = [
        "单位编码,单位名称,所在地区,单位类别",
        "T-1,甲局,431181,县区部门",
        "T-2,,431181,县区部门",
        "T-3,丙局,431181,外星部门",
    ]
    data = "\n".join(lines).encode()
    report = import_file(Unit, CLERK, "单位.csv", data)
    assert (report.received, report.accepted, report.quarantined, report.duplicate) == (3, 1, 2, 0)
    assert report.problems[0]["where"] == "单位.csv 第 3 行"
    assert "单位名称" in report.problems[0]["reason"]
    assert "没有代码 外星部门" in report.problems[1]["reason"]
    again = import_file(Unit, CLERK, "单位.csv", data)
    assert (again.accepted, again.duplicate) == (0, 1)
    assert Unit.objects.filter(code__in=["T-1", "T-2", "T-3"]).count() == 1


@pytest.mark.django_db
def test_quarantined_row_is_mended_and_replayed():
    from yongzhou.core.bus.quarantine import payload_of
    from yongzhou.testing import people

    admin = people().sys_admin
    clerk = Actor(kind="person", id=admin.id, name=admin.name, grants=CLERK.grants)
    import_file(Unit, clerk, "单位.csv", "单位编码,单位名称,所在地区,单位类别\nT-9,,431181,县区部门\n".encode())
    row = Quarantine.objects.get()
    assert "T-9" not in row.payload  # encrypted whole
    fixed = payload_of(row).decode().replace('"code": "T-9"', '"code": "T-9", "name": "补名局"').encode()
    from yongzhou.core.people import actors

    original = actors._load
    try:
        actors._load = lambda person: clerk
        mend_and_replay(row.pk, fixed)
    finally:
        actors._load = original
    assert Unit.objects.get(code="T-9").name == "补名局"


@pytest.mark.django_db
def test_row_outside_the_importers_region_is_refused():
    local = Actor(
        kind="person",
        id=uuid4(),
        name="东安",
        grants=(Grant(role="数据员", action="*", resource="people.*", max_grade=3, region="431122"),),
    )
    data = "单位编码,单位名称,所在地区,单位类别\nT-5,越界局,431181,县区部门\n".encode()
    assert import_file(Unit, local, "单位.csv", data).quarantined == 1
    assert not Unit.objects.filter(code="T-5").exists()


def test_xlsx_is_read_and_a_bomb_is_not():
    book = Workbook()
    book.active.append(["单位编码", "单位名称"])
    book.active.append(["T-7", "丁局"])
    out = io.BytesIO()
    book.save(out)
    assert list(read_sheet("a.xlsx", out.getvalue(), ["单位编码"]).rows) == [(2, ("T-7", "丁局"))]
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    with pytest.raises(SheetRefused, match="大得不正常"):
        read_sheet("bomb.xlsx", bomb.getvalue(), ["单位编码"])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_clear_refusal(data):
    with contextlib.suppress(SheetRefused):
        assert read_sheet("x", data, ["单位编码"]).heads
