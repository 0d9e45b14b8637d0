"""Ready probes: is a member ready to serve? Each returns at once or within half a second."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable

from yongzhou.core.home import Home

Probe = Callable[[Home, float], bool]  # (home, seconds since the start) -> ready?

SETTLE_SECONDS = 1.0


def running(home: Home, age: float) -> bool:
    """Ready once it has lived for a second: for roles that open no port."""
    return age >= SETTLE_SECONDS


def tcp(port: str) -> Probe:
    """Ready once its port accepts a connection."""
    return lambda home, age: tcp_at(home.port_of(port))(home, age)


def tcp_at(number: int) -> Probe:
    """The same by the number of the port."""

    def probe(home: Home, age: float) -> bool:
        try:
            socket.create_connection(("127.0.0.1", number), timeout=0.5).close()
        except OSError:
            return False
        return True

    return probe


def http_ok(port: str, path: str) -> Probe:
    """Ready once `GET path` answers below 500."""
    return lambda home, age: http_at(home.port_of(port), path)(home, age)


def http_at(number: int, path: str) -> Probe:
    """The same by the number of the port."""

    def probe(home: Home, age: float) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", number, timeout=0.5)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe
