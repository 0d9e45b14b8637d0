"""T27, short: made-up requests after the house's own OpenAPI: no 5xx, no status that the document does not name."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.security.rows import Sides
from tests.security.visitors import Visitors
from yongzhou.house.setup import load_rooms
from yongzhou.house.wsgi import application

load_rooms()
SECONDS = 25.0
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def document(sides: Sides) -> Iterator[object]:
    yield schemathesis.openapi.from_wsgi("/api/openapi.json", application)


@pytest.mark.parametrize("login", ["duty", "citizen"])
def test_the_door_is_as_described(login: str, document: object, visitors: Visitors) -> None:
    header = {"Authorization": visitors.bearer(login)["authorization"]}
    wrong: dict[str, str] = {}
    started, asked = time.monotonic(), 0
    operations = [found.ok() for found in document.get_all_operations()]  # type: ignore[attr-defined]
    for turn in range(50):
        for operation in operations:
            if time.monotonic() - started > SECONDS:
                assert asked > len(operations)
                assert not wrong, "\n".join(f"{name}: {text[:600]}" for name, text in wrong.items())
                return

            @seed(20260618 + turn)
            @settings(max_examples=2, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(), _=st.none())
            def ask(case: schemathesis.Case, _: None) -> None:
                nonlocal asked
                asked += 1
                try:
                    case.call_and_validate(headers=header, checks=CHECKS)
                except Exception as error:  # noqa: BLE001 - every kind of disagreement is told at the end
                    wrong.setdefault(operation.label, f"{type(error).__name__} {error}")

            ask()
    assert not wrong
