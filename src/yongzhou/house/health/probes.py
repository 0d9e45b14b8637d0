"""`/healthz`: this process answers. `/readyz`: it can work. No login, no detail beyond the parts' names."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from yongzhou.core.home import Home

BUS_S: Final = 1.0


def alive(request: HttpRequest) -> JsonResponse:
    """200 while the process answers; nothing else is asked, so a restart heals whatever makes it fail."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 if database and bus can be reached and the database has been prepared; else 503 with the parts."""
    parts = {"database": _database(), "bus": _bus(Home.here())}
    well = all(parts.values())
    body = {"status": "ok" if well else "unready", "parts": {name: bool(up) for name, up in parts.items()}}
    return JsonResponse(body, status=200 if well else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select to_regclass('core_city') is not null")
            return bool(cursor.fetchone()[0])
    except Error:
        return False


def _bus(home: Home) -> bool:
    for address in home.nats_servers:
        url = urlsplit(address)
        try:
            with socket.create_connection((url.hostname or "127.0.0.1", url.port or 4222), timeout=BUS_S) as opened:
                opened.settimeout(BUS_S)
                if opened.recv(5) == b"INFO ":  # a server says so first
                    return True
        except OSError:
            continue
    return False
