"""T33: signing in, staying in, going out; forms and tokens; what every answer carries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.utils import timezone

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.people import signing_in, tries
from yongzhou.core.people.actors import forget
from yongzhou.core.people.city import DEMO_PASSWORD
from yongzhou.core.people.domain.delays import PLACE, STRANGERS
from yongzhou.core.people.models import Login, Tries
from yongzhou.core.people.policy import policy
from yongzhou.house.setup import load_rooms
from yongzhou.portals.api.answers import TOKEN_HOURS, token

load_rooms()
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cheap_passwords")]


def sign_in(client: Client, name: str, password: str, **more: str) -> object:
    return client.post("/login/", {"username": name, "password": password, **more})


def words(body: bytes) -> str:
    return re.sub(r'data-now="[^"]*"|value="[^"]*"|Token":"[^"]*"|[0-9a-f-]{8,}', "", body.decode())


def wrong(client: Client, times: int = PLACE.free, name: str = "duty", **more: str) -> None:
    for _ in range(times):
        assert client.post("/login/", {"username": name, "password": "wrong"}, **more).status_code == 422


def test_wrong_passwords_slow_even_the_right_one_down_and_each_costs_more(client: Client) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        wrong(client)
        assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422
    with time_machine.travel(start + timedelta(seconds=PLACE.first_s + 1), tick=False):
        wrong(client, 1)
    with time_machine.travel(start + timedelta(seconds=2 * PLACE.first_s + 2), tick=False):
        assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422
    with time_machine.travel(start + timedelta(seconds=3 * PLACE.first_s + 3), tick=False):
        assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 302


def counted(failures: int, *counter: str) -> None:
    """As many wrong tries as that, just now, without the work of their passwords."""
    Tries.objects.update_or_create(key=tries.key(*counter), defaults={"failures": failures, "at": timezone.now()})


def test_the_owner_is_not_kept_out_by_strangers(client: Client) -> None:
    """No lock-out as a weapon: his known device, and another address, still let him in; a session is untouched."""
    sign_in(client, "duty", DEMO_PASSWORD)
    counted(STRANGERS.free * 4, "strangers", "duty")
    assert client.get("/desk/").status_code == 200
    assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 302
    Tries.objects.all().delete()
    counted(PLACE.free + 9, "place", "duty", "203.0.113.7")
    given = {"username": "duty", "password": DEMO_PASSWORD}
    assert Client().post("/login/", given, HTTP_X_FORWARDED_FOR="203.0.113.7").status_code == 422
    assert Client().post("/login/", given, HTTP_X_FORWARDED_FOR="198.51.100.9").status_code == 302


def test_a_known_device_has_no_endless_tries_either(client: Client) -> None:
    sign_in(client, "duty", DEMO_PASSWORD)
    device = client.cookies["yz_device"].value
    counted(PLACE.free - 1, "device", "duty", device)
    wrong(client, 1)
    assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422


def test_a_forged_device_is_a_stranger(client: Client) -> None:
    client.cookies["yz_device"] = "A" * 43
    counted(PLACE.free, "place", "duty", "127.0.0.1")
    assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422


def test_guesses_from_many_addresses_come_to_a_hundred_an_hour(client: Client) -> None:
    start = timezone.now()
    Tries.objects.create(key=tries.key("strangers", "duty"), failures=STRANGERS.free + 20, at=start)
    with time_machine.travel(start + timedelta(seconds=STRANGERS.cap_s - 1), tick=False):
        assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422
    with time_machine.travel(start + timedelta(seconds=STRANGERS.cap_s), tick=False):
        assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 302
    assert STRANGERS.cap_s >= 3600 / 100


def test_both_doors_count_together(client: Client) -> None:
    counted(PLACE.free - 1, "place", "duty", "127.0.0.1")
    client.post("/api/sign-in", {"name": "duty", "password": "wrong"}, "application/json")
    assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422


def test_unknown_wrong_and_locked_get_one_answer(client: Client) -> None:
    told = [words(sign_in(client, name, "wrong").content) for name in ("nobody_of_that_name", "duty")]
    counted(PLACE.free, "place", "leader", "127.0.0.1")
    told.append(words(sign_in(client, "leader", DEMO_PASSWORD).content))
    assert len(set(told)) == 1
    api = [
        client.post("/api/sign-in", {"name": name, "password": "x"}, "application/json").content
        for name in ("nobody", "verifier", "leader")
    ]
    assert len(set(api)) == 1


def test_an_unknown_name_costs_the_same_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: one hash of one algorithm and strength, whoever is named."""
    signing_in._nobodys.cache_clear()
    sign_in(client, "warm", "wrong")
    hashed: list[tuple[str, object]] = []
    hasher = get_hasher()
    verify = type(hasher).verify

    def counting(self: BasePasswordHasher, password: str, encoded: str) -> bool:
        work = {name: value for name, value in self.decode(encoded).items() if name not in ("hash", "salt")}
        hashed.append((password, work))
        return verify(self, password, encoded)

    monkeypatch.setattr(type(hasher), "verify", counting)
    sign_in(client, "duty", "wrong")
    sign_in(client, "nobody", "wrong")
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]


@pytest.mark.parametrize("name", ["", "\0", "du\0ty", "' or 1=1 --", "x" * 5000, "值班", "431103199001011239"])
def test_odd_names_are_only_wrong(client: Client, name: str) -> None:
    assert sign_in(client, name, "\0wrong").status_code == 422
    assert client.post("/api/sign-in", {"name": name, "password": "x"}, "application/json").status_code in (400, 401)
    assert "431103199001011239" not in str(
        list(AuditLine.objects.filter(verb="core.sign_in").values_list("detail", flat=True))
    )


