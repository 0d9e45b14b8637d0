"""Where a request comes from: the address behind the front, and the device's cookie."""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar
from typing import Final

from django.http import HttpRequest

from yongzhou.core.people.signing_in import Visitor

DEVICE_COOKIE: Final = "yz_device"
NOWHERE: Final = Visitor()
current: ContextVar[Visitor] = ContextVar("visitor", default=NOWHERE)  # for doors that check a password themselves


def visitor_of(request: HttpRequest) -> Visitor:
    """The visitor of a request; `X-Forwarded-For` counts only where the front on this machine has set it."""
    address = str(request.META.get("REMOTE_ADDR") or "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if forwarded and _is_loopback(address):
        address = forwarded.rpartition(",")[2].strip()
    try:
        address = str(ipaddress.ip_address(address))
    except ValueError:
        address = ""
    return Visitor(address, request.COOKIES.get(DEVICE_COOKIE, "")[:100])


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True  # a Unix socket
