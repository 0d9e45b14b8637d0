"""The decision tables of the DMN Technology Compatibility Kit, level 2: each passes or is refused by name."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pytest
from lxml import etree

from yongzhou.core.home import REPOSITORY
from yongzhou.engines.decisions import DecisionTable, DmnError, decide, decisions_in, load_dmn
from yongzhou.engines.decisions.batch import decide_batch
from yongzhou.testing import reference

SHARED = REPOSITORY.parent / "shared"
ARCHIVE = SHARED / "data" / "government" / "dmn-tck.tar.xz"
SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared is absent: no TCK files")


@dataclass
class Tally:
    cases: int = 0
    passed: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def members(level: str) -> Iterator[tuple[str, bytes, bytes]]:
    with tarfile.open(ARCHIVE) as archive:
        files = {item.name: archive.extractfile(item).read() for item in archive.getmembers() if item.isfile()}
    for name, model in sorted(files.items()):
        if name.startswith(level) and name.endswith(".dmn"):
            folder = name.rsplit("/", 1)[0]
            for test, data in files.items():
                if test.startswith(f"{folder}/") and "-test-" in test:
                    yield folder.rsplit("/", 1)[1], model, data


def value(node: etree._Element) -> object:
    """A TCK value: a list, a structure or a typed text."""
    child = next(node.iterchildren("{*}*"), None)
    if child is None:
        return None
    name = etree.QName(child).localname
    if name == "list":
        return [value(item) for item in child.iterchildren("{*}*")]
    if name == "component":
        return {part.get("name"): value(part) for part in node.iterchildren("{*}*")}
    if child.get(f"{SCHEMA_INSTANCE}nil") == "true":
        return None
    kind = str(child.get(f"{SCHEMA_INSTANCE}type", "")).split(":")[-1]
    text = child.text or ""
    if kind == "date":
        return date.fromisoformat(text)
    return {"decimal": float, "double": float, "boolean": lambda word: word == "true"}.get(kind, str)(text)


def run(level: str) -> Tally:
    tally = Tally()
    for folder, model, tests in members(level):
        names = decisions_in(model)
        loaded: dict[str, DecisionTable] = {}
        for name in names:
            try:
                loaded[name] = load_dmn(model, name)
            except DmnError as error:
                tally.refused[f"{folder}: {name}"] = str(error)
        for case in etree.fromstring(tests).iter("{*}testCase"):
            facts = {node.get("name"): value(node) for node in case.iter("{*}inputNode")}
            for result in case.iter("{*}resultNode"):
                if (table := loaded.get(str(result.get("name")))) is None:
                    continue
                if any(column.name not in facts for column in table.inputs):
                    continue  # an input is another decision: no table of its own
                tally.cases += 1
                expected = value(result.find("{*}expected"))
                row = {column.name: facts[column.name] for column in table.inputs}
                outcome = decide(table, row)
                batch = decide_batch(table, pa.table({name: [fact] for name, fact in row.items()}))
                columns = [batch[output.name].to_pylist()[0] for output in table.outputs]
                if outcome.value == expected and flat(table, outcome.value) == columns:
                    tally.passed += 1
                else:
                    tally.wrong.append(f"{folder} {case.get('id')}: {outcome.value} {columns} != {expected}")
    return tally


def flat(table: DecisionTable, found: object) -> list[object]:
    """A value as the batch gives it: one entry an output."""
    if len(table.outputs) == 1:
        return [found]
    if isinstance(found, list):
        return [[row[output.name] for row in found] for output in table.outputs]
    return [found[output.name] for output in table.outputs]


@reference("published", source="DMN TCK 0dbcaf9", clause="compliance level 2, decision tables")
def test_level_2_tables_pass_or_are_refused():
    tally = run("compliance-level-2")
    assert tally.wrong == []
    assert tally.passed == tally.cases == 15
    assert sorted(name.split("-")[0] for name in tally.refused) == [
        "0006", "0007", "0109", "0110", "0112", "0113", "0117", "0118"]  # fmt: skip
    assert all("命中策略" in text for text in tally.refused.values())


@reference("published", source="DMN TCK 0dbcaf9", clause="compliance level 3, decision tables on plain inputs")
def test_level_3_tables_are_never_silently_wrong():
    tally = run("compliance-level-3")
    assert tally.wrong == []
    assert tally.passed == tally.cases > 0
