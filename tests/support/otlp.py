"""A receiver of OTLP/HTTP: decodes the protobuf of OpenTelemetry and keeps the spans."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """One span as it was received; ids in hex."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]


@dataclass
class Receiver:
    """What has come; `url` is for `OTEL_EXPORTER_OTLP_ENDPOINT`."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)

    def traces(self) -> dict[str, list[Span]]:
        """Spans by trace."""
        found: dict[str, list[Span]] = {}
        for span in list(self.spans):
            found.setdefault(span.trace, []).append(span)
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
            receiver.body.append(data)
            receiver.spans += _spans(data)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(data: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(data)
    found = []
    for resource in request.resource_spans:
        service = next(
            attribute.value.string_value
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        )
        for scope in resource.scope_spans:
            found += [
                Span(
                    service=service,
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    attributes={attribute.key: str(attribute.value) for attribute in span.attributes},
                )
                for span in scope.spans
            ]
    return found
