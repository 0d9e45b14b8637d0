"""Pytest fixtures of the browser: `browser` and `page_at`; and how tests share two workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support.browser import chromium

PageAt = Callable[..., Page]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker each for browser tests, for journeys (they share a city), for family tests, for any other file.

    Used by `--dist loadgroup`.
    """
    for item in items:
        if item.get_closest_marker("xdist_group"):
            continue
        marked = next((name for name in ("family", "browser") if item.get_closest_marker(name)), None)
        together = "journeys" if item.path.parent.name == "journeys" else str(item.path)
        item.add_marker(pytest.mark.xdist_group(marked or together))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The real Chromium; without one the test fails, it is never skipped.

    A module's own: Playwright's event loop occupies the thread, and later tests of this worker run loops too.
    """
    executable, arguments, environment = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=arguments, env=environment)
        yield started
        started.close()


@pytest.fixture
def page_at(browser: Browser) -> Iterator[PageAt]:
    """`page_at(width, height, mobile=False, **context)`: a new page of that size, in Chinese, in Asia/Shanghai.

    An uncaught error or an error message in the page's console fails the test at its end, with its text.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    def open_page(width: int, height: int, mobile: bool = False, **context: object) -> Page:
        options = {
            "viewport": {"width": width, "height": height},
            "is_mobile": mobile,
            "has_touch": mobile,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "ignore_https_errors": True,
            **context,
        }
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", heard)
        page.set_default_timeout(10_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    if errors:
        pytest.fail("page errors:\n" + "\n".join(errors))
