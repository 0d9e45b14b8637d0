"""Second factor, sessions, first passwords, service keys, delegations, why: by the pages and doors that people use."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.security.visitors import Visitors
from yongzhou.core.audit.models import AuditLine
from yongzhou.core.people import factors, keys
from yongzhou.core.people.actors import actor_of, forget
from yongzhou.core.people.city import DEMO_PASSWORD
from yongzhou.core.people.domain import totp
from yongzhou.core.people.explain import explain
from yongzhou.core.people.models import (
    Appointment,
    Delegation,
    Login,
    Person,
    Role,
    SecondFactor,
    ServiceKey,
    SignIn,
    Unit,
)
from yongzhou.core.people.operations import (
    close_demo_accounts,
    close_login,
    delegate,
    end_delegation,
    issue_key,
    open_service,
    register,
    reset_login,
    revoke_key,
)
from yongzhou.core.people.policy import policy
from yongzhou.house.setup import load_rooms
from yongzhou.testing import refused, run

load_rooms()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(cheap_passwords: None) -> None:
    """Nothing remembered."""
    forget()
    keys.forget()


@pytest.fixture
def visitors(db: None) -> Visitors:
    """Browsers of the demo people, for one test."""
    return Visitors()


def login_of(name: str) -> Login:
    return Login.objects.get(name=name)


def signed_in(name: str, password: str = DEMO_PASSWORD) -> Client:
    client = Client()
    assert client.post("/login/", {"username": name, "password": password}).status_code == 302
    return client


def with_authenticator(name: str) -> tuple[bytes, list[str]]:
    """An authenticator bound long ago, and its recovery codes."""
    login = login_of(name)
    secret = factors.propose(login)
    codes = factors.confirm(login, totp.code_at(secret, totp.step_of(timezone.now().timestamp())), timezone.now())
    assert codes is not None
    SecondFactor.objects.filter(login=login).update(last_step=-1)
    return secret, codes


def now_code(secret: bytes) -> str:
    return totp.code_at(secret, totp.step_of(timezone.now().timestamp()))


def test_binding_shows_the_codes_once_and_then_the_password_is_not_enough() -> None:
    client = signed_in("duty")
    page = client.get("/desk/account/second/").content.decode()
    assert "<svg" in page
    secret = factors.propose(login_of("duty"))
    assert client.post("/desk/account/second/", {"wish": "confirm", "code": "000000"}).status_code == 422
    shown = client.post("/desk/account/second/", {"wish": "confirm", "code": now_code(secret)}).content.decode()
    codes = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", shown)
    assert len(codes) == factors.CODES
    assert codes[0] not in client.get("/desk/account/second/").content.decode()
    fresh = Client()
    answer = fresh.post("/login/", {"username": "duty", "password": DEMO_PASSWORD})
    assert answer["Location"] == "/login/second/"
    assert fresh.get("/desk/").status_code == 302
    assert fresh.post("/login/second/", {"code": now_code(secret)}).status_code == 422  # used to bind
    assert fresh.post("/login/second/", {"code": codes[3].lower().replace("-", " ")}).status_code == 302
    assert fresh.get("/desk/").status_code == 200
    assert SignIn.objects.latest("at").method == "password+recovery"


def test_a_code_opens_once_and_a_recovery_code_once() -> None:
    secret, codes = with_authenticator("duty")
    login, now = login_of("duty"), timezone.now()
    code = now_code(secret)
    assert [factors.accept(login, code, now) for _ in range(2)] == ["totp", None]
    assert [factors.accept(login, codes[0], now) for _ in range(2)] == ["recovery", None]
    assert factors.codes_left(login) == factors.CODES - 1
    assert not SecondFactor.objects.filter(secret__contains=totp.text_of(secret)).exists()


def test_machines_need_the_code_too() -> None:
    secret, _ = with_authenticator("duty")
    client = Client()

    def ask(password: str) -> int:
        given = {"name": "duty", "password": password}
        return client.post("/api/sign-in", given, "application/json").status_code

    assert ask(DEMO_PASSWORD) == 401
    code = now_code(secret)
    assert ask(f"{DEMO_PASSWORD} {code}") == 200
    assert ask(f"{DEMO_PASSWORD} {code}") == 401


def test_guessing_codes_is_slowed_down() -> None:
    secret, _ = with_authenticator("duty")
    client = Client()
    client.post("/login/", {"username": "duty", "password": DEMO_PASSWORD})
    for _ in range(5):
        client.post("/login/second/", {"code": "000000"})
    assert client.post("/login/second/", {"code": now_code(secret)}).status_code == 422


def test_a_registered_person_changes_his_password_then_binds_what_his_role_asks(cast: Any) -> None:
    unit = Unit.objects.get(code="4311-SL")
    made = run(register, cast.dept_admin, unit=unit.pk, name="新同事", login="xin.tongshi")
    Appointment.objects.create(person_id=made.person, role=Role.objects.get(code="dept_admin"), unit=unit)
    client = signed_in("xin.tongshi", made.password)
    assert client.get("/desk/tasks/")["Location"] == "/desk/account/password/"
    assert client.get("/api/me").status_code == 401
    new = "江水悠悠过永州 1023"
    for weak in ("password12345", "short", "xin.tongshi-2026", made.password):
        given = {"password": made.password, "new": weak, "again": weak}
        assert client.post("/desk/account/password/", given).status_code == 422, weak
    answer = client.post("/desk/account/password/", {"password": made.password, "new": new, "again": new})
    assert answer["Location"] == "/desk/account/second/"
    assert client.get("/desk/")["Location"] == "/desk/account/second/"
    secret = factors.propose(login_of("xin.tongshi"))
    client.post("/desk/account/second/", {"wish": "confirm", "code": now_code(secret)})
    assert client.get("/desk/").status_code == 200
    late = run(register, cast.dept_admin, unit=unit.pk, name="没来的人", login="meilai")
    with time_machine.travel(timezone.now() + timedelta(seconds=policy().temporary_password_s + 5), tick=True):
        assert Client().post("/login/", {"username": "meilai", "password": late.password}).status_code == 422


def test_resetting_a_login_is_no_way_to_more_rights(cast: Any) -> None:
    unit = Unit.objects.get(code="4311-SL")
    chief = login_of("water_officer").person_id
    refused(reset_login, cast.dept_admin, "beyond", person=chief, reason="忘记密码")
    made = run(register, cast.dept_admin, unit=unit.pk, name="普通人", login="putong")
    assert run(reset_login, cast.dept_admin, person=made.person, reason="忘记密码").password != made.password
    refused(reset_login, cast.dept_admin, "自己", person=cast.dept_admin.id, reason="忘记密码")
    refused(close_login, cast.dept_admin, "not_found", person=login_of("duty").person_id, reason="不归我管")


def test_sessions_are_listed_and_ended_from_another_device() -> None:
    one, two = signed_in("duty"), signed_in("duty")
    page = one.get("/desk/account/sessions/").content.decode()
    assert page.count('name="one"') == 1  # the other one
    other = SignIn.objects.filter(login__name="duty").exclude(pk=one.session["sign_in"]).get()
    stranger = signed_in("leader")
    stranger.post("/desk/account/sessions/", {"one": str(other.pk)})
    assert two.get("/desk/").status_code == 200  # nobody ends another's
    one.post("/desk/account/sessions/", {"one": str(other.pk)})
    assert two.get("/desk/").status_code == 302
    assert one.get("/desk/").status_code == 200


def test_ending_all_others_voids_tokens(machine: Client) -> None:
    token = machine.post("/api/sign-in", {"name": "duty", "password": DEMO_PASSWORD}, "application/json").json()[
        "token"
    ]
    bearer = {"authorization": f"Bearer {token}"}
    assert machine.get("/api/me", headers=bearer).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(seconds=5), tick=True):
        client = signed_in("duty")
        client.post("/desk/account/sessions/", {})
        assert client.get("/desk/").status_code == 200
        assert machine.get("/api/me", headers=bearer).status_code == 401


def service(cast: Any, patterns: str = "*:*", **more: Any) -> tuple[Any, Any]:
    unit = Unit.objects.get(code="4311-SL")
    role = Role.objects.get(code="device_keeper")
    account = run(
        open_service,
        cast.dept_admin,
        unit=unit.pk,
        code="screen",
        name="大屏",
        aim="值班大屏",
        role=role.pk,
        reach=unit.pk,
    ).account
    return account, run(issue_key, cast.dept_admin, account=account, label="大屏甲", patterns=patterns, **more)


def test_a_key_opens_what_it_says_and_no_more(cast: Any, machine: Client) -> None:
    account, made = service(cast, "read:things.*")
    bearer = {"authorization": f"Bearer {made.text}"}
    assert machine.get("/api/records/things.thing", headers=bearer).status_code == 200
    assert machine.get("/api/records/iot_sensing.device", headers=bearer).status_code in (403, 404)
    assert machine.get("/api/records/people.person", headers=bearer).status_code == 403
    assert machine.get("/desk/", headers=bearer).status_code == 302
    assert made.text[20:] not in str(list(ServiceKey.objects.values()))
    assert ServiceKey.objects.get(account=account).used_at is not None
    for forged in (made.text[:-1] + ("A" if made.text[-1] != "A" else "B"), made.text[:-3], "yzk_", "yzk_x_y"):
        assert (
            machine.get("/api/records/things.thing", headers={"authorization": f"Bearer {forged}"}).status_code == 401
        )
    run(revoke_key, cast.dept_admin, account=account, service_key=made.key, reason="泄露")
    assert machine.get("/api/records/things.thing", headers=bearer).status_code == 401


def test_rotation_overlaps_and_keys_end(cast: Any, machine: Client) -> None:
    account, old = service(cast)
    new = run(issue_key, cast.dept_admin, account=account, label="大屏乙", days=30, replaces=old.key)

    def opens(made: Any) -> bool:
        header = {"authorization": f"Bearer {made.text}"}
        return machine.get("/api/records/things.thing", headers=header).status_code == 200

    assert (opens(old), opens(new)) == (True, True)
    with time_machine.travel(timezone.now() + timedelta(seconds=policy().key_overlap_s + 5), tick=True):
        assert (opens(old), opens(new)) == (False, True)
    with time_machine.travel(timezone.now() + timedelta(days=30, seconds=5), tick=True):
        assert not opens(new)


def test_a_machine_never_holds_more_than_who_lets_it_in(cast: Any) -> None:
    unit = Unit.objects.get(code="4311-SL")
    given = {"unit": unit.pk, "code": "more", "name": "更多", "aim": "值班大屏用", "reach": unit.pk}
    refused(open_service, cast.dept_admin, "beyond", role=Role.objects.get(code="water_officer").pk, **given)
    account, _ = service(cast)
    for text in ("read", "read:*.unit", "read:people.* ; drop", "读:人", ""):
        refused(issue_key, cast.dept_admin, "invalid", account=account, label="丙丙", patterns=text or " ")


def entrusted(cast: Any) -> Delegation:
    made = run(
        delegate,
        cast.citizen_elder,
        agent="citizen",
        agent_name=cast.citizen.name,
        matters="events",
        valid_to=timezone.localdate() + timedelta(days=7),
    )
    return Delegation.objects.get(pk=made.delegation)


def test_an_agent_acts_in_the_others_place_and_every_act_says_so(cast: Any) -> None:
    row = entrusted(cast)
    client = Client()
    session = client.session
    session["person"] = str(cast.citizen.id)
    session.save()
    client.cookies["yz_session"] = session.session_key or ""
    assert "去代办" in client.get("/app/account/delegations/").content.decode()
    client.post("/app/account/behalf/", {"delegation": str(row.pk)})
    assert f"由{cast.citizen.name}代办" in client.get("/app/").content.decode()
    report = {"text": "桥头路灯不亮", "region": "431181107", "door": "citizen"}
    headers = {"Idempotency-Key": "x1"}
    assert client.post("/api/grid_governance/report", report, "application/json", headers=headers).status_code == 200
    line = AuditLine.objects.filter(verb="grid_governance.report").latest("at")
    assert (line.actor_id, line.actor_name) == (
        cast.citizen_elder.id,
        f"{cast.citizen_elder.name}（由{cast.citizen.name}代办）",
    )
    assert client.get("/app/account/password/").status_code == 403  # not the account
    assert client.post("/app/account/delegations/", {"end": str(row.pk)}).status_code == 403
    run(end_delegation, cast.citizen_elder, delegation=row.pk)
    assert "代办）" not in client.get("/app/").content.decode()  # at once
    assert {found.verb for found in AuditLine.objects.filter(verb__startswith="people.")} >= {
        "people.delegate",
        "people.act_for",
        "people.end_delegation",
    }


def test_a_delegation_reaches_only_its_own_matters_and_days(cast: Any) -> None:
    from yongzhou.core.people.actors import on_behalf

    row = entrusted(cast)
    found = on_behalf(cast.citizen, row.pk, fresh=True)
    assert found.lines("report", "grid_governance.report")
    assert not found.lines("read", "people.delegation")
    assert all(grant.own for grant in found.grants)
    assert on_behalf(cast.duty, row.pk, fresh=True).kind == "anonymous"
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=True):
        assert on_behalf(cast.citizen, row.pk, fresh=True).kind == "anonymous"
    day = timezone.localdate() + timedelta(days=3)
    given = {"matters": "events", "valid_to": day}
    refused(delegate, cast.citizen_elder, "agent", agent="citizen", agent_name="错名", **given)
    refused(delegate, cast.citizen, "agent", agent="citizen", agent_name=cast.citizen.name, **given)
    refused(end_delegation, cast.citizen, "not_now", delegation=ended(row).pk)


def ended(row: Delegation) -> Delegation:
    row.ended_at = timezone.now()
    row.save()
    return row


def test_why_tells_the_line_that_decided_and_what_is_missing(cast: Any) -> None:
    near, far = Unit.objects.get(code="431181-SL"), Unit.objects.get(code="431127-SL")
    officer = actor_of(login_of("officer_431181").person_id)
    yes, no = explain(officer, "read", near), explain(officer, "read", far)
    assert yes.allowed
    assert "县区经办人" in yes.sentence
    assert not no.allowed
    assert any("431127" in line for line in no.needed)
    assert no.place[-1].endswith("431127")
    assert explain(officer, "warn", "water.station").allowed is False
    assert not explain(cast.outsider, "read", near).held
    for who in (officer, cast.dept_admin, cast.sec_admin, cast.citizen):
        for unit in (near, far):
            assert explain(who, "read", unit).allowed is Unit.visible_to(who).filter(pk=unit.pk).exists()


def test_why_tells_nothing_of_what_the_asker_does_not_see(visitors: Visitors) -> None:
    far = Unit.objects.get(code="431127-SL")
    client = visitors.desk("officer_431181")
    text = client.get("/desk/account/why/", {"resource": "people.unit", "record": str(far.pk)}).content.decode()
    assert "431127" not in text
    assert far.name not in text
    assert client.get("/desk/account/why/", {"person": str(login_of("duty").person_id)}).status_code == 404


def test_a_refused_page_leads_to_why(visitors: Visitors) -> None:
    client = visitors.desk("officer_431181")
    page = client.get("/desk/audit/auditline/")
    page = page if page.status_code in (403, 404) else client.get("/desk/do/water/raise-warning/")
    link = re.search(r'href="(/desk/account/why/\?from=[^"]+)"', page.content.decode())
    assert link
    assert client.get(link[1]).status_code == 200


PAGES = ["", "password/", "second/", "sessions/", "delegations/", "why/"]


@pytest.mark.parametrize("login", ["duty", "citizen", "outsider"])
def test_everybody_has_his_own_account(login: str, visitors: Visitors) -> None:
    root = "/app/account/" if login == "citizen" else "/desk/account/"
    for page in PAGES:
        assert visitors.desk(login).get(root + page).status_code == 200, page
        assert Client().get(root + page).status_code == 302


@pytest.mark.parametrize(
    ("page", "who"),
    [
        ("people/", {"dept_admin", "sec_admin"}),
        ("people/new/", {"dept_admin", "sec_admin"}),
        ("services/", {"dept_admin", "sec_admin"}),
        ("services/new/", {"dept_admin", "sec_admin"}),
        ("provider/", {"sec_admin"}),
    ],
)
def test_administrators_pages_are_theirs(page: str, who: set[str], visitors: Visitors) -> None:
    for login in ("dept_admin", "sec_admin", "duty", "citizen"):
        wanted = 200 if login in who else 403
        assert visitors.desk(login).get(f"/desk/account/{page}").status_code == wanted, login


def test_the_administrator_appoints_and_revokes_on_the_page(visitors: Visitors, cast: Any) -> None:
    unit = Unit.objects.get(code="4311-SL")
    person = Person.objects.create(kind="person", name="同事", unit=unit, region="4311")
    client, address = visitors.desk("dept_admin"), f"/desk/account/people/{person.pk}/"
    page = client.get(address).content.decode()
    assert "设备管理员" in page
    assert 'value="' + str(Role.objects.get(code="water_officer").pk) not in page
    role = Role.objects.get(code="device_keeper")
    client.post(address, {"wish": "appoint", "scope": f"unit:{unit.pk}", "role": str(role.pk)})
    held = Appointment.objects.get(person=person)
    over = {"wish": "appoint", "scope": "region:4311", "role": str(role.pk)}
    assert client.post(address, over).status_code == 422
    client.post(address, {"wish": "revoke", "appointment": str(held.pk), "reason": "调离"})
    assert not actor_of(person.pk, fresh=True).grants
    stranger = login_of("duty").person_id
    assert client.get(f"/desk/account/people/{stranger}/").status_code == 404


def test_demo_accounts_close_only_when_somebody_real_is_in_charge(cast: Any, client: Client) -> None:
    refused(close_demo_accounts, cast.sec_admin, "not_now", reason="上线")
    real = run(register, cast.sec_admin, unit=Unit.objects.get(code="4311-XZSP").pk, name="真管理员", login="guanli")
    Appointment.objects.create(person_id=real.person, role=Role.objects.get(code="sec_admin"), region="4311")
    demo = signed_in("duty")
    run(close_demo_accounts, actor_of(real.person, fresh=True), reason="上线")
    assert demo.get("/desk/").status_code == 302
    assert client.post("/login/", {"username": "duty", "password": DEMO_PASSWORD}).status_code == 422
    assert DEMO_PASSWORD not in client.get("/login/").content.decode()


def test_the_environment_closes_demo_accounts_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = signed_in("duty")
    monkeypatch.setenv("DEMO_ACCOUNTS", "off")
    forget()
    assert demo.get("/desk/").status_code == 302
    assert client.post("/login/", {"username": "duty", "password": DEMO_PASSWORD}).status_code == 422
    assert DEMO_PASSWORD not in client.get("/login/").content.decode()
