"""The documentation holds: both languages, no broken link, real commands, examples that run, a site that searches."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from playwright.sync_api import Page

from tests.support.fixtures import PageAt
from yongzhou.core.home import REPOSITORY
from yongzhou.core.system import systems
from yongzhou.house.cli import main

pytestmark = pytest.mark.xdist_group("docs")  # two builds at once fight for one cache

DOCS = REPOSITORY / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))
_FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")
_ANCHOR = re.compile(r"\{ #(\S+) \}")
_COMMAND = re.compile(r"(?:^|[`$ ])yongzhou ([a-z_]+)(?=[ `\n])", re.MULTILINE)


def text(path: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def blocks(path: Path, *languages: str) -> list[str]:
    """Fenced blocks of some languages."""
    return [body for language, body in _FENCE.findall(path.read_text(encoding="utf-8")) if language in languages]


def test_no_link_leads_nowhere() -> None:
    broken = []
    for page in [*PAGES, REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md"]:
        for link in _LINK.findall(text(page)):
            file, _, name = link.partition("#")
            target = page.parent / file
            known = target.suffix == ".md" and target.exists() and _ANCHOR.findall(target.read_text(encoding="utf-8"))
            if not target.exists() or (name and name not in (known or [])):
                broken.append(f"{page.relative_to(REPOSITORY)}: {link}")
    assert broken == []


def test_both_languages_have_the_same_pages_and_examples() -> None:
    chinese, english = (
        {path.relative_to(DOCS / language): blocks(path, "python", "sh", "json", "diff", "sql", "yaml", "csv")
         for path in PAGES if path.is_relative_to(DOCS / language)}
        for language in ("zh", "en")
    )  # fmt: skip
    assert len(chinese) > 15
    assert chinese == english


def test_every_command_that_is_named_exists() -> None:
    known = {*main.list_commands(click.Context(main)), *systems()}
    named = {
        (str(path.relative_to(DOCS)), name)
        for path in PAGES
        if path.relative_to(DOCS).parts[0] in ("zh", "en")
        for name in _COMMAND.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert {entry for entry in named if entry[1] not in known} <= {
        (f"{language}/tutorial/add-a-system.md", "umbrellas") for language in ("zh", "en")
    }


def test_the_examples_of_the_how_tos_run() -> None:
    code = "\n".join(body for path in sorted((DOCS / "zh" / "how-to").glob("*.md")) for body in blocks(path, "python"))
    assert "decide(" in code
    assert "subscribe(" in code
    done = subprocess.run(  # a process of its own: the example's subscription must not stay in this one
        [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def site() -> Path:
    """The site as `make docs` builds it."""
    done = subprocess.run(
        [sys.executable, "tools/build_docs.py"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return REPOSITORY / "build" / "docs"


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/docs"
        server.shutdown()


def test_the_site_holds_every_page(site: Path) -> None:
    built = {str(path.parent.relative_to(site)) for path in site.rglob("index.html")}
    wanted = {
        str(path.relative_to(DOCS).with_suffix("")).removesuffix("README").removesuffix("index").rstrip("/") or "."
        for path in PAGES
    }
    assert wanted <= built
    assert 'lang="en"' in (site / "en" / "index.html").read_text(encoding="utf-8")
    foreign = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//")
    assert [path for path in site.rglob("*.html") if foreign.search(path.read_text(encoding="utf-8"))] == []
    items = json.loads((site / "search.json").read_text(encoding="utf-8"))["items"]
    assert any(item["location"].startswith("en/") for item in items)


@pytest.mark.browser
def test_search_finds_chinese_and_asks_no_other_host(address: str, page_at: PageAt) -> None:
    page: Page = page_at(1000, 400, reduced_motion="reduce")
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    page.goto(f"{address}/zh/explanation/operation/", timeout=60_000)
    page.click(".md-search__button")
    page.keyboard.insert_text("共享雨伞")
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some("
        "each => each.shadowRoot?.querySelector('ol')?.innerText.includes('共享雨伞'))",
        timeout=60_000,
    )
    assert asked == {address.split("/")[2]}
