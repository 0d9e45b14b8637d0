"""T27, short: made-up requests after the house's own OpenAPI: no 5xx, no status that the document does not name."""

from __future__ import annotations

import time

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.security.rows import Sides
from tests.security.visitors import Visitors
from yongzhou.house.setup import load_rooms
from yongzhou.house.wsgi import application

load_rooms()
SECONDS = 20.0
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def document(sides: Sides) -> object:
    return schemathesis.openapi.from_wsgi("/api/openapi.json", application)


def ask(operation: object, header: dict[str, str], turn: int, wrong: dict[str, str]) -> None:
    """Two made-up calls of one operation; what disagrees with the document is noted under its address."""

    @seed(20260618 + turn)
    @settings(
        max_examples=2, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())  # type: ignore[attr-defined]
    def call(case: schemathesis.Case) -> None:
        try:
            case.call_and_validate(headers=header, checks=CHECKS)
        except (FailureGroup, Exception) as error:
            told = " ".join(str(part) for part in getattr(error, "exceptions", [error]))
            wrong.setdefault(operation.label, told[:600])  # type: ignore[attr-defined]

    call()


@pytest.mark.parametrize("login", ["duty", "citizen"])
def test_the_door_is_as_described(login: str, document: object, visitors: Visitors) -> None:
    header = {"Authorization": visitors.bearer(login)["authorization"], "Accept-Encoding": "identity"}
    wrong: dict[str, str] = {}
    operations = [found.ok() for found in document.get_all_operations()]  # type: ignore[attr-defined]
    end, asked = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        ask(operations[asked % len(operations)], header, asked // len(operations), wrong)
        asked += 1
    assert asked > len(operations) / 2
    assert not wrong, "\n".join(f"{name}: {text}" for name, text in wrong.items())
