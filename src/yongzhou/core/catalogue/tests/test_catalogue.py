"""What is shared is found by name, personal columns never; the reader sees shares and lake, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from yongzhou.core.catalogue import reader as catalogue
from yongzhou.core.catalogue.reader import bind, reader, resources_of
from yongzhou.core.catalogue.resources import CatalogueError, resource, resources
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.registry import records


@pytest.fixture
def lakes(committed_db: str) -> Iterator[None]:
    catalogue.close_readers()
    yield
    catalogue.close_readers()


def test_a_share_is_a_resource() -> None:
    found = resource("matters.matter")
    assert found.sql == "shared.share.matters__matter_v1"
    assert "state" in found.columns
    assert found.steward == "matters"


def test_an_unknown_resource_names_the_known() -> None:
    with pytest.raises(CatalogueError, match=r"matters\.matter"):
        resource("matters.mater")


def test_no_personal_column_is_shared() -> None:
    for name, found in resources().items():
        model = records().get(name)
        personal = {field.name for field in model._meta.get_fields() if isinstance(field, Personal)} if model else set()
        assert not personal & set(found.columns), name


def test_resources_of_a_text_in_order_once() -> None:
    text = "select * from {{resource('a.b')}} join {{ resource('c.d') }} join {{resource('a.b')}}"
    assert resources_of(text) == ("a.b", "c.d")


def test_bind_refuses_what_is_not_shared() -> None:
    with pytest.raises(CatalogueError):
        bind("select * from {{resource('people.login')}}")


def test_shares_and_lake_are_read_together(lakes: None) -> None:
    counts = [
        f"(select count(*) from {{{{resource('{name}')}}}})" for name in ("places.place", "telemetry.observation")
    ]
    sql = bind(f"select {', '.join(counts)}")
    with reader() as cursor:
        places, observations = cursor.execute(sql).fetchone() or (0, -1)
    assert places > 3000
    assert observations >= 0


@pytest.mark.parametrize("table", ["shared.public.people_person", "shared.public.people_login"])
def test_tables_behind_the_shares_are_out_of_reach(lakes: None, table: str) -> None:
    with reader() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(f"select * from {table}")


def test_the_reader_cannot_write(lakes: None) -> None:
    with reader() as cursor, pytest.raises(duckdb.Error):
        cursor.execute("delete from shared.share.places__place_v1")


def test_a_query_that_never_ends_is_stopped(lakes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "SECONDS", 0.3)
    with reader() as cursor, pytest.raises(duckdb.InterruptException):
        cursor.execute("select sum(a.range * b.range) from range(100000000) a, range(1000000) b").fetchall()
