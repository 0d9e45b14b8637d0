"""Is it him? Password and second factor of a login, at the pace that guessers get."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final, Literal
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from yongzhou.core.crypto import blind
from yongzhou.core.people import factors, tries
from yongzhou.core.people.domain.delays import PLACE, SECOND, SPRAY, STRANGERS, Pace
from yongzhou.core.people.domain.recovery import new_code
from yongzhou.core.people.models import KnownDevice, Login
from yongzhou.core.people.policy import demo_accounts, policy

DEVICE_LIFE: Final = timedelta(days=180)
LONGEST: Final = 200  # signs of a password; longer ones are refused when they are set, never cut


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a try comes from: the address, and the device's cookie if it has signed in before."""

    address: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a password: the login, or None; how long to wait where it was not even looked at."""

    login: Login | None
    wait: timedelta = timedelta(0)


def check(name: str, password: str, visitor: Visitor, now: datetime) -> Checked:
    """A name and a password; unknown, wrong, closed and too early are one answer, and cost the same work."""
    name = name.replace("\0", "")
    found = Login.objects.filter(name=name, is_active=True).select_related("person").first()
    counters = _counters(name, visitor, known=found is not None and is_known(found, visitor.device, now))
    if wait := tries.begin(counters, now):
        return Checked(None, wait)
    right = check_password(password, found.password if found else _nobodys())  # the same work for an unknown name
    if found is None or not right or _closed(found, now):
        return Checked(None)
    tries.succeeded(counters)
    Login.objects.filter(pk=found.pk).update(last_login=now)
    return Checked(found)


@cache
def _nobodys() -> str:
    return make_password("nobody")


def check_second(login: Login, code: str, now: datetime) -> str | None:
    """A one-time or recovery code after the password: its kind, or None; at a pace of its own."""
    counters = {tries.key("second", str(login.pk)): SECOND}
    if tries.begin(counters, now):
        return None
    kind = factors.accept(login, code, now)
    if kind is not None:
        tries.succeeded(counters)
    return kind


def confirm_password(login: Login, password: str, now: datetime) -> bool:
    """The password of somebody who is signed in, asked again before a grave step."""
    counters = {tries.key("again", str(login.pk)): PLACE}
    if tries.begin(counters, now) or not check_password(password, login.password):
        return False
    tries.succeeded(counters)
    return True


def _counters(name: str, visitor: Visitor, *, known: bool) -> dict[str, Pace]:
    if known:  # the owner's own device: strangers' tries do not count here
        return {tries.key("device", name, visitor.device): PLACE}
    counters = {tries.key("strangers", name): STRANGERS}
    if visitor.address:
        counters[tries.key("place", name, visitor.address)] = PLACE
        counters[tries.key("spray", visitor.address)] = SPRAY
    return counters


def _closed(login: Login, now: datetime) -> bool:
    expired = login.temporary_until is not None and login.temporary_until <= now
    return expired or (login.person.origin == "synthetic" and not demo_accounts())


def login_of_person(person: UUID, sign_in: str | None = None) -> Login | None:
    """The login of a session, else the person's first one; None where he has none that is open."""
    rows = Login.objects.filter(person=person, is_active=True).select_related("person").order_by("pk")
    if sign_in is not None and (found := rows.filter(sign_ins=UUID(sign_in)).first()) is not None:
        return found
    return rows.first()


def is_known(login: Login, device: str, now: datetime) -> bool:
    """Whether this login was proved in this browser before."""
    return bool(device) and KnownDevice.objects.filter(login=login, digest=_device(device), until__gt=now).exists()


def remember_device(login: Login, device: str, now: datetime) -> str:
    """The device's cookie after a full sign-in: the known one, or a new one."""
    if is_known(login, device, now):
        return device
    made = secrets.token_urlsafe(32)
    KnownDevice.objects.create(login=login, digest=_device(made), at=now, until=now + DEVICE_LIFE)
    return made


def forget_devices(login: Login) -> None:
    """After a change of the password no device is known any more."""
    KnownDevice.objects.filter(login=login).delete()


def must(login: Login, now: datetime) -> Literal["password", "second", ""]:
    """What somebody has to do before he may go on: change a password that another has seen, set up an authenticator."""
    if login.temporary_until is not None:
        return "password"
    return "second" if not factors.confirmed(login) and factors.required(login.person_id, now) else ""


def set_password(login: Login, password: str) -> list[str]:
    """Set a new password; else why it is too weak, in Chinese (OWASP ASVS 5.0, 6.2: length and lists, no mixtures)."""
    faults = weaknesses(login, password)
    if not faults:
        login.set_password(password)
        login.temporary_until = None
        login.save(update_fields=["password", "temporary_until"])
        forget_devices(login)
    return faults


def weaknesses(login: Login, password: str) -> list[str]:
    """Why a password is refused; empty for a good one."""
    least, faults = policy().password_length, []
    if len(password) < least:
        faults.append(f"密码至少 {least} 位，现在是 {len(password)} 位")
    if len(password) > LONGEST:
        faults.append(f"密码最多 {LONGEST} 位")
    folded = password.casefold()
    if any(word and word in folded for word in (login.name.casefold(), "yongzhou", "数字永州")):
        faults.append("密码不能含登录名或系统名称")
    if check_password(password, login.password):
        faults.append("新密码不能与现在的密码相同")
    try:
        validate_password(password)
    except ValidationError as error:
        if any(one.code == "password_too_common" for one in error.error_list):
            faults.append("这个密码太常见，容易被猜到")
    return faults


def temporary_password(login: Login, now: datetime) -> str:
    """A first password, to be told to its owner once; he changes it when he signs in, within the city's time."""
    made = new_code(4)
    login.set_password(made)
    login.temporary_until = now + timedelta(seconds=policy().temporary_password_s)
    return made


def prune(now: datetime | None = None) -> int:
    """Drop devices that are known no more."""
    return KnownDevice.objects.filter(until__lt=now or timezone.now()).delete()[0]


def _device(value: str) -> str:
    return blind(value[:100], "device")
