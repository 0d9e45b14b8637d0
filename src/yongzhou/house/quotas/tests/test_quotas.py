"""The web's brake: who is over his quota waits, the others never notice; the table says what the code does."""

from __future__ import annotations

import json

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from yongzhou.core.home import REPOSITORY
from yongzhou.house.quotas.table import table
from yongzhou.house.quotas.web import Brake, caller


@pytest.fixture
def brake(monkeypatch: pytest.MonkeyPatch) -> Brake:
    monkeypatch.setenv("YZ_ROLE", "web")
    monkeypatch.setenv("WEB_RATE", "1")
    monkeypatch.setenv("WEB_BURST", "10")
    return Brake(lambda request: HttpResponse("in"))


def ask(path: str = "/desk/", token: str = "", address: str = "203.0.113.7", **headers: str) -> HttpRequest:
    more = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return RequestFactory().get(path, REMOTE_ADDR=address, **more, **headers)


def test_a_caller_over_his_burst_gets_429_with_the_time_to_wait(brake: Brake) -> None:
    codes = [brake(ask(token="one")).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    answer = brake(ask(token="one"))
    assert int(answer.headers["Retry-After"]) >= 1
    assert json.loads(answer.content)["code"] == "too_many"
    assert brake(ask(token="two")).status_code == 200


def test_a_nameless_address_has_a_fifth(brake: Brake) -> None:
    assert [brake(ask()).status_code for _ in range(3)] == [200, 200, 429]
    assert brake(ask(address="203.0.113.8")).status_code == 200


def test_probes_are_never_refused(brake: Brake) -> None:
    assert {brake(ask("/healthz")).status_code for _ in range(50)} == {200}


def test_only_the_last_word_of_forwarded_for_counts() -> None:
    """What a client puts there itself stands before what the front adds."""
    assert caller(ask(HTTP_X_FORWARDED_FOR="1.2.3.4, 198.51.100.9")) == ("198.51.100.9", False)


def test_off_outside_the_web_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YZ_ROLE", raising=False)
    assert not Brake(lambda request: HttpResponse()).on


def test_the_table_names_files_that_exist() -> None:
    package = REPOSITORY / "src" / "yongzhou"
    for quota in table():
        assert (package / quota.where).exists() or (package / "house" / quota.where).exists(), quota.where
