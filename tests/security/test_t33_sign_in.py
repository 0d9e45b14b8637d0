"""T33: signing in, staying in, going out; forms and tokens; what every answer carries."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from statistics import median

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.people.actors import forget
from yongzhou.core.people.city import DEMO_PASSWORD
from yongzhou.core.people.models import Login
from yongzhou.house.setup import load_rooms
from yongzhou.portals.api.answers import TOKEN_HOURS, token
from yongzhou.portals.gate.middleware import IDLE_SECONDS
from yongzhou.portals.gate.views import LOCK, TRIES

load_rooms()
pytestmark = pytest.mark.django_db


def sign_in(client: Client, name: str, password: str, **more: str) -> object:
    return client.post("/login/", {"username": name, "password": password, **more})


def words(body: bytes) -> str:
    return re.sub(r'data-now="[^"]*"|value="[^"]*"|Token":"[^"]*"|[0-9a-f-]{8,}', "", body.decode())


def test_five_wrong_passwords_lock_even_the_right_one_for_ten_minutes(client: Client) -> None:
    for _ in range(TRIES):
        assert sign_in(client, "duty", "wrong").status_code == 422
    assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422
    assert (
        client.post("/api/sign-in", {"name": "duty", "password": DEMO_PASSWORD}, "application/json").status_code == 401
    )
    with time_machine.travel(timezone.now() + LOCK + timedelta(seconds=1), tick=True):
        assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 302


def test_both_doors_count_together(client: Client) -> None:
    for _ in range(TRIES):
        client.post("/api/sign-in", {"name": "duty", "password": "wrong"}, "application/json")
    assert sign_in(client, "duty", DEMO_PASSWORD).status_code == 422


def test_unknown_wrong_and_locked_get_one_answer(client: Client) -> None:
    told = [words(sign_in(client, name, "wrong").content) for name in ("nobody_of_that_name", "duty")]
    for _ in range(TRIES):
        sign_in(client, "leader", "wrong")
    told.append(words(sign_in(client, "leader", DEMO_PASSWORD).content))
    assert len(set(told)) == 1
    api = [
        client.post("/api/sign-in", {"name": name, "password": "x"}, "application/json").content
        for name in ("nobody", "verifier", "leader")
    ]
    assert len(set(api)) == 1


def test_an_unknown_name_costs_the_same_work(client: Client) -> None:
    def cost(name: str) -> float:
        started = time.perf_counter()
        sign_in(client, name, "wrong")
        return time.perf_counter() - started

    cost("warm")
    known = median(cost(name) for name in ("duty", "leader", "hotline", "verifier", "citizen"))
    unknown = median(cost(f"nobody{number}") for number in range(5))
    assert 0.5 < known / unknown < 2


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
    with time_machine.travel(start + timedelta(minutes=20, seconds=IDLE_SECONDS + 61), tick=True):
        assert client.get("/desk/").status_code == 302


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
