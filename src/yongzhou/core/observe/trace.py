"""Traces across processes: spans and the W3C trace context that joins them. No Django; nothing is imported when off.

On where OpenTelemetry's own variable `OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`) names a receiver; sampling
by `OTEL_TRACES_SAMPLER`. The context travels as the text `traceparent` (W3C Trace Context): in the header of a message
of OBS, in the envelope of an event (CloudEvents Distributed Tracing extension), in the header of a request.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

ON: Final = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))
HEADER: Final = "traceparent"

Value = str | int | float | bool | Sequence[str]

_NOTHING: Final = nullcontext()
_NONE: Final[Mapping[str, Value]] = {}


def span(name: str, parent: str = "", attributes: Mapping[str, Value] = _NONE) -> AbstractContextManager[None]:
    """A span around a piece of work, below `parent` (a `traceparent`), else below the running span; nothing when off.

    An error leaves its type in the span, never its text.
    """
    if not ON:
        return _NOTHING
    from yongzhou.core.observe import otel

    return otel.span(name, parent, attributes)


def each(name: str, parents: Sequence[str], began_ns: int) -> list[str]:
    """A span below each of these parents, from `began_ns` (of the epoch) to now; the `traceparent` of each.

    For work on many messages at once: each of them keeps its own trace. "" stays "".
    """
    if not ON:
        return list(parents)
    from yongzhou.core.observe import otel

    return otel.each(name, parents, began_ns)


def traceparent() -> str:
    """The running span for another process, "" when there is none."""
    if not ON:
        return ""
    from yongzhou.core.observe import otel

    return otel.traceparent()


def ids() -> tuple[str, str] | None:
    """Hexadecimal trace and span of the running span."""
    found = traceparent()
    return (found[3:35], found[36:52]) if found else None
