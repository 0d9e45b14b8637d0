"""Template tags and pages rendered by Django: values, escaping, nothing inline."""

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

from yongzhou.portals.look.words import SHANGHAI

ROOM = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 6, 18, 3, 12, 40, tzinfo=SHANGHAI)
SPRITE = set(re.findall(r'<symbol id="([\w-]+)"', (ROOM / "static/look/icons.svg").read_text()))
STORY = {
    "now": NOW,
    "nav": [
        {
            "title": "社会治理",
            "links": [{"title": "事件", "href": "/desk/", "icon": "list", "count": 46, "current": True}],
        }
    ],
    "person": {"name": "陈立新", "post": "夜班值班员"},
    "region": {"name": "永州市"},
    "bell": {"count": 3, "href": "/desk/inbox/"},
    "spark": [72.4, 73.0, 74.62],
    "t3": NOW - timedelta(seconds=3),
    "t360": NOW - timedelta(minutes=6, seconds=30),
    "due4": NOW + timedelta(minutes=4, seconds=10),
    "facts": [{"label": "当前水位", "value": "74.62", "unit": "m", "href": "#", "live": "latest:17"}],
    "lineage": [
        {"name": "原始帧", "href": "#", "meta": "03:06:04", "raw": "7E7E01"},
        {"name": "解析", "lines": ["CRC 相符"]},
    ],
}


def render(source: str, **context: object) -> str:
    return Template("{% load look %}" + source).render(Context({"now": NOW, **context}))


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% level 2 %}", "橙 II"),
        ("{% level 'III' %}", "黄 III"),
        ("{% level None %}", ""),
        ("{% level 9 %}", "9"),
        ("{% state 'assigned' %}", "待签收"),
        ("{% state '会签' %}", "会签"),
        ("{% origin 'synthetic' %}", "模拟数据"),
        ("{% origin 'measured' %}", ""),
        ("{% due None %}", "不计时"),
        ("{% fresh None %}", "还没有数据"),
        ("{% opens 1386 '/x' '人' digits=0 %}", "1,386 人"),
        ("{% when '2026-06-17T15:38:00+00:00' %}", "6月17日 23:38"),
        ("{% over_by 74.62 74 %}", "+0.62"),
        ("{% over_by 82.35 83 %}", "−0.65"),
    ],
)
def test_words_of_a_tag(source: str, text: str) -> None:
    assert words(render(source)) == text


def test_stale_value_says_what_was_expected() -> None:
    html = render("{% fresh at 60 %}", at=NOW - timedelta(seconds=390))
    assert ("fresh-stale" in html, words(html)) == (True, "6 分钟前，应每分钟")


def test_due_over_is_marked() -> None:
    assert 'class="due due-over"' in render("{% due at %}", at=NOW - timedelta(minutes=12))


def test_provisional_limit_is_marked() -> None:
    assert "暂定" in render("{% due at provisional=True %}", at=NOW + timedelta(minutes=12))


@pytest.mark.parametrize(
    "source",
    [
        "{% level bad %}",
        "{% state bad %}",
        "{% opens bad bad bad %}",
        "{% masked bad bad bad %}",
        "{% empty 'file' bad bad bad bad %}",
        "{% problem bad bad bad %}",
        "{% kv pairs %}",
        "{% facts items %}",
        "{% lineage steps %}",
        "{% icon 'bell' bad %}",
        "{% sparkline values None bad bad %}",
    ],
)
def test_what_is_given_is_escaped(source: str) -> None:
    bad = '"><script>alert(1)</script>'
    html = render(
        source,
        bad=bad,
        pairs=[(bad, bad)],
        items=[{"label": bad, "value": bad}],
        steps=[{"name": bad, "lines": [bad]}],
        values=[1.0],
    )
    assert "<script" not in html


def test_live_figure_names_its_value() -> None:
    assert 'data-live="latest:17"' in render("{% opens '74.62' '/rows' 'm' live='latest:17' %}")


def test_masked_asks_the_purpose_only_where_it_may_be_shown() -> None:
    assert (
        'name="purpose"' in render("{% masked '138****2071' '/r' %}"),
        "<form" in render("{% masked '138****2071' %}"),
    ) == (True, False)


class Page(HTMLParser):
    """Collects what the content security policy forbids, and names of icons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.icons: set[str] = set()
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.forbidden += [f"{tag} {name}" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        if tag in ("script", "img") and (given.get("src") or "").startswith(("http", "//", "data:")):
            self.forbidden.append(f"{tag} {given['src']}")
        if tag == "use":
            self.icons.add((given.get("href") or "").partition("#")[2])
        if "id" in given:
            self.ids.append(given["id"] or "")


PAGES = [
    "workbench",
    "phone",
    "cockpit",
    "document",
    "login",
    "states",
    "problem",
    "400",
    "403",
    "404",
    "409",
    "412",
    "429",
    "500",
    "503",
]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render_to_string(f"look/{request.param}.html", STORY))


def test_page_has_nothing_inline(page: Page) -> None:
    assert page.forbidden == []


def test_page_uses_only_icons_of_the_sprite(page: Page) -> None:
    assert page.icons <= SPRITE


def test_page_has_one_main_and_no_id_twice(page: Page) -> None:
    assert page.ids.count("main") == 1
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("path", sorted((ROOM / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_template_source_has_nothing_inline(path: Path) -> None:
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|hx-on", path.read_text())


@pytest.mark.parametrize("status", ["403", "500"])
def test_error_page_needs_no_context(status: str) -> None:
    assert "数字永州" in render_to_string(f"look/{status}.html")


def test_no_permission_says_why_and_whom_to_ask() -> None:
    html = render_to_string(
        "look/403.html", {"need": "水旱灾害防御", "post": "夜班值班员", "ask": {"unit": "市水利局", "person": "刘建国"}}
    )
    assert all(word in html for word in ("需要「水旱灾害防御」岗位", "您现在是「夜班值班员」", "市水利局 刘建国"))


def test_scripts_fit_the_budget() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOM / "static/look").glob("*.mjs")}
    assert sum(sizes.values()) < 100_000
    assert sum(sizes[name] for name in ("shell.mjs", "live.mjs", "list.mjs", "palette.mjs", "form.mjs")) < 60_000


def test_no_script_names_a_foreign_host() -> None:
    for path in (ROOM / "static/look").iterdir():
        assert set(re.findall(r"https?://[^\s'\"`]+", path.read_text())) <= {"http://www.w3.org/2000/svg"}
