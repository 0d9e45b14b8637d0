"""Logs: one JSON object a line, whatever is logged; no identity or mobile number, no row that PostgreSQL quotes."""

from __future__ import annotations

import json
import logging
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.observe import trace
from yongzhou.core.observe.logs import JsonLines, as_json, clean, request_id


def said(message: str, *arguments: object, **more: object) -> dict[str, object]:
    record = logging.LogRecord("yongzhou.some", logging.WARNING, __file__, 1, message, arguments, None)
    record.__dict__.update(more)
    line = JsonLines().format(record)
    assert "\n" not in line
    found: dict[str, object] = json.loads(line)
    return found


@given(st.text())
def test_whatever_is_said_becomes_one_line(text: str) -> None:
    assert said("%s", text)["level"] == "warning"


@pytest.mark.parametrize("number", ["431102199003072316", "43110219900307231X", "13574600000", "+86 13574600000"])
def test_personal_numbers_do_not_stay(number: str) -> None:
    assert number not in str(said("未找到 %s 的记录", number)["event"])


@pytest.mark.parametrize("number", ["0061512300", "1782345678901", "0190a1b2c3d4e5f60718293a4b5c6d7e"])
def test_stations_times_and_ids_do(number: str) -> None:
    assert number in str(said("frame of %s", number)["event"])


def test_an_error_tells_type_and_places_and_no_row() -> None:
    try:
        raise ValueError("duplicate key\nDETAIL:  Key (name)=(周小梅) already exists.")
    except ValueError as error:
        found = said("failed", exc_info=(type(error), error, error.__traceback__))
    assert found["error"] == "ValueError"
    assert found["message"] == "duplicate key"
    assert "test_logs.py" in str(found["stack"])


def test_request_and_fields_come_along() -> None:
    token = request_id.set("r-1")
    try:
        found = said("slow", fields={"route": "desk/<slug:system>/", "ms": 1200})
    finally:
        request_id.reset(token)
    assert (found["request"], found["route"], found["ms"]) == ("r-1", "desk/<slug:system>/", 1200)


def test_a_members_log_is_json_and_a_persons_terminal_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YZ_LOG", "json")
    assert as_json()
    monkeypatch.setenv("YZ_LOG", "text")
    assert not as_json()


def test_long_text_is_cut() -> None:
    assert len(clean("x" * 100_000)) == 2000


def test_a_span_costs_nearly_nothing_when_tracing_is_off() -> None:
    assert not trace.ON

    def spanned() -> None:
        with trace.span("operation a.b"):
            pass

    assert min(timeit.repeat(spanned, number=1000, repeat=5)) / 1000 < 5e-6  # seconds
    assert trace.traceparent() == ""
    assert trace.ids() is None
