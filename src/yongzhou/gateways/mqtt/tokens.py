"""Signed words of the NATS auth callout: NATS JWT version 2, Ed25519 by the home's own account key."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import nkeys

from yongzhou.core.home import Home

SECRET: Final = "nats_mqtt_issuer"  # noqa: S105 - the name of the secret's file
EXPIRES_S: Final = 6 * 3600  # a device must log in again
PAYLOAD_MAX: Final = 65_536


@dataclass(frozen=True, slots=True)
class Issuer:
    """Signs for one home; `public` stands in the configuration of NATS."""

    pair: nkeys.KeyPair

    @classmethod
    def of(cls, home: Home) -> Issuer:
        """The key of a home, made on first use."""
        raw = bytes.fromhex(home.secret(SECRET))
        return cls(nkeys.from_seed(bytes(nkeys.encode_seed(raw, nkeys.PREFIX_BYTE_ACCOUNT))))

    @property
    def public(self) -> str:
        """Public account key, `A…`."""
        public: bytes = self.pair.public_key
        return public.decode()

    def sign(self, claims: Mapping[str, object]) -> str:
        """A NATS JWT of the claims."""
        body = {**claims, "iss": self.public, "iat": int(time.time())}
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
        body["jti"] = base64.b32encode(digest).decode().rstrip("=")
        text = f"{_part({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{_part(body)}"
        signature: bytes = self.pair.sign(text.encode())
        return f"{text}.{_encode(signature)}"

    def admission(self, user: str, server: str, device: str) -> bytes:
        """Let a device in: it may publish below `up/<device>/`, and nothing else."""
        now = int(time.time())
        rights = {
            "type": "user",
            "version": 2,
            "pub": {"allow": [f"up.{device}.>"]},
            "sub": {"deny": [">"]},
            "allowed_connection_types": ["MQTT"],
            "subs": -1,
            "data": -1,
            "payload": PAYLOAD_MAX,
        }
        token = self.sign({"aud": "$G", "sub": user, "name": device, "exp": now + EXPIRES_S, "nats": rights})
        return self._response(user, server, {"jwt": token})

    def refusal(self, user: str, server: str, reason: str) -> bytes:
        """Keep a device out; the reason stands in the server's log."""
        return self._response(user, server, {"error": reason})

    def _response(self, user: str, server: str, answer: Mapping[str, object]) -> bytes:
        body = {"type": "authorization_response", "version": 2, **answer}
        return self.sign({"aud": server, "sub": user, "nats": body}).encode()


def claims_of(token: bytes) -> dict[str, object]:
    """The claims of a request that NATS sent on the house's own bus; `ValueError` if it is none."""
    _, body, _ = token.split(b".")
    claims: object = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    if not isinstance(claims, dict):
        raise ValueError("claims are not an object")
    return claims


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _part(document: Mapping[str, object]) -> str:
    return _encode(json.dumps(document, separators=(",", ":")).encode())
