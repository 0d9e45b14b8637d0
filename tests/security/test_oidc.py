"""Sign-in by an independent OpenID Connect provider on loopback, and by one that lies."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from oidc_provider_mock import User, run_server_in_thread  # type: ignore[import-untyped]

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.people.models import IdentityProvider, Login, ProviderLink
from yongzhou.core.people.operations import configure_provider
from yongzhou.house.setup import load_rooms
from yongzhou.portals.gate import oidc
from yongzhou.testing import refused, run

load_rooms()
pytestmark = pytest.mark.django_db
PEOPLE = [
    User(sub="u-17", claims={"preferred_username": "duty"}),
    User(sub="u-18", claims={"preferred_username": "nobody_here"}),
    User(sub="u-19", claims={"preferred_username": "duty"}),
]


@pytest.fixture
def issuer() -> Iterator[str]:
    """The independent provider."""
    oidc.forget()
    with run_server_in_thread(user_claims=PEOPLE, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def switch_on(issuer: str, cast: Any, **more: Any) -> None:
    given: dict[str, Any] = {
        "code": "sso",
        "title": "统一身份认证",
        "issuer": issuer,
        "client_id": "house",
        "client_secret": "geheim",
    }
    run(configure_provider, cast.sec_admin, **{**given, "enabled": True, **more})


def go(client: Client, **query: str) -> str:
    """Press the button; the provider's address."""
    answer = client.get(f"/login/oidc/sso/?{urlencode(query)}")
    assert answer.status_code == 302, answer.content.decode()[:300]
    return str(answer["Location"])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def agree(address: str, subject: str) -> str:
    """What a browser does at the provider: choose a user and agree; the address that it sends back to."""
    opener = urllib.request.build_opener(_NoRedirect)
    assert b"form" in opener.open(address, timeout=10).read()
    with pytest.raises(urllib.error.HTTPError) as sent:
        opener.open(address, data=urlencode({"sub": subject}).encode(), timeout=10)
    assert sent.value.code == 302
    back = urlsplit(sent.value.headers["Location"])
    return f"{back.path}?{back.query}"


def test_a_known_person_comes_in_by_the_provider_and_is_linked(issuer: str, cast: Any, client: Client) -> None:
    assert client.get("/login/oidc/sso/").status_code == 404  # off by default
    switch_on(issuer, cast)
    assert "统一身份认证" in client.get("/login/").content.decode()
    address = go(client, next="/desk/tasks/")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    answer = client.get(agree(address, "u-17"))
    assert (answer.status_code, answer["Location"]) == (302, "/desk/tasks/")
    assert client.get("/desk/account/sessions/").status_code == 200
    assert ProviderLink.objects.get().login.name == "duty"
    assert AuditLine.objects.filter(verb="core.sign_in", outcome="done").latest("at").detail["method"] == "oidc"
    left = client.post("/logout/").content.decode()
    assert f"{issuer}/oauth2/end_session" in left
    assert "id_token_hint=" in left
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("subject", ["u-18", "u-unknown"])
def test_the_provider_makes_no_accounts(issuer: str, cast: Any, client: Client, subject: str) -> None:
    switch_on(issuer, cast)
    before = Login.objects.count()
    assert client.get(agree(go(client), subject)).status_code == 403
    assert Login.objects.count() == before
    assert client.get("/desk/").status_code == 302


def test_after_the_first_time_only_the_subject_counts(issuer: str, cast: Any) -> None:
    """A name that the provider gives to somebody else later opens nothing; a renamed subject stays who he is."""
    switch_on(issuer, cast)
    client, other = Client(), Client()
    assert client.get(agree(go(client), "u-17")).status_code == 302
    assert other.get(agree(go(other), "u-19")).status_code == 403
    Login.objects.filter(name="duty").update(name="duty2")
    again = Client()
    assert again.get(agree(go(again), "u-17")).status_code == 302
    Login.objects.filter(name="duty2").update(is_active=False)
    closed = Client()
    assert closed.get(agree(go(closed), "u-17")).status_code == 403


