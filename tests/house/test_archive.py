"""T19: an empty folder becomes the city of a chosen moment; what came later is not there, what came before is whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.house.test_backup import _frames, _observations
from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.core.lake import connect
from yongzhou.core.streams import EVENTS, OBS, ensure_streams
from yongzhou.house.archive.comeback import come_back
from yongzhou.house.archive.keep import SLOT, Archive
from yongzhou.house.backup import BackupError, bus
from yongzhou.house.family import postgres_and_nats

pytestmark = pytest.mark.family
WORDS = "一句足够长的备份口令-2026"


async def say(home: Home, *subjects: str) -> datetime:
    """One message a subject; when the stream of observations was made."""
    async with bus.bus(home) as js:
        await ensure_streams(js)
        for subject in subjects:
            await js.publish(subject, subject.encode(), headers={"Nats-Msg-Id": subject})
        created = (await js.stream_info(OBS)).created
        assert created is not None
        return created


async def heard(home: Home, stream: str) -> list[bytes]:
    async with bus.bus(home) as js:
        info = await js.stream_info(stream)
        numbers = range(info.state.first_seq, info.state.last_seq + 1) if info.state.messages else ()
        return [(await js.get_msg(stream, number)).data or b"" for number in numbers]


def sql(home: Home, text: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, datetime]]:
    """An archive of a small city that was spoilt after a moment, and the moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE", raising=False)
        folder = tmp_path_factory.mktemp("city")
        home = free_home(folder / "data")
        with postgres_and_nats(home):
            born = asyncio.run(say(home, "obs.sl651.0"))
            lake = connect(home)
            lake.append(_observations(600), _frames(2), stream=OBS, incarnation=born, last_seq=1)
            sql(home, "create table word (text text)")
            with Archive(home, folder / "archive", WORDS, every_s=0.2) as archive:
                sql(home, "insert into word values ('before')")
                lake.append(_observations(700), _frames(3), stream=OBS, incarnation=born, last_seq=2)
                asyncio.run(say(home, "obs.sl651.1", "obs.sl651.2", "ev.a.b.done"))
                time.sleep(0.1)
                moment = datetime.now(UTC)
                time.sleep(0.1)
                sql(home, "insert into word values ('after')")
                sql(home, "delete from word where text = 'before'")
                lake.append(_observations(50), _frames(1), stream=OBS, incarnation=born, last_seq=3)
                asyncio.run(say(home, "obs.sl651.3", "ev.a.b.undone"))
                archive.copy_new()
            lake.close()
            assert sql(home, f"select count(*) from pg_replication_slots where slot_name = '{SLOT}'") == [(1,)]
        yield folder / "archive", moment


def test_returns_to_the_moment(kept: tuple[Path, datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE", raising=False)
    folder, moment = kept
    home = free_home(tmp_path / "data")
    began = time.monotonic()
    done = come_back(home, folder, WORDS, moment)
    print(f"back in {time.monotonic() - began:.1f} s, at {done.reached}")
    assert done.faults == []
    assert done.reached is not None
    assert done.reached <= moment
    with postgres_and_nats(home):
        assert sql(home, "select text from word") == [("before",)]
        assert sql(home, "select count(*) from pg_replication_slots") == [(0,)]
        lake = connect(home)
        assert lake.total() == 600 + 700
        lake.close()
        assert asyncio.run(heard(home, OBS)) == [b"obs.sl651.2"]  # the lake had 1 and 2 then: 0 and 1
        assert asyncio.run(heard(home, EVENTS)) == [b"ev.a.b.done"]


def test_returns_to_the_end(kept: tuple[Path, datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE", raising=False)
    home = free_home(tmp_path / "data")
    assert come_back(home, kept[0], WORDS, None).faults == []
    with postgres_and_nats(home):
        assert sql(home, "select text from word") == [("after",)]
        assert len(asyncio.run(heard(home, EVENTS))) == 2


def test_a_moment_that_the_archive_does_not_cover_is_refused(kept: tuple[Path, datetime], tmp_path: Path) -> None:
    folder, moment = kept
    for at, words in ((moment - timedelta(days=1), "没有早于"), (moment + timedelta(days=1), "只完整到")):
        with pytest.raises(BackupError, match=words):
            come_back(free_home(tmp_path / "data"), folder, WORDS, at)
    assert not (tmp_path / "data").exists()
