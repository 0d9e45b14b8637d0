"""Sessions of a login: opened at sign-in, seen, listed, ended here or from another device."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Final
from uuid import UUID

from django.conf import settings

from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import Login, SignIn
from yongzhou.core.people.policy import policy

KEPT: Final = timedelta(days=180)


def opened(login: Login, session: str, *, address: str, browser: str, method: str, now: datetime) -> SignIn:
    """Note a new session."""
    row = SignIn(
        login=login, session=session, at=now, seen_at=now, address=address, browser=browser[:200], method=method
    )
    row.save()
    return row


def seen(id: str, address: str, now: datetime) -> None:
    """A session was used; called at most once a minute."""
    SignIn.objects.filter(pk=UUID(id)).update(seen_at=now, address=address)


def living(person: UUID, now: datetime) -> list[SignIn]:
    """The sessions of a person that can still be used, the last used first."""
    rules = policy()
    return list(
        SignIn.objects.filter(
            login__person=person,
            ended_at__isnull=True,
            seen_at__gt=now - timedelta(seconds=rules.idle_s + 60),
            at__gt=now - timedelta(seconds=rules.session_s),
        ).order_by("-seen_at")
    )


def past(person: UUID, now: datetime) -> list[SignIn]:
    """The last ten sessions that are over."""
    open_ones = [row.pk for row in living(person, now)]
    return list(SignIn.objects.filter(login__person=person).exclude(pk__in=open_ones).order_by("-seen_at")[:10])


def end(person: UUID, now: datetime, *, only: UUID | None = None, but: str | None = None) -> int:
    """End a person's sessions in every process at once: one, all, or all but one; returns how many.

    Bearer tokens made before end with "all" and "all but one": nobody knows which of them a thief holds.
    """
    rows = SignIn.objects.filter(login__person=person, ended_at__isnull=True)
    if only is not None:
        rows = rows.filter(pk=only)
    if but is not None:
        rows = rows.exclude(pk=UUID(but))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = list(rows)
    for row in ended:
        store(row.session).delete()
    SignIn.objects.filter(pk__in=[row.pk for row in ended]).update(ended_at=now)
    if only is None:
        Login.objects.filter(person=person).update(tokens_from=now)
    rights_changed(person)
    return len(ended)


def closed(id: str, now: datetime) -> None:
    """A session was left by signing out or by its own time."""
    SignIn.objects.filter(pk=UUID(id), ended_at__isnull=True).update(ended_at=now)


def prune(now: datetime) -> int:
    """Drop what is too old to be of use to its owner."""
    return SignIn.objects.filter(seen_at__lt=now - KEPT).delete()[0]
