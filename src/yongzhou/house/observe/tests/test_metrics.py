"""The endpoint: the real bus and database of the test home in Prometheus' own form; loopback or the token."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from prometheus_client.parser import text_string_to_metric_families

from yongzhou.core.home import Home
from yongzhou.house.observe.endpoint import serving
from yongzhou.house.observe.web import HEADER, Observed

_COUNT = (
    "from yongzhou.house.observe.meters import meters, operation_ran;"
    "operation_ran('a.b', 'rest', 'done', 0.01); operation_ran('a.b', 'rest', 'forbidden', 0.01)"
)


@pytest.fixture(scope="module")
def answer(home: Home, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The endpoint on the test home, with what two processes counted."""
    folder = tmp_path_factory.mktemp("metrics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
        for _ in range(2):
            subprocess.run([sys.executable, "-c", _COUNT], check=True, env=dict(os.environ))
        with serving(home) as port:
            yield port


def scrape(port: int, path: str = "/metrics", **headers: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as found:
        return str(found.read().decode())


def test_figures_of_all_processes_and_of_the_house(answer: int) -> None:
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(scrape(answer))
        for sample in family.samples
    }
    done = (("door", "rest"), ("operation", "a.b"), ("outcome", "done"))
    assert samples["yongzhou_operation_seconds_count", done] == 2
    assert samples["yongzhou_refusals_total", (("code", "forbidden"), ("door", "rest"))] == 2
    assert samples["yongzhou_up", (("part", "bus"),)] == 1
    assert samples["yongzhou_up", (("part", "database"),)] == 1
    assert samples["yongzhou_database_bytes", ()] > 1e6
    assert ("yongzhou_waiting", (("what", "outbox"),)) in samples


def test_who_comes_through_a_proxy_needs_the_token(answer: int, home: Home) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401"):
        scrape(answer, **{"X-Forwarded-For": "203.0.113.9"})
    token = home.secret("metrics")
    assert "yongzhou_up" in scrape(answer, **{"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {token}"})


def test_other_paths_are_nothing(answer: int) -> None:
    assert isinstance(json.loads(scrape(answer, "/parts.json")), dict)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        scrape(answer, "/etc/passwd")


@pytest.mark.parametrize(("given", "kept"), [("client-0001", True), ("bad id\n", False), ("", False)])
def test_a_request_has_an_id_of_its_own_or_a_harmless_one(given: str, kept: bool) -> None:
    def handler(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    found = Observed(handler)(RequestFactory().get("/desk/", HTTP_X_REQUEST_ID=given)).headers[HEADER]
    assert (found == given) is kept
    assert len(found) >= 8


def test_probes(db: None, client: object) -> None:
    from yongzhou.house.health.probes import alive, ready

    request = RequestFactory().get("/readyz")
    assert alive(request).status_code == 200
    assert ready(request).status_code == 200


def test_unready_without_the_bus(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from yongzhou.house.health.probes import ready

    monkeypatch.setenv("NATS_URL", "nats://127.0.0.1:9")
    assert ready(RequestFactory().get("/readyz")).status_code == 503