def test_every_try_and_every_entry_leaves_its_line(client: Client) -> None:
    before = AuditLine.objects.filter(verb="core.sign_in").count()
    sign_in(client, "duty", "wrong")
    sign_in(client, "duty", DEMO_PASSWORD)
    client.post("/api/sign-in", {"name": "duty", "password": "wrong"}, "application/json")
    client.post("/api/sign-in", {"name": "duty", "password": DEMO_PASSWORD}, "application/json")
    lines = AuditLine.objects.filter(verb="core.sign_in").order_by("id")[before:]
    assert [(line.outcome, line.door) for line in lines] == [
        ("refused:wrong", "form"),
        ("done", "form"),
        ("refused:wrong", "rest"),
        ("done", "rest"),
    ]


def test_the_session_gets_a_new_key_and_its_cookie_is_closed(client: Client) -> None:
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["yz_session"] = session.session_key
    sign_in(client, "duty", DEMO_PASSWORD)
    cookie = client.cookies["yz_session"]
    assert cookie.value != session.session_key
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    stale = Client()
    stale.cookies["yz_session"] = session.session_key
    assert stale.get("/desk/").status_code == 302
    secure = Client()
    secure.post("/login/", {"username": "duty", "password": DEMO_PASSWORD}, secure=True)
    assert secure.cookies["yz_session"]["secure"]


def test_signing_out_ends_the_session_on_the_server(client: Client) -> None:
    sign_in(client, "duty", DEMO_PASSWORD)
    key = client.cookies["yz_session"].value
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    thief = Client()
    thief.cookies["yz_session"] = key
    assert thief.get("/desk/").status_code == 302


def test_an_idle_session_ends(client: Client) -> None:
    sign_in(client, "duty", DEMO_PASSWORD)
    start = timezone.now()
    for minutes in (10, 20):  # used in between: it lives on
        with time_machine.travel(start + timedelta(minutes=minutes), tick=True):
            assert client.get("/desk/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=20, seconds=policy().idle_s + 61), tick=True):
        assert client.get("/desk/").status_code == 302


def test_a_session_ends_though_it_is_used(client: Client) -> None:
    sign_in(client, "duty", DEMO_PASSWORD)
    session = client.session
    session["began"] -= policy().session_s + 5
    session.save()
    assert client.get("/desk/").status_code == 302
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_a_closed_login_ends_session_and_token(client: Client) -> None:
    sign_in(client, "duty", DEMO_PASSWORD)
    bearer = {"authorization": f"Bearer {token(Login.objects.get(name='duty').person_id)}"}
    assert Client().get("/api/me", headers=bearer).status_code == 200
    Login.objects.filter(name="duty").update(is_active=False)
    forget()  # what five seconds do
    assert client.get("/desk/").status_code == 302
    assert Client().get("/api/me", headers=bearer).status_code == 401
    assert sign_in(Client(), "duty", DEMO_PASSWORD).status_code == 422


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "https:///evil.example",
    ],
)
def test_next_leads_nowhere_else(client: Client, target: str) -> None:
    answer = sign_in(client, "duty", DEMO_PASSWORD, next=target)
    assert answer["Location"] == "/desk/"
    assert sign_in(Client(), "duty", DEMO_PASSWORD, next="/desk/tasks/")["Location"] == "/desk/tasks/"


POSTS = [
    "/login/",
    "/logout/",
    "/desk/do/grid_governance/report/",
    "/desk/people/unit/new/",
    "/desk/people/unit/import/",
    "/desk/inbox/",
    "/desk/live-ticket",
    "/app/report/",
    "/api/grid_governance/report",
    "/api/records/people.unit",
    "/api/water/raise-warning",
]


@pytest.mark.parametrize("address", POSTS)
def test_a_post_from_another_site_is_refused(address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    session = strict.session
    session["person"] = str(Login.objects.get(name="duty").person_id)
    session.save()
    strict.cookies["yz_session"] = session.session_key
    given: object = "{}" if address.startswith("/api/") else {}
    kind = "application/json" if address.startswith("/api/") else "multipart/form-data; boundary=BoUnDaRyStRiNg"
    answer = strict.post(address, given, content_type=kind)
    assert answer.status_code == 403
    if address.startswith("/api/"):
        assert answer.json()["code"] == "csrf"


def test_tokens_are_not_to_be_made_altered_or_kept_for_ever(client: Client) -> None:
    person = Login.objects.get(name="duty").person_id
    good = token(person)
    other = str(Login.objects.get(name="sec_admin").person_id)
    forged = [
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good.replace(str(person), other),
        str(person),
        "",
        "null",
        signing.TimestampSigner(salt="another door").sign(str(person)),
        signing.TimestampSigner(salt="api token").sign("not-a-uuid"),
        signing.TimestampSigner(key="x", salt="api token").sign(str(person)),
    ]
    assert client.get("/api/me", headers={"authorization": f"Bearer {good}"}).status_code == 200
    for text in forged:
        assert client.get("/api/me", headers={"authorization": f"Bearer {text}"}).status_code == 401, text
    assert client.get("/api/me", headers={"authorization": f"Basic {good}"}).status_code == 401
    with time_machine.travel(timezone.now() + timedelta(hours=TOKEN_HOURS, seconds=5), tick=True):
        assert client.get("/api/me", headers={"authorization": f"Bearer {good}"}).status_code == 401


def test_a_bearer_token_opens_no_page(client: Client) -> None:
    bearer = {"authorization": f"Bearer {token(Login.objects.get(name='duty').person_id)}"}
    assert client.get("/desk/", headers=bearer).status_code == 302
