"""Browsers and machines of the demo people."""

from __future__ import annotations

from django.test import Client

from yongzhou.core.people.models import Login
from yongzhou.portals.api.answers import token


class Visitors:
    """One client a login, signed in without the work of its password."""

    def __init__(self) -> None:
        self._desks: dict[str, Client] = {}
        self._tokens: dict[str, str] = {}

    def desk(self, login: str) -> Client:
        """A browser with a session; `""` is nobody."""
        if login not in self._desks:
            client = Client(raise_request_exception=False)
            if login:
                session = client.session
                session["person"] = str(Login.objects.get(name=login).person_id)
                session.save()
                client.cookies["yz_session"] = session.session_key
            self._desks[login] = client
        return self._desks[login]

    def bearer(self, login: str) -> dict[str, str]:
        """The header of a machine that acts for a login."""
        if not login:
            return {}
        if login not in self._tokens:
            self._tokens[login] = token(Login.objects.get(name=login).person_id)
        return {"authorization": f"Bearer {self._tokens[login]}"}
