"""Keys of service accounts: `yzk_<prefix>_<secret>`, hashed, scoped, of limited life; a key is found by its prefix."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from yongzhou.core.crypto import sm3
from yongzhou.core.data.actor import NOBODY, Actor
from yongzhou.core.people.actors import FRESH_SECONDS, actor_of
from yongzhou.core.people.domain.rights import narrowed
from yongzhou.core.people.models import ServiceAccount, ServiceKey

MARK: Final = "yzk_"
SEEN: Final = timedelta(minutes=1)  # `used_at` is written at most so often
PATTERN: Final = re.compile(r"(\*|[a-z_]{1,60}):(\*|[a-z_]{1,40}\.(\*|[a-z_]{1,60}\*?))")
_SHAPE: Final = re.compile(r"yzk_([0-9a-f]{12})_([0-9A-Za-z_-]{43})")
_cache: dict[str, tuple[float, ServiceKey | None]] = {}


def make(
    account: ServiceAccount,
    label: str,
    patterns: list[tuple[str, str]],
    *,
    by: str,
    now: datetime,
    expires_at: datetime,
) -> tuple[ServiceKey, str]:
    """A new key and its text; the text is nowhere kept."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    text = f"{MARK}{prefix}_{secret}"
    row = ServiceKey(
        account=account,
        label=label,
        prefix=prefix,
        digest=_digest(text),
        patterns=[list(pair) for pair in patterns],
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    row.save()
    return row, text


def actor_of_key(text: str, address: str) -> Actor:
    """Who comes with this key: the account's rights as far as the key reaches; `NOBODY` for one that opens nothing."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return NOBODY
    now = timezone.now()
    row = _found(shape[1])
    if row is None or not hmac.compare_digest(row.digest, _digest(text)) or row.expires_at <= now:
        return NOBODY
    account = actor_of(row.account_id)
    if account.kind != "service":
        return NOBODY
    _note(row, address, now)
    return replace(account, grants=narrowed(account.grants, [(action, resource) for action, resource in row.patterns]))


@dataclass(frozen=True, slots=True)
class Seen:
    """A key as its administrator sees it."""

    row: ServiceKey
    state: str  # good, soon (a week left), over, revoked

    @property
    def scope(self) -> str:
        """Its patterns as they are written."""
        return "  ".join(f"{action}:{resource}" for action, resource in self.row.patterns)


def keys_of(accounts: Iterable[UUID], now: datetime) -> list[Seen]:
    """The keys of accounts, the newest first."""
    rows = ServiceKey.objects.filter(account__in=list(accounts)).order_by("-created_at")[:500]
    return [Seen(row, _state(row, now)) for row in rows]


def _state(row: ServiceKey, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at <= now:
        return "over"
    return "soon" if row.expires_at - now < timedelta(days=7) else "good"


def _found(prefix: str) -> ServiceKey | None:
    known = _cache.get(prefix)
    if known and time.monotonic() - known[0] < FRESH_SECONDS:
        return known[1]
    if len(_cache) > 10_000:
        _cache.clear()
    began = time.monotonic()
    row = ServiceKey.objects.filter(prefix=prefix, revoked_at__isnull=True).first()
    _cache[prefix] = (began, row)
    return row


def forget() -> None:
    """Drop what is remembered, after a key was revoked in this process."""
    _cache.clear()


def _note(row: ServiceKey, address: str, now: datetime) -> None:
    if row.used_at is not None and now - row.used_at < SEEN and row.used_from == address:
        return
    row.used_at, row.used_from = now, address
    late = Q(used_at__isnull=True) | Q(used_at__lt=now - SEEN) | ~Q(used_from=address)
    ServiceKey.objects.filter(late, pk=row.pk).update(used_at=now, used_from=address)


def _digest(text: str) -> str:
    return sm3(b"service key", text.encode()).hex()  # 256 random bits need no slow hash
