"""What nats.conf needs for this door: the account of the auth callout, its user, and the rights of the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from yongzhou.core.home import Home
from yongzhou.gateways.mqtt.door import CONSUMER, STREAM
from yongzhou.gateways.mqtt.tokens import Issuer

USER: Final = "callout"
ACCOUNT: Final = "SYS"
LOGIN_S: Final = 5  # how long a login may wait for the door's word

# beside the house's GATEWAY_RIGHTS: a door whose consumer was removed makes it again
MORE_RIGHTS: Final = (f"$JS.API.CONSUMER.DURABLE.CREATE.{STREAM}.{CONSUMER}",)


def callout(home: Home, users: Sequence[str]) -> dict[str, object]:
    """Entries of nats.conf: merge `accounts` and `system_account` at the top, the others into `authorization`.

    `users` (the house's own) log in by their passwords; everybody else is asked of the door, and nobody is let in
    while it is away. The door's user lives in the system account, where it can also end a device's connection.
    """
    rights = {
        "publish": ["$SYS.REQ.SERVER.*.KICK", "$SYS.REQ.SERVER.PING.CONNZ"],
        "subscribe": ["$SYS.REQ.USER.AUTH", "_INBOX.>"],
        "allow_responses": True,
    }
    user = {
        "user": USER,
        "password": home.secret(f"nats_{USER}"),
        "permissions": rights,
        "allowed_connection_types": ["STANDARD"],
    }
    return {
        "accounts": {ACCOUNT: {"users": [user]}},
        "system_account": ACCOUNT,
        "timeout": LOGIN_S,
        "auth_callout": {"issuer": Issuer.of(home).public, "account": ACCOUNT, "auth_users": [*users, USER]},
    }


def with_callout(home: Home, settings: dict[str, object]) -> dict[str, object]:
    """The settings of nats.conf with the callout in it; `settings` has `authorization.users`."""
    authorization = settings["authorization"]
    if not isinstance(authorization, dict):
        raise TypeError("authorization is not a table")
    entries = callout(home, [user["user"] for user in authorization["users"]])
    inner = {name: entries.pop(name) for name in ("timeout", "auth_callout")}
    return {**settings, **entries, "authorization": {**authorization, **inner}}
