"""Statements by libpq stand in Django's transaction and on its connection."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError

from yongzhou.core.database.base import Statement, database
from yongzhou.core.home import Home

NOTE = Statement(b"test_note", b"insert into test_note values ($1) returning word")


@pytest.fixture
def notes(committed_db: str, django_db_blocker: Any) -> Iterator[psycopg.Connection[Any]]:
    """An empty table of words of three letters, seen from a second connection."""
    with django_db_blocker.unblock(), psycopg.connect(Home.here().dsn(), autocommit=True) as other:
        other.execute("drop table if exists test_note; create table test_note (word varchar(3))")
        yield other
        connection.close()


def words(other: psycopg.Connection[Any]) -> list[str]:
    return [row[0] for row in other.execute("select word from test_note order by word")]


def test_a_statement_commits_and_is_undone_with_the_transaction(notes: psycopg.Connection[Any]) -> None:
    with transaction.atomic():
        database().perform(NOTE, "a")
        assert words(notes) == []
        with transaction.atomic():
            database().perform(NOTE, "b")
            transaction.set_rollback(True)
    assert words(notes) == ["a"]
    with transaction.atomic():
        database().say(b"insert into test_note values ('c')")
        transaction.set_rollback(True)
    assert words(notes) == ["a"]


def test_a_refused_statement_is_djangos_error_and_breaks_the_transaction(notes: psycopg.Connection[Any]) -> None:
    with transaction.atomic():
        database().perform(NOTE, "a")
        with pytest.raises(DataError):
            database().perform(NOTE, "long")
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            database().perform(NOTE, "a")
    assert words(notes) == []


def test_what_it_answers_is_read(notes: psycopg.Connection[Any]) -> None:
    assert [database().perform(NOTE, word).get_value(0, 0) for word in ("永", None)] == ["永".encode(), None]


def test_a_connection_the_server_has_closed_is_seen_without_a_query(notes: psycopg.Connection[Any]) -> None:
    database().perform(NOTE, "a")
    assert connection.is_usable()
    pid = connection.connection.info.backend_pid
    notes.execute("select pg_terminate_backend(%s, 5000)", [pid])
    assert not connection.is_usable()
    connection.close_if_unusable_or_obsolete()  # as a new request does
    database().perform(NOTE, "b")  # on a new connection, where nothing is prepared
    assert words(notes) == ["a", "b"]


@pytest.mark.parametrize("ending", ["select pg_terminate_backend(%s, 5000)", None])
def test_a_connection_lost_underway_is_an_operational_error(notes: psycopg.Connection[Any], ending: str | None) -> None:
    """Ended by an administrator with a word, and cut on the way without one: an operation is then done anew."""
    with pytest.raises(OperationalError), transaction.atomic():  # noqa: PT012 - the transaction ends with the error
        database().say(b"select 1")
        if ending:
            notes.execute(ending, [connection.connection.info.backend_pid])
        else:
            socket.socket(fileno=os.dup(connection.connection.fileno())).shutdown(socket.SHUT_RDWR)
        database().perform(NOTE, "a")
    connection.close()
    assert words(notes) == []
