"""The rules of `yongzhou check`: each finds what it is for, and the house keeps them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import wraps
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse

from yongzhou.core.home import REPOSITORY
from yongzhou.house.check import (
    decisions,
    migrations,
    permissions,
    quality,
    reads,
    samples,
    shape,
    size,
    tests_lint,
    web,
)
from yongzhou.house.check.finding import Finding, Tree
from yongzhou.house.check.rules import RULES, check


@pytest.fixture(scope="module")
def report() -> list[dict[str, object]]:
    """What `yongzhou check` says of the house, in a process where no test has declared anything."""
    command = [sys.executable, "-m", "yongzhou.house.cli", "check", "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.stdout.strip(), done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps(rule: str, report: list[dict[str, object]]) -> None:
    faults = [
        f"{row['path']}:{row['line']} {row['text']} → {row['remedy']}"
        for row in report
        if row["rule"] == rule and not row["soft"]
    ]
    assert not faults, "\n".join(faults)


def test_a_rule_that_breaks_is_a_finding_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Tree) -> list[Finding]:
        raise RuntimeError("no")

    def other(_: Tree) -> list[Finding]:
        return [Finding("other", "a", "b", "c")]

    monkeypatch.setitem(RULES, "size", broken)
    monkeypatch.setitem(RULES, "shape", other)
    assert [finding.rule for finding in check(Tree(), ["shape", "size"])] == ["other", "size"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Event.objects.all()", 1),
        ("Event._default_manager.filter()", 1),
        ("Event.visible_to(actor)", 0),
        ("self.objects", 0),
    ],
)
def test_raw_reads(source: str, found: int) -> None:
    assert len(list(reads.raw_reads(ast.parse(source), "x.py"))) == found


@pytest.mark.parametrize(
    ("path", "free"),
    [
        ("core/people/actors.py", True),
        ("systems/governance/water/operations.py", True),
        ("systems/governance/water/operations/intake.py", True),
        ("systems/governance/water/tests/test_city.py", True),
        ("systems/governance/water/pages.py", False),
        ("portals/workbench/lists.py", False),
    ],
)
def test_who_may_read_unguarded(path: str, free: bool) -> None:
    assert reads.allowed(Path(path)) is free


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        '<p style="color:red">',
        '<a onclick="x()">',
        '<a href="javascript:x()">',
    ],
)
def test_inline_code(text: str) -> None:
    assert len(list(web.inline(text, "x.html"))) == 1


@pytest.mark.parametrize(
    "text",
    ['<script src="/static/a.js" defer></script>', '<script type="application/json" id="d">{}</script>', "<b>x</b>"],
)
def test_no_inline_code(text: str) -> None:
    assert not list(web.inline(text, "x.html"))


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ('<img src="https://cdn.example.com/a.png">', "x.html", 1),
        ('import "//cdn.example.com/a.js"', "x.js", 1),
        ("// see https://example.com/why", "x.js", 0),
        ('<svg xmlns="http://www.w3.org/2000/svg">', "x.html", 0),
        ('fetch("/api/me")', "x.js", 0),
    ],
)
def test_foreign_hosts(text: str, name: str, found: int) -> None:
    assert len(list(web.hosts(text, name))) == found


def test_banned_test_case() -> None:
    source = "class T(TransactionTestCase): ...\ndef test(transactional_db): ..."
    assert len(list(tests_lint.banned(ast.parse(source), "x.py"))) == 2


def unguarded(request: HttpRequest) -> HttpResponse:
    """Looks at nobody."""
    return HttpResponse(request.path)


def test_view_without_a_decision() -> None:
    assert not permissions.guarded(unguarded)


def test_view_behind_a_guard_of_its_own() -> None:
    @wraps(unguarded)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not request.actor.lines("read", "x"):  # type: ignore[attr-defined]
            raise PermissionError
        return unguarded(request)

    assert permissions.guarded(wrapped)


def test_foreign_import_of_a_migration(tmp_path: Path) -> None:
    path = tmp_path / "0001_initial.py"
    path.write_text("import django\nimport yongzhou.core.crypto.identity\nfrom yongzhou.systems import water\n")
    assert [finding.line for finding in migrations.foreign(path, "x")] == [3]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("done", True),
        ({"todo": "issue D"}, True),
        ({"exempt": "没有个人信息"}, True),
        ("maybe", False),
        ({"todo": ""}, False),
        ({"done": "really"}, False),
        (None, False),
    ],
)
def test_answers_to_the_quality_scale(answer: object, right: bool) -> None:
    assert quality.right(answer) is right


def test_samples_name_the_wrong_value(tmp_path: Path) -> None:
    path = tmp_path / "samples.yaml"
    path.write_text("FlashFloodVillage: {name: x, code: '1', prepare_1h: 999, nowhere: 1}\nNothing: {}\n")
    text = "\n".join(str(finding) for finding in samples.faults(path, "samples.yaml", "water"))
    assert "prepare_1h = 999" in text
    assert "没有字段 nowhere" in text
    assert "Nothing 不是" in text


def test_a_wrong_decision_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.dmn"
    path.write_text("<definitions")
    assert ["读不懂" in finding.text for finding in decisions.faults(path, "x.dmn")] == [True]


@pytest.fixture
def small(tmp_path: Path) -> Tree:
    """A tree with one untidy system."""
    folder = tmp_path / "src" / "yongzhou" / "systems" / "services" / "parking"
    (folder / "stuff").mkdir(parents=True)
    for name in ("__init__.py", "system.py", "utils.py", "notes.docx"):
        (folder / name).touch()
    (folder / "long.py").write_text("x = 1\n" * 401)
    return Tree(tmp_path)


def test_shape_names_what_lacks_and_what_is_strange(small: Tree) -> None:
    names = {Path(finding.path).name: finding.text for finding in shape.check(small)}
    assert {"stuff", "utils.py", "notes.docx"} <= set(names)
    assert any("quality.yaml" in finding.text for finding in shape.check(small))


def test_long_file_is_refused(small: Tree) -> None:
    assert [(Path(finding.path).name, finding.soft) for finding in size.check(small)] == [("long.py", False)]