def test_state_belongs_to_one_browser_and_one_use(issuer: str, cast: Any, client: Client) -> None:
    switch_on(issuer, cast)
    back = agree(go(client), "u-17")
    assert Client().get(back).status_code == 400
    assert client.get(re.sub(r"state=[^&]+", "state=other", back)).status_code == 400
    assert client.get(back).status_code == 400  # the wrong state has used it up
    back = agree(go(client), "u-17")
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400


def test_the_secret_is_sealed_and_addresses_are_https(issuer: str, cast: Any) -> None:
    switch_on(issuer, cast)
    assert "geheim" not in IdentityProvider.objects.get().client_secret
    good = {"code": "x1", "title": "甲乙", "client_id": "c", "issuer": "https://sso.example.gov.cn"}
    refused(configure_provider, cast.dept_admin, "forbidden", **good)
    for bad in ("http://sso.example.gov.cn", "file:///etc/passwd", "https://u@h.cn/", "https://h.cn/?a=1"):
        refused(configure_provider, cast.sec_admin, "invalid", **{**good, "issuer": bad})


KEY, OTHER = ECKey.generate_key("P-256", {"kid": "1"}), ECKey.generate_key("P-256", {"kid": "1"})


class Liar:
    """A provider whose ID token is what a test wants it to be."""

    def __init__(self) -> None:
        self.port = 0
        self.issuer_said = ""
        self.nonce = ""
        self.more: dict[str, Any] = {}
        self.sign: Any = None

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def document(self, path: str) -> dict[str, Any]:
        if path.endswith("openid-configuration"):
            ends = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
            return {"issuer": self.issuer_said or self.issuer, **{end: f"{self.issuer}/{end}" for end in ends}}
        if path == "/jwks_uri":
            return {"keys": [KEY.as_dict(private=False)]}
        if path == "/userinfo_endpoint":
            return {"sub": "another", "preferred_username": "duty"}
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "s1", "aud": "house", "iat": now, "exp": now + 300, "nonce": self.nonce}
        claims |= {"preferred_username": "duty", **self.more}
        claims = {name: value for name, value in claims.items() if value is not None}
        return {"access_token": "a", "token_type": "Bearer", "id_token": (self.sign or signed)(claims)}


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": "1"}, claims, KEY)


@contextmanager
def served(liar: Liar) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(liar.document(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


LIES: dict[str, tuple[dict[str, Any], Any]] = {
    "another issuer": ({"iss": "https://evil.example"}, None),
    "another audience": ({"aud": "somebody"}, None),
    "made for another party": ({"aud": ["house", "b"], "azp": "b"}, None),
    "expired": ({"exp": int(time.time()) - 120}, None),
    "no expiry": ({"exp": None}, None),
    "another nonce": ({"nonce": "x"}, None),
    "no nonce": ({"nonce": None}, None),
    "no subject": ({"sub": None}, None),
    "userinfo of another subject": ({"preferred_username": None}, None),
    "another key": ({}, lambda claims: jwt.encode({"alg": "ES256", "kid": "1"}, claims, OTHER)),
    "no signature": ({}, lambda claims: jwt.encode({"alg": "none"}, claims, OctKey.import_key("x"), ["none"])),
    "signed with the client's secret": (
        {},
        lambda claims: jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("geheim" * 6), ["HS256"]),
    ),
    "no token": ({}, lambda claims: "x.y.z"),
}


def test_every_lie_of_a_provider_is_refused_and_its_truth_is_not(cast: Any) -> None:
    liar = Liar()
    with served(liar):
        oidc.forget()
        switch_on(liar.issuer, cast, client_secret="geheim" * 6)
        for name, (more, sign) in {**LIES, "the truth": ({}, None)}.items():
            client = Client()
            asked = parse_qs(urlsplit(go(client)).query)
            liar.nonce, liar.more, liar.sign = asked["nonce"][0], more, sign
            answer = client.get(f"/login/oidc/sso/callback/?code=c&state={asked['state'][0]}")
            assert answer.status_code == (302 if name == "the truth" else 400), name
            assert client.get("/desk/").status_code == (200 if name == "the truth" else 302), name


def test_a_discovery_document_of_another_issuer_is_refused(cast: Any, client: Client) -> None:
    liar = Liar()
    with served(liar):
        oidc.forget()
        switch_on(liar.issuer, cast)
        liar.issuer_said = "https://evil.example"
        assert client.get("/login/oidc/sso/").status_code == 502
