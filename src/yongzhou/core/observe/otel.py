"""The part of `trace` that needs OpenTelemetry; imported at the first span of a process that is being traced."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from yongzhou import __version__
from yongzhou.core.observe.trace import HEADER, Value

_TEXT: Final = TraceContextTextMapPropagator()


@cache
def _tracer() -> api.Tracer:
    """This process's tracer; its spans leave in batches from a thread, and at the end of the process."""
    role = os.environ.get("YZ_ROLE", "yongzhou")
    resource = Resource.create(
        {"service.name": f"yongzhou-{role}", "service.namespace": "yongzhou", "service.version": __version__}
    )
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("yongzhou", __version__)


def _context(parent: str) -> Context | None:
    return _TEXT.extract({HEADER: parent}) if parent else None


@contextmanager
def span(name: str, parent: str, attributes: Mapping[str, Value]) -> Iterator[None]:
    """See `trace.span`."""
    with _tracer().start_as_current_span(
        name, _context(parent), attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as running:
        try:
            yield
        except Exception as error:
            running.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def each(name: str, parents: Sequence[str], began_ns: int) -> list[str]:
    """See `trace.each`."""
    found = []
    until = time.time_ns()
    for parent in parents:
        if not parent:
            found.append("")
            continue
        one = _tracer().start_span(name, _context(parent), start_time=began_ns)
        carrier: dict[str, str] = {}
        _TEXT.inject(carrier, api.set_span_in_context(one))
        one.end(until)
        found.append(carrier.get(HEADER, ""))
    return found


def traceparent() -> str:
    """See `trace.traceparent`."""
    carrier: dict[str, str] = {}
    _TEXT.inject(carrier)
    return carrier.get(HEADER, "")
