"""The second factor of a login: an authenticator app, and recovery codes for the day it is lost."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from yongzhou.core.crypto import blind, seal_bytes, unseal_bytes
from yongzhou.core.people.domain import totp
from yongzhou.core.people.domain.recovery import folded, new_code
from yongzhou.core.people.models import Appointment, Login, Person, RecoveryCode, SecondFactor

CONTEXT: Final = "people.second_factor.secret"
CODES: Final = 10
ISSUER: Final = "数字永州"


def confirmed(login: Login) -> bool:
    """Whether this login has an authenticator."""
    return SecondFactor.objects.filter(login=login, confirmed_at__isnull=False).exists()


def confirmed_name(name: str) -> bool:
    """Whether a login of this name has an authenticator; for a name that was typed."""
    return SecondFactor.objects.filter(login__name=name.replace("\0", ""), confirmed_at__isnull=False).exists()


def required(person: UUID, now: datetime) -> bool:
    """Whether a role of this person asks for two factors (`roles.csv`, two_factors); synthetic persons are exempt,

    since their passwords stand on the sign-in page; a real city closes their accounts.
    """
    today = now.date()
    holds = Q(valid_from__isnull=True) | Q(valid_from__lte=today)
    holds &= Q(valid_to__isnull=True) | Q(valid_to__gt=today)
    asked = Appointment.objects.filter(holds, person=person, role__two_factors=True).exists()
    return asked and not Person.objects.filter(pk=person, origin="synthetic").exists()


def propose(login: Login) -> bytes:
    """A new secret that counts when its first code was given; an unfinished proposal is shown again."""
    row = SecondFactor.objects.filter(login=login).first()
    if row is None:
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        row, _ = SecondFactor.objects.get_or_create(login=login, defaults={"secret": seal_bytes(secret, CONTEXT)})
    if row.confirmed_at is not None:
        raise ValueError("this login has an authenticator already")
    return unseal_bytes(row.secret, CONTEXT)


def confirm(login: Login, code: str, now: datetime) -> list[str] | None:
    """Switch the proposed authenticator on by its first code; the recovery codes, or None for a wrong code."""
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(login=login, confirmed_at__isnull=True).first()
        if row is None:
            return None
        step = totp.matching_step(unseal_bytes(row.secret, CONTEXT), code, now.timestamp())
        if step is None:
            return None
        row.confirmed_at, row.last_step = now, step
        row.save(update_fields=["confirmed_at", "last_step"])
        return new_codes(login)


def accept(login: Login, code: str, now: datetime) -> str | None:
    """Use one code: `totp` or `recovery`, None for a wrong or used one; both kinds are good once, in all processes."""
    with transaction.atomic():
        row = SecondFactor.objects.select_for_update().filter(login=login, confirmed_at__isnull=False).first()
        if row is None:
            return None
        step = totp.matching_step(unseal_bytes(row.secret, CONTEXT), code, now.timestamp(), after=row.last_step)
        if step is not None:
            row.last_step = step
            row.save(update_fields=["last_step"])
            return "totp"
        used = RecoveryCode.objects.filter(login=login, digest=_digest(code), used_at__isnull=True).update(used_at=now)
        return "recovery" if used else None


def new_codes(login: Login) -> list[str]:
    """Ten new recovery codes, to be shown once; the old ones are void."""
    codes = [new_code() for _ in range(CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(login=login).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(login=login, digest=_digest(code)) for code in codes)
    return codes


def codes_left(login: Login) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(login=login, used_at__isnull=True).count()


def remove(login: Login) -> None:
    """Take the authenticator and its codes away."""
    SecondFactor.objects.filter(login=login).delete()
    RecoveryCode.objects.filter(login=login).delete()


def _digest(code: str) -> str:
    return blind(folded(code)[:40], "recovery code")
