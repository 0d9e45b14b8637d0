"""Tickets, the hub, and the live role over real NATS and a real ASGI server."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from yongzhou.core.bus.live import TicketError, check, message, publish_live, ticket
from yongzhou.house.live import Browser, Hub, Live

PORT_OFFSET = 12


def granted(topics=("alarms",), regions=("4311",), **kw):
    return check(ticket("u1", topics, regions, **kw))


def test_ticket_says_what_it_opens(home):
    assert granted().topics == {"alarms"}
    assert granted().sees("431103")
    assert not granted().sees("4301")
    assert not granted(regions=()).sees("431103")


@pytest.mark.parametrize("spoil", [lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"), lambda t: "x" + t, lambda t: ""])
def test_forged_ticket_is_refused(home, spoil):
    with pytest.raises(TicketError, match="签名"):
        check(spoil(ticket("u1", ["alarms"], [""])))


def test_late_ticket_is_refused(home):
    with pytest.raises(TicketError, match="过期"):
        granted(seconds=-1)


def test_wrong_topic_is_refused(home):
    with pytest.raises(ValueError, match="实时主题"):
        ticket("u1", ["Alarms>"], [])


def test_slow_browser_gets_the_newest_per_key(home):
    async def go():
        browser = Browser(granted(), frozenset({"alarms"}))
        for n in range(5):
            browser.offer("alarms", f"k{n % 2}", None, b"%d" % n)
        return await browser.take(1)

    assert asyncio.run(go()) == b"43"


def test_overfull_queue_drops_the_oldest_and_says_so(home):
    async def go():
        browser = Browser(granted(), frozenset({"alarms"}), limit=3)
        for n in range(5):
            browser.offer("alarms", f"k{n}", None, b"%d" % n)
        return await browser.take(1)

    assert asyncio.run(go()) == b'event: gap\ndata: {"lost":2}\n\n' + b"234"


def test_quiet_browser_gets_a_comment(home):
    async def go():
        return await Browser(granted(), frozenset({"alarms"})).take(0.01)

    assert asyncio.run(go()).startswith(b":")


def test_hub_shows_only_granted_regions_and_topics(home):
    async def go():
        hub, browser = Hub(), Browser(granted(), frozenset({"alarms"}))
        hub.join(browser)
        hub.spread("alarms", message("alarms", {"n": 1}, region="431103"))
        hub.spread("alarms", message("alarms", {"n": 2}, key="other", region="430102"))
        hub.spread("jobs", message("jobs", {"n": 3}))
        hub.spread("alarms", b"no json")
        return await browser.take(1)

    chunk = asyncio.run(go())
    assert chunk.count(b"event:") == 1
    assert b'"n":1' in chunk


async def call(app, path, headers=(), query=b""):
    sent = []

    async def receive():
        await asyncio.sleep(3600)

    async def send(event):
        sent.append(event)

    scope = {"type": "http", "method": "GET", "path": path, "headers": list(headers), "query_string": query}
    await asyncio.wait_for(app(scope, receive, send), 5)
    return sent


@pytest.mark.parametrize(
    ("path", "topics", "status"),
    [
        ("/else", ["alarms"], 404),
        ("/live/alarms", None, 401),
        ("/live/alarms,jobs", ["alarms"], 403),
        ("/live/", ["alarms"], 404),
    ],
)
def test_refusals(home, path, topics, status):
    query = b"ticket=" + ticket("u", topics, [""]).encode() if topics else b""
    assert asyncio.run(call(Live(home), path, query=query))[0]["status"] == status


def test_connection_cap(home):
    query = b"ticket=" + ticket("u", ["alarms"], [""]).encode()
    assert asyncio.run(call(Live(home, connections=0), "/live/alarms", query=query))[0]["status"] == 503


def test_stream_ends_with_its_ticket(home):
    headers = [(b"cookie", b"a=b; yz_live=" + ticket("u", ["alarms"], [""], seconds=0.3).encode())]
    sent = asyncio.run(call(Live(home), "/live/alarms", headers=headers))
    assert sent[0]["status"] == 200
    assert b"event: expired" in sent[-1]["body"]


def test_the_role_over_granian(home):
    port = home.port + PORT_OFFSET
    server = subprocess.Popen(
        [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(port), "--interface", "asgi",
         "--workers-kill-timeout", "2", "yongzhou.house.live:application"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/live/alarms?ticket={ticket('u', ['alarms'], ['4311'])}"
        stream = open_when_up(url)
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.readline() == b"retry: 3000\n"
        time.sleep(1.0)  # the hub subscribes behind the first browser
        lines = []
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (lines and lines[-1].startswith(b"data:")):
            publish_live("alarms", {"水位": 98.5}, key="s1", region="431103")  # who is not yet looking misses one
            lines.append(stream.readline())
        assert b"event: alarms\n" in lines
        sent = json.loads(lines[-1].removeprefix(b"data: "))
        assert sent == {"key": "s1", "region": "431103", "data": {"水位": 98.5}}
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        finally:
            server.kill()


def open_when_up(url, seconds=60.0):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(url, timeout=20)
        except (urllib.error.URLError, TimeoutError):
            assert time.monotonic() < deadline, "live did not come up"
            time.sleep(0.1)


def test_live_imports_no_django():
    heavy = "('django', 'ninja', 'psycopg', 'pyarrow', 'duckdb')"
    code = f"import sys, yongzhou.house.live; sys.exit(any(m.split('.')[0] in {heavy} for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
