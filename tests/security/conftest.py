"""A house with one row of every kind in two scopes, and browsers and machines of all demo people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:  # pytest reads this file before Django is set up
    from tests.security.rows import Sides
    from tests.security.visitors import Visitors


@pytest.fixture(scope="module")
def sides(committed_db: str) -> Iterator[Sides]:
    """Near and far rows of every kind, committed."""
    from tests.security.rows import make
    from yongzhou.core.people.actors import forget

    forget()
    yield make()
    forget()


@pytest.fixture(scope="module")
def visitors(committed_db: str) -> Visitors:
    """Clients of the demo people."""
    from tests.security.visitors import Visitors
    from yongzhou.core.people.actors import forget

    forget()
    return Visitors()


@pytest.fixture
def machine() -> Client:
    """A client without cookies."""
    return Client(raise_request_exception=False)


@pytest.fixture
def cheap_passwords(db: None, settings: Any) -> None:
    """Passwords that cost no work, for tests that ask who gets in and not what a guess costs."""
    from django.contrib.auth.hashers import make_password

    from yongzhou.core.people.city import DEMO_PASSWORD
    from yongzhou.core.people.models import Login

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Login.objects.update(password=make_password(DEMO_PASSWORD))
