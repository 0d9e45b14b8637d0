"""The health page: for who may read `house.health`, with what is wrong first; everybody else learns why not."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from yongzhou.core.data.actor import NOBODY, Actor
from yongzhou.house.health.page import page


def ask(actor: Actor) -> HttpResponse:
    request: HttpRequest = RequestFactory().get("/desk/health/")
    request.actor = actor  # type: ignore[attr-defined]
    found: HttpResponse = page(request)
    return found


def test_its_keeper_sees_the_streams_and_the_quotas(cast: Any, db: None) -> None:
    answer = ask(cast.sys_admin)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "运行状况" in text
    assert "各入口的限额" in text
    assert "数据库 · 版本" in text


@pytest.mark.parametrize("login", ["grid_worker", "leader"])
def test_others_learn_that_they_may_not(login: str, cast: Any, db: None) -> None:
    answer = ask(getattr(cast, login))
    assert answer.status_code == 403
    assert "没有查看系统运行状况的权限" in answer.content.decode()


def test_a_visitor_is_led_to_sign_in(db: None) -> None:
    assert ask(NOBODY).status_code == 302
