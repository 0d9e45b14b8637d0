"""The address for a phone in the same network, and its QR code: camera and place need HTTPS or loopback."""

from __future__ import annotations

import socket
from functools import cache

import segno

from yongzhou.core.home import Home


@cache
def address() -> str:
    """`https://<this machine's address>:<front_https>/app/`; no packet leaves for finding it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation range: only the route is asked
            host = str(probe.getsockname()[0])
        except OSError:
            host = "localhost"
    return f"https://{host}:{Home.here().port_of('front_https')}/app/"


@cache
def qr_svg() -> str:
    """The address as an SVG without inline style."""
    return str(segno.make(address(), error="m").svg_inline(scale=4, border=2, dark="#14212E", light="#FFFFFF"))
