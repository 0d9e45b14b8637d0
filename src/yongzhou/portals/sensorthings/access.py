"""Who asks: a session, a bearer token, or HTTP Basic, which is what SensorThings clients speak."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import time
from typing import Final
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.models import Login
from yongzhou.portals.gate.middleware import actor as session_actor
from yongzhou.portals.gate.views import check_login, note_sign_in
from yongzhou.portals.sensorthings.terms import as_uuid

TOKEN_HOURS: Final = 12
_SALT: Final = "api token"  # the token of `POST /api/sign-in` opens this door too
_REMEMBER_S: Final = 60.0
_REMEMBER: Final = 2_000
_key: Final = os.urandom(32)
_known: dict[bytes, tuple[float, UUID]] = {}


def actor_of_request(request: HttpRequest) -> Actor:
    """The actor of a request; problem 401 for credentials that are wrong, 403 for a session's write without CSRF."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        actor = session_actor(request)
        if request.method not in ("GET", "HEAD") and actor.kind == "person" and _forged(request):
            raise Problem("csrf", "请求缺少或带错了 X-CSRFToken", status=403, remedy="用 Bearer 令牌或 HTTP Basic")
        return actor
    if scheme.lower() == "bearer":
        try:
            person = signing.TimestampSigner(salt=_SALT).unsign(value, max_age=TOKEN_HOURS * 3600)
        except signing.BadSignature as error:
            raise _wrong("令牌无效或已过期（invalid or expired token）") from error
        return actor_of(as_uuid(person))
    if scheme.lower() == "basic":
        return actor_of(_basic(value))
    raise _wrong("只支持 Basic 与 Bearer（Basic and Bearer only）")


def _basic(value: str) -> UUID:
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise _wrong("HTTP Basic 的内容不完整（malformed Basic credentials）") from error
    digest = hashlib.blake2b(f"{name}\n{password}".encode(), key=_key, digest_size=16).digest()
    now = time.monotonic()
    known = _known.get(digest)
    # a client signs in with each request; a hash each time would cost it 50 ms
    if known is not None and now - known[0] < _REMEMBER_S and _still(name, known[1]):
        return known[1]
    found = check_login(name[:60], password[:200])
    note_sign_in(name[:60], found, door="sta")
    if found is None:
        raise _wrong("登录名或密码不对，或该账号暂时锁定（wrong name or password, or locked）")
    if len(_known) >= _REMEMBER:
        _known.clear()
    _known[digest] = (now, found.person_id)
    person: UUID = found.person_id
    return person


def _still(name: str, person: UUID) -> bool:
    return Login.objects.filter(person=person, name=name, is_active=True).exists()


def _wrong(title: str) -> Problem:
    return Problem("login", title, status=401, remedy="HTTP Basic，或 POST /api/sign-in 取得 Bearer 令牌")


def _forged(request: HttpRequest) -> bool:
    return CsrfViewMiddleware(_nothing).process_view(request, _nothing, (), {}) is not None


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()
