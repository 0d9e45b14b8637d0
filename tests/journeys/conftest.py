"""One city for all journeys."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.city import City
from tests.support.browser import ROOT
from tests.support.fixtures import PageAt
from tests.support.homes import free_home

OTHERS = ("DATABASE", "DATABASE_URL", "NATS_URL", "DATA", "PORT", "CITY", "YONGZHOU_FAMILY")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All journeys run on one worker, with the other browser tests."""
    for item in items:
        if "tests/journeys" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A whole family in a fresh home, every station has reported low water; stopped at the end."""
    home = free_home(tmp_path_factory.mktemp("city"))
    environment = {name: value for name, value in os.environ.items() if name not in OTHERS}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    command = [sys.executable, "-m", "tests.journeys.house", str(home.data), str(home.port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the family did not start; logs in {home.data / 'logs'}"
    city = City(home, float(line))
    city.all_report()
    yield city
    city.hang_up()
    process.stdin.close()
    process.wait(60)


@pytest.fixture
def refused_at(browser: Browser) -> Iterator[PageAt]:
    """`page_at` for answers that refuse: the browser's own note of a 4xx answer, or of being offline, is no error."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(width: int, height: int, mobile: bool = False, **context: object) -> Page:
        options = {
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "is_mobile": mobile,
            "has_touch": mobile,
            **context,
        }
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors
