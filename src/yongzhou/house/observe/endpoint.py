"""`/metrics` for Prometheus and `/parts.json` for the health page, on loopback; from elsewhere only with the token.

`METRICS_HOST` opens another address; then `Authorization: Bearer <secret "metrics">` is asked of whoever does not come
from loopback.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from yongzhou.core.home import Home
from yongzhou.house.observe.meters import FOLDER

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from yongzhou.house.observe.heartbeats import Heartbeats


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], home: Home, registry: CollectorRegistry, heartbeats: Heartbeats):
        super().__init__(address, _Handler)
        self.token = home.secret("metrics")
        self.registry = registry
        self.heartbeats = heartbeats
        self.one = threading.Lock()  # a scrape asks the database: one at a time


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        """Answer one scrape."""
        if not self._may():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Bearer realm="metrics"')
            self.end_headers()
        elif self.path == "/metrics":
            from prometheus_client.exposition import choose_encoder

            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            with self.server.one:
                self._send(encode(self.server.registry), kind)
        elif self.path == "/parts.json":
            self._send(json.dumps(self.server.heartbeats.newest()).encode(), "application/json")
        else:
            self.send_error(404)

    def _may(self) -> bool:
        if ipaddress.ip_address(self.client_address[0]).is_loopback and "X-Forwarded-For" not in self.headers:
            return True
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), self.server.token.encode())

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are no events."""


@contextmanager
def serving(home: Home) -> Iterator[int]:
    """Answer in the background; the port. `OSError` if it is taken."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    from yongzhou.house.observe.collector import House
    from yongzhou.house.observe.heartbeats import Heartbeats

    folder = os.environ.get(FOLDER) or str(home.data / "metrics")
    os.makedirs(folder, exist_ok=True)
    heartbeats = Heartbeats(home)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    registry.register(House(home, heartbeats))
    server = _Server(
        (os.environ.get("METRICS_HOST") or "127.0.0.1", home.port_of("metrics")), home, registry, heartbeats
    )
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    heartbeats.start()
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        heartbeats.stop()
