"""Which of the house's persons a provider speaks of: the linked subject, else, once, the declared claim."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Q

from yongzhou.core.crypto import blind
from yongzhou.core.people.models import IdentityProvider, Login, ProviderLink
from yongzhou.core.people.policy import demo_accounts


def known_login(provider: IdentityProvider, subject: str, claims: Mapping[str, object], now: datetime) -> Login | None:
    """The login of a subject; at the first time the one that the declared claim names, which is then linked.

    From then on only the subject counts: a name that the provider gives to somebody else later opens nothing.
    """
    link = ProviderLink.objects.filter(provider=provider, subject=subject).select_related("login__person").first()
    login = link.login if link is not None else _by_claim(provider, claims.get(provider.claim))
    if login is None or not login.is_active or (login.person.origin == "synthetic" and not demo_accounts()):
        return None
    if link is None:
        if ProviderLink.objects.filter(provider=provider, login=login).exists():
            return None  # this login belongs to another subject already
        ProviderLink.objects.create(provider=provider, subject=subject, login=login, at=now)
    Login.objects.filter(pk=login.pk).update(last_login=now)
    return login


def _by_claim(provider: IdentityProvider, value: object) -> Login | None:
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()[:100].replace("\0", "")
    if provider.matches == "login":
        named = Q(name=text)
    elif provider.matches == "phone":
        named = Q(person__phone_blind=blind(text.removeprefix("+86"), "phone"))
    else:
        named = Q(person__id_number_blind=blind(text, "id"))
    found = list(Login.objects.filter(named).select_related("person")[:2])
    return found[0] if len(found) == 1 else None


def providers() -> list[IdentityProvider]:
    """All providers that are set up."""
    return list(IdentityProvider.objects.order_by("code"))
