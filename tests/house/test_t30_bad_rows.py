"""T30, short: 20,000 rows in GBK with 1 % bad ones: good rows in, each bad one named, the file again is harmless."""

from __future__ import annotations

import random
import time
from uuid import uuid4

import pytest

from tests.survival.city import SEED
from tests.survival.machine import Share
from yongzhou.core.bus.models import Quarantine
from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.operations.imports import import_file
from yongzhou.core.people.models import Unit

ROWS = 20_000
BAD = ROWS // 100
SECONDS = 15.0  # of a machine of one's own
CLERK = Actor(
    kind="person",
    id=uuid4(),
    name="数据员",
    grants=(Grant(role="数据员", action="*", resource="people.*", max_grade=3, region="4311"),),
)
# what is wrong -> (cells of the row, the word that names the column)
MISTAKES = {
    "no name": (("{code}", "", "431181", "县区部门"), "单位名称"),
    "unknown kind": (("{code}", "某局", "431181", "外星部门"), "单位类别"),
    "other province": (("{code}", "某局", "330100", "县区部门"), "范围之外"),
    "code too long": (("{code}" + "X" * 40, "某局", "431181", "县区部门"), "单位编码"),
}


def sheet() -> tuple[bytes, dict[int, str]]:
    """The file, and the mistake of each bad line."""
    dice = random.Random(SEED)
    print(f"seed {SEED}")
    bad = dict.fromkeys(sorted(dice.sample(range(2, ROWS + 2), BAD)), "")
    lines = ["单位编码,单位名称,所在地区,单位类别"]
    for line in range(2, ROWS + 2):
        code = f"S-{line:06d}"
        cells: tuple[str, ...] = (code, f"第{line}号村委会", "431181", "村社区")
        if line in bad:
            bad[line] = dice.choice(sorted(MISTAKES))
            cells = tuple(cell.format(code=code) for cell in MISTAKES[bad[line]][0])
        lines.append(",".join(cells))
    return "\n".join(lines).encode("gbk"), bad


@pytest.mark.django_db
def test_good_rows_in_bad_rows_named_and_again_harmless() -> None:
    data, bad = sheet()
    began, share = time.monotonic(), Share()
    report = import_file(Unit, CLERK, "村委会.csv", data)
    took = (time.monotonic() - began) * share.ours()
    print(f"{ROWS} rows in {took:.1f} s")
    assert (report.received, report.accepted, report.quarantined, report.duplicate) == (ROWS, ROWS - BAD, BAD, 0)
    assert Unit.objects.filter(code__startswith="S-").count() == ROWS - BAD
    aside = dict(Quarantine.objects.filter(source="import.people.unit").values_list("where", "reason"))
    assert aside.keys() == {f"村委会.csv 第 {line} 行" for line in bad}
    unnamed = {line for line, mistake in bad.items() if MISTAKES[mistake][1] not in aside[f"村委会.csv 第 {line} 行"]}
    assert unnamed == set()
    again = import_file(Unit, CLERK, "村委会.csv", data)
    assert (again.received, again.accepted, again.quarantined, again.duplicate) == (ROWS, 0, BAD, ROWS - BAD)
    assert took < SECONDS
