"""The wire of OpenID Connect: discovery, code exchange, the ID token's signature and claims. No Django, no database.

OpenID Connect Core 1.0 (3.1.3.7 for the ID token), Discovery 1.0; signatures by `joserfc`. Symmetric signatures and
`none` are refused: a client secret that leaks must not sign.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
LEEWAY_S: Final = 60
TIMEOUT_S: Final = 5.0
LARGEST: Final = 1_000_000
KEPT_S: Final = 3600.0
AGAIN_S: Final = 30.0  # an unknown key id asks for the keys anew, at most so often


class OidcError(Exception):
    """What a provider said that cannot be taken, or that it said nothing."""


@dataclass(frozen=True, slots=True)
class Document:
    """A provider's own description (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str
    post: bool  # client_secret_post, where basic is not offered


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the code was exchanged for."""

    id_token: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider says of somebody, checked."""

    subject: str
    values: Mapping[str, Any]
    id_token: str


class _Straight(HTTPRedirectHandler):
    """A provider's endpoint that leads elsewhere is not followed."""

    def redirect_request(self, *_: Any) -> None:
        """Never."""
        return None


_opener = build_opener(_Straight)
_lock = threading.Lock()
_documents: dict[str, tuple[float, Document]] = {}
_keys: dict[str, tuple[float, dict[str, Any]]] = {}


def discover(issuer: str) -> Document:
    """The description of an issuer, at most an hour old; it must name this very issuer and safe endpoints."""
    with _lock:
        known = _documents.get(issuer)
    if known and time.monotonic() - known[0] < KEPT_S:
        return known[1]
    found = _get(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise OidcError("the discovery document names another issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")
    ends = {name: str(found.get(name) or "") for name in names}
    for name, address in ends.items():
        if (name in names[:3] or address) and not _safe(address):
            raise OidcError(f"{name} is missing or not https")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    made = Document(issuer=issuer, post="client_secret_basic" not in methods, **ends)
    with _lock:
        _documents[issuer] = (time.monotonic(), made)
    return made


def forget() -> None:
    """Ask every provider anew."""
    with _lock:
        _documents.clear()
        _keys.clear()


def exchange(document: Document, *, client: tuple[str, str], code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Exchange the code (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    name, secret = client
    if not secret:
        form["client_id"] = name
    elif document.post:
        form |= {"client_id": name, "client_secret": secret}
    else:
        pair = f"{quote(name, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    found = _get(document.token_endpoint, data=urlencode(form).encode(), headers=headers)
    if not isinstance(found.get("id_token"), str):
        raise OidcError("no id_token came with the code")
    return Tokens(found["id_token"], str(found.get("access_token") or ""))


def claims_of(document: Document, tokens: Tokens, *, audience: str, nonce: str, now: datetime) -> Claims:
    """The ID token's claims, after signature, issuer, audience, time and nonce (Core 1.0, 3.1.3.7)."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": document.issuer},
        sub={"essential": True},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    for again in (False, True):
        try:
            keys = KeySet.import_key_set(_key_set(document.jwks_uri, again=again))  # type: ignore[arg-type]
            token = jwt.decode(tokens.id_token, keys, algorithms=list(ALGORITHMS))
            break
        except (JoseError, ValueError) as error:  # perhaps signed by a key that is newer than what is kept
            if again:
                raise OidcError(f"the ID token's signature does not hold: {error}") from error
    try:
        rules.validate(token.claims)
    except JoseError as error:
        raise OidcError(f"the ID token's claims do not hold: {error}") from error
    claims, subject = token.claims, token.claims.get("sub")
    parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if (len(parties) > 1 or "azp" in claims) and claims.get("azp") != audience:
        raise OidcError("the ID token was made for another party")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise OidcError("the ID token names no subject")
    return Claims(subject, claims, tokens.id_token)


def userinfo(document: Document, tokens: Tokens, claims: Claims) -> Claims:
    """More claims from the userinfo endpoint; it must speak of the same subject (Core 1.0, 5.3.4)."""
    if not document.userinfo_endpoint or not tokens.access_token:
        return claims
    found = _get(document.userinfo_endpoint, headers={"Authorization": f"Bearer {tokens.access_token}"})
    if found.get("sub") != claims.subject:
        raise OidcError("userinfo speaks of another subject")
    return Claims(claims.subject, {**found, **claims.values}, claims.id_token)


def _key_set(address: str, *, again: bool) -> dict[str, Any]:
    with _lock:
        known = _keys.get(address)
    if known and time.monotonic() - known[0] < (AGAIN_S if again else KEPT_S):
        return known[1]
    found = _get(address)
    with _lock:
        _keys[address] = (time.monotonic(), found)
    return found


def _get(address: str, *, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at an address, within time and size."""
    request = Request(address, data=data, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310 - checked by `_safe`
    if not _safe(address):
        raise OidcError("an address that is not https")
    try:
        with _opener.open(request, timeout=TIMEOUT_S) as answer:
            text = answer.read(LARGEST + 1)
    except HTTPError as error:
        raise OidcError(f"{urlsplit(address).path} answers {error.code}") from error
    except (URLError, OSError, ValueError) as error:
        raise OidcError(f"{urlsplit(address).netloc} does not answer: {error}") from error
    try:
        found = json.loads(text) if len(text) <= LARGEST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OidcError(f"{urlsplit(address).path} answers no JSON object")
    return found


def _safe(address: str) -> bool:
    url = urlsplit(address)
    return bool(url.hostname) and (
        url.scheme == "https" or (url.scheme == "http" and url.hostname in ("localhost", "127.0.0.1", "::1"))
    )
