"""Django's PostgreSQL backend, its module named as Django asks; the few statements of every request go by libpq itself.

A cursor of Django over psycopg costs five times the processor time of libpq's own call, and a health check by query
costs each request a round trip; see `docs/benchmarks.md`, row posts.
"""

from __future__ import annotations

import select
import time
from dataclasses import dataclass
from typing import cast

from django.db import connections
from django.db.backends.postgresql import base
from django.db.backends.utils import debug_transaction
from psycopg.errors import OperationalError, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with `$1`, `$2` …, parsed once a connection under its name."""

    name: bytes
    sql: bytes


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL as Django knows it; shares one connection and one transaction with cursors and the ORM."""

    def get_new_connection(self, conn_params: dict[str, object]) -> object:
        """A new connection, on which nothing is prepared."""
        self.prepared: set[bytes] = set()
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Whether the server has not hung up, by a look at the socket: an idle server says nothing until it does."""
        server: PGconn = self.connection.pgconn
        if server.status != ConnStatus.OK:
            return False
        socket = select.poll()
        socket.register(server.socket, select.POLLIN)
        return not socket.poll(0)

    def perform(self, statement: Statement, *values: str | None) -> PGresult:
        """Run a prepared statement, in the running transaction if there is one; raises Django's database errors."""
        server = self._ready()
        with self.wrap_database_errors:
            if self._unbegun(server):
                _checked(server.exec_(b"BEGIN"))
            if statement.name not in self.prepared:
                _checked(server.prepare(statement.name, statement.sql))
                self.prepared.add(statement.name)
            began = time.monotonic()
            texts = [None if value is None else value.encode() for value in values]
            result = _checked(server.exec_prepared(statement.name, texts))  # type: ignore[arg-type]  # None is NULL
        self._note(statement.sql, began)
        return result

    def say(self, words: bytes) -> None:
        """Run SQL without values; the first of a transaction takes its BEGIN along in the same message."""
        server = self._ready()
        began = time.monotonic()
        with self.wrap_database_errors:
            _checked(server.exec_(b"BEGIN;" + words if self._unbegun(server) else words))
        self._note(words, began)

    def _commit(self) -> None:
        """COMMIT by libpq itself; nothing where psycopg has begun nothing."""
        if self.connection is None:
            return
        server: PGconn = self.connection.pgconn
        with debug_transaction(self, "COMMIT"), self.wrap_database_errors:
            if server.transaction_status != TransactionStatus.IDLE:
                _checked(server.exec_(b"COMMIT"))

    def _ready(self) -> PGconn:
        self.validate_thread_sharing()
        self.close_if_health_check_failed()
        self.ensure_connection()
        self.validate_no_broken_transaction()
        return cast("PGconn", self.connection.pgconn)

    def _unbegun(self, server: PGconn) -> bool:
        """Whether psycopg would send BEGIN before the next statement."""
        return not self.connection.autocommit and server.transaction_status == TransactionStatus.IDLE

    def _note(self, sql: bytes, began: float) -> None:
        """Tests count these as they count a cursor's."""
        if self.queries_logged:
            self.queries_log.append({"sql": sql.decode(), "time": f"{time.monotonic() - began:.3f}"})


def database() -> DatabaseWrapper:
    """This thread's connection."""
    return cast("DatabaseWrapper", connections["default"])


def _checked(result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if result.error_field(DiagnosticField.SQLSTATE) is None:  # libpq's own finding: the connection is gone
        raise OperationalError(result.get_error_message())
    raise error_from_result(result)
