"""One city for all journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.city import City, started
from tests.support.fixtures import PageAt


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All journeys run on one worker, with the other browser tests."""
    for item in items:
        if "tests/journeys" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A whole family in a fresh home, every station has reported low water; stopped at the end."""
    with started(tmp_path_factory) as made:
        yield made


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
