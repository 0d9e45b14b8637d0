"""The front: static files, HTTPS under any name, a clear answer while web is away, live without buffering."""

from __future__ import annotations

import http.client
import http.server
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.house import vendor
from yongzhou.house.family import Family, front
from yongzhou.house.family.roster import FRONT

pytestmark = pytest.mark.family


class Backend(http.server.BaseHTTPRequestHandler):
    """Stands for web and live: tells what the front passed on; /live/ sends one event and then waits."""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path.startswith("/live/"):
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            time.sleep(3)
            return
        text = f"{self.headers['X-Forwarded-Proto']} {self.headers['Host']} {self.headers['X-Forwarded-For']}".encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = free_home(tmp_path_factory.mktemp("front"))
    with Family(home, [FRONT]):
        yield home


@pytest.fixture
def backend(home: Home) -> Iterator[None]:
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", home.port_of(name)), Backend) for name in ("web", "live")]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    for server in servers:
        server.shutdown()
        server.server_close()


def get(home: Home, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("localhost", home.port_of("front"), timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def secure_get(home: Home, name: str | None) -> bytes:
    context = ssl._create_unverified_context()
    with (
        socket.create_connection(("127.0.0.1", home.port_of("front_https")), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {name or '127.0.0.1'}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := secure.recv(65536):
            answer += part
        return answer


@pytest.mark.parametrize("name", sorted(vendor.FILES))
def test_vendor_file_is_served_compressed(home: Home, name: str) -> None:
    status, headers, _ = get(home, f"/static/vendor/{name}", **{"Accept-Encoding": "gzip"})
    assert status == 200
    assert headers["Content-Encoding"] == "gzip"
    kinds = {".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript"}
    assert headers["Content-Type"].startswith(kinds[Path(name).suffix])


def test_folders_are_not_listed(home: Home) -> None:
    assert get(home, "/static/")[0] == 404


@pytest.mark.parametrize("path", ["/static/../Caddyfile", "/static/%2e%2e/Caddyfile", "/static/vendor/../../Caddyfile"])
def test_nothing_outside_the_static_folder_is_served(home: Home, backend: None, path: str) -> None:
    assert b"admin off" not in get(home, path)[2]


def test_web_away_gives_a_clear_answer(home: Home) -> None:
    status, headers, body = get(home, "/")
    assert status == 502
    assert headers["Retry-After"] == "2"
    assert "系统正在启动或重启" in body.decode()


def test_pages_pass_with_the_visitors_scheme_and_name(home: Home, backend: None) -> None:
    status, _, body = get(home, "/desk/")
    assert status == 200
    assert body.decode().split() == ["http", f"localhost:{home.port_of('front')}", "127.0.0.1"]


def test_forged_forwarding_headers_are_dropped(home: Home, backend: None) -> None:
    _, _, body = get(home, "/", **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"})
    assert body.decode().split()[0] == "http"
    assert body.decode().split()[2] == "127.0.0.1"


@pytest.mark.parametrize("name", ["localhost", "yongzhou.lan", None])
def test_https_under_any_name_or_address(home: Home, backend: None, name: str | None) -> None:
    answer = secure_get(home, name)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"https" in answer


def test_live_events_come_at_once(home: Home, backend: None) -> None:
    connection = http.client.HTTPConnection("localhost", home.port_of("front"), timeout=2)
    connection.request("GET", "/live/alarms", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.read1(100) == b"data: first\n\n"
    assert answer.headers["Content-Encoding"] is None
    connection.close()


def test_a_name_claimed_twice_is_refused(tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / "package" / part / "static" / "look").mkdir(parents=True)
    with pytest.raises(vendor.StaticFilesError, match="静态文件夹重名"):
        vendor.collect(tmp_path / "static", package=tmp_path / "package")


def test_missing_npm_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(vendor.StaticFilesError, match="make setup"):
        vendor.collect(tmp_path / "static", node_modules=tmp_path)


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [("", None), ("127.0.0.1/32", "http yz.example.gov.cn 198.51.100.9"), ("10.0.0.0/8", "127.0.0.1")],
)
def test_behind_a_proxy_only_a_trusted_one_is_believed(
    trusted: str, seen: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The city's own name comes through once a proxy is named; the visitor's address only if that one is the peer."""
    monkeypatch.setenv("FRONT_TRUSTED_PROXIES", trusted)
    home = free_home(tmp_path)
    with Family(home, [FRONT]):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", home.port_of("web")), Backend)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            headers = {"Host": "yz.example.gov.cn", "X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "http"}
            _, _, body = get(home, "/desk/", **headers)
        finally:
            server.shutdown()
            server.server_close()
    if seen is None:
        assert body == b""
    else:
        assert seen in body.decode()
        assert ("198.51.100.9" in body.decode()) == (trusted == "127.0.0.1/32")


def test_a_range_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONT_TRUSTED_PROXIES", "everybody")
    with pytest.raises(ValueError, match="everybody"):
        front.configuration(free_home(tmp_path))
