"""Marks of sources, results of runs, states of systems, generated pages."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from tests.support.results import Truth, merge
from yongzhou.house.check.finding import Tree
from yongzhou.house.pages import systems_page, truth_page, without_states
from yongzhou.house.references import UnreadableMark, marks
from yongzhou.house.results import Result, read, state_of
from yongzhou.house.summary import systems

FOLDER = "src/yongzhou/systems/governance/water"


def test_marks_with_words_and_constants() -> None:
    source = 'S = "SL 651"\n@reference("published", source=S, clause="annex")\ndef test_x(): ...\n'
    assert marks(ast.parse(source)) == [("test_x", {"kind": "published", "source": "SL 651", "clause": "annex"})]


def test_a_mark_that_must_be_run_is_refused() -> None:
    source = '@reference("published", source=f"{x}", clause="annex")\ndef test_x(): ...\n'
    with pytest.raises(UnreadableMark):
        marks(ast.parse(source))


def _results(*rows: tuple[str, str, tuple[str, ...]]) -> dict[str, Result]:
    return {f"{FOLDER}/tests/{name}": Result(f"{FOLDER}/tests/{name}", outcome, own) for name, outcome, own in rows}


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([], "none"),
        ([("test_a.py::a", "skipped", ())], "none"),
        ([("test_a.py::a", "passed", ())], "walkable"),
        ([("test_a.py::a", "passed", ()), ("test_a.py::b", "failed", ())], "none"),
        ([("test_a.py::a", "passed", ("reference:recomputed",))], "walkable"),
        ([("test_a.py::a", "passed", ("reference:published",))], "referenced"),
        ([("test_a.py::a", "passed", ("load",))], "walkable"),
        ([("test_a.py::a", "passed", ("load", "reference:published"))], "loaded"),
    ],
)
def test_state_of_a_system(rows: list[tuple[str, str, tuple[str, ...]]], state: str) -> None:
    assert state_of(FOLDER, _results(*rows)) == state


def test_a_changed_test_file_counts_no_more(tmp_path: Path) -> None:
    test, file = tmp_path / "test_x.py", tmp_path / "build" / "test-results.json"
    test.write_text("def test_a(): ...\n")
    merge(tmp_path, file, {"test_x.py::test_a": {"outcome": "passed", "marks": [], "checks": []}})
    assert read(tmp_path)["test_x.py::test_a"].outcome == "passed"
    test.write_text("def test_b(): ...\n")
    assert read(tmp_path) == {}
    merge(tmp_path, file, {"test_x.py::test_b": {"outcome": "failed", "marks": [], "checks": []}})
    assert list(json.loads(file.read_text())) == ["test_x.py::test_b"]


def test_truth_keeps_both_values_also_when_it_fails() -> None:
    kept: list[dict[str, object]] = []
    truth = Truth(kept.append)
    truth.check(1.0, 1.05, 0.1, what="near")
    with pytest.raises(AssertionError, match="published 2"):
        truth.check(2.0, 3.0, 0.5)
    assert [(row["published"], row["ours"], row["holds"]) for row in kept] == [(1.0, 1.05, True), (2.0, 3.0, False)]


def test_all_rows_of_the_plan_are_listed() -> None:
    rows = systems(Tree(), {})
    assert [row.row for row in rows] == list(range(1, 69))
    assert {row.state for row in rows} == {"none"}


def test_pages_are_always_the_same() -> None:
    assert systems_page(Tree()) == systems_page(Tree())
    assert truth_page(Tree()) == truth_page(Tree())


def test_states_can_be_left_out_of_a_comparison() -> None:
    tree = Tree()
    done = systems(tree, _results(("test_a.py::a", "passed", ())))
    bare = systems(tree, {})
    assert systems_page(tree, done) != systems_page(tree, bare)
    assert without_states(systems_page(tree, done)) == without_states(systems_page(tree, bare))
