"""T22: nobody gives more than he holds, outside his scope, or to himself; and no other door writes rights."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.test import Client

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.data.house import declaration
from yongzhou.core.operations.registry import operations
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.models import Appointment, Delegation, Login, Person, Role, RoleGrant, ServiceAccount, Unit
from yongzhou.core.people.operations import Appoint, appoint, covers, revoke
from yongzhou.house.setup import load_rooms
from yongzhou.testing import refused, run

load_rooms()
EVERY = {"read": "people.*", "appoint": "people.*", "revoke": "people.*"}


def role(code: str, *lines: tuple[str, str, int]) -> Role:
    made = Role.objects.create(code=code, name=code)
    RoleGrant.objects.bulk_create(
        RoleGrant(role=made, action=action, resource=resource, max_grade=grade) for action, resource, grade in lines
    )
    return made


@pytest.fixture
def office(db: None) -> SimpleNamespace:
    """A department admin of the city's water bureau, a colleague there, and somebody in another bureau."""
    unit = Unit.objects.get(code="4311-SL")
    other = Unit.objects.get(code="4311-CG")
    colleague = Person.objects.create(kind="person", name="同事", unit=unit, region="4311")
    stranger = Person.objects.create(kind="person", name="外人", unit=other, region="4311")
    admin = actor_of(Login.objects.get(name="dept_admin").person_id, fresh=True)
    return SimpleNamespace(unit=unit, other=other, colleague=colleague, stranger=stranger, admin=admin)


def test_a_role_within_ones_own_rights_is_given_and_works(office: SimpleNamespace) -> None:
    made = role("keeper", ("read", "things.*", 2))
    run(appoint, office.admin, person=office.colleague.pk, role=made.pk, unit=office.unit.pk)
    holds = actor_of(office.colleague.pk)
    assert holds.lines("read", "things.thing")
    line = AuditLine.objects.filter(verb="people.appoint", outcome="done").latest("at")
    assert line.actor_id == office.admin.id
    assert line.detail["role"] == "keeper"


@pytest.mark.parametrize(
    "line",
    [
        ("read", "grid_governance.*", 1),  # other resources
        ("*", "things.*", 2),  # every action
        ("read", "*", 1),  # everything
        ("read", "things.*", 3),  # a higher grade
        ("grant", "people.*", 2),  # an action that he has not
    ],
)
def test_more_than_one_holds_is_refused(office: SimpleNamespace, line: tuple[str, str, int]) -> None:
    made = role("more", line)
    refused(appoint, office.admin, "beyond", person=office.colleague.pk, role=made.pk, unit=office.unit.pk)
    assert not Appointment.objects.filter(person=office.colleague).exists()


def test_a_wider_scope_is_refused(office: SimpleNamespace) -> None:
    made = role("keeper", ("read", "things.*", 2))
    for scope in (
        {"region": "4311"},
        {"region": "43"},
        {"unit": office.other.pk},
        {"unit": Unit.objects.get(code="4311-ZF").pk},
    ):
        refused(appoint, office.admin, "beyond", person=office.colleague.pk, role=made.pk, **scope)
    refused(appoint, office.admin, "invalid", person=office.colleague.pk, role=made.pk)
    refused(
        appoint, office.admin, "invalid", person=office.colleague.pk, role=made.pk, region="4311", unit=office.unit.pk
    )


def test_somebody_of_another_department_is_not_there(office: SimpleNamespace) -> None:
    made = role("keeper", ("read", "things.*", 2))
    refused(appoint, office.admin, "not_found", person=office.stranger.pk, role=made.pk, unit=office.unit.pk)


def test_nobody_appoints_or_revokes_himself(office: SimpleNamespace) -> None:
    made = role("keeper", ("read", "things.*", 2))
    refused(appoint, office.admin, "自己", person=office.admin.id, role=made.pk, unit=office.unit.pk)
    held = Appointment.objects.get(person=office.admin.id)
    chief = Actor(
        "person", office.admin.id, "自己", grants=tuple(Grant("r", a, g, 2, region="4311") for a, g in EVERY.items())
    )
    refused(revoke, chief, "自己", appointment=held.pk, reason="不想做了")


def test_a_revoked_role_is_gone_at_once_and_its_row_stays(office: SimpleNamespace) -> None:
    made = role("keeper", ("read", "things.*", 2))
    given = run(appoint, office.admin, person=office.colleague.pk, role=made.pk, unit=office.unit.pk).appointment
    chief = Actor(
        "person", office.stranger.pk, "科长", grants=tuple(Grant("r", a, g, 2, region="4311") for a, g in EVERY.items())
    )
    run(revoke, chief, appointment=given, reason="调离岗位")
    assert not actor_of(office.colleague.pk).grants
    assert Appointment.objects.filter(pk=given).exists()
    refused(revoke, chief, "not_now", appointment=given, reason="再撤一次")
    assert AuditLine.objects.filter(verb="people.revoke", outcome="done").exists()


def test_the_department_admin_of_the_city_cannot_revoke_outside_his_department(office: SimpleNamespace) -> None:
    held = Appointment.objects.exclude(person=office.admin.id)[0]
    refused(revoke, office.admin, "not_found", appointment=held.pk, reason="不是本部门的人")


@pytest.mark.parametrize(
    ("own", "given", "wanted"),
    [
        (("read", "people.*", 2, "4311"), ("read", "people.unit", 2, "431181"), True),
        (("*", "*", 2, "4311"), ("warn", "water.*", 2, "4311"), True),
        (("read", "people.*", 2, "431181"), ("read", "people.unit", 2, "4311"), False),
        (("read", "people.unit", 2, "4311"), ("read", "people.*", 2, "4311"), False),
        (("read", "people.*", 2, "4311"), ("*", "people.unit", 2, "4311"), False),
        (("read", "people.*", 2, "4311"), ("read", "p*", 2, "4311"), False),
        (("read", "people.*", 2, "4311"), ("read", "people.*.x*", 2, "4311"), False),
        (("read", "people.*", 1, "4311"), ("read", "people.unit", 2, "4311"), False),
    ],
)
def test_covers(own: tuple[str, str, int, str], given: tuple[str, str, int, str], wanted: bool) -> None:
    lines = [Grant("r", action, resource, grade, region=region) for action, resource, grade, region in (own, given)]
    assert covers(*lines) is wanted


def test_ones_own_rows_are_no_scope_to_give() -> None:
    assert not covers(Grant("r", "*", "*", 5, own=True), Grant("r", "read", "people.unit", 1, region="4311"))


def test_no_other_door_writes_rights(db: None, client: Client) -> None:
    """Roles, their lines, appointments, delegations and accounts have no generic operations."""
    for model in (Role, RoleGrant, Appointment, Person, Delegation, ServiceAccount):
        assert declaration(model).api == "read"
    assert {op.name for op in operations().values() if op.on is Appointment} == {"people.revoke"}
    session = client.session
    session["person"] = str(Login.objects.get(name="sec_admin").person_id)
    session.save()
    for name in ("role", "rolegrant", "appointment", "person", "delegation", "serviceaccount"):
        answer = client.post(f"/api/records/people.{name}", json.dumps({}), "application/json")
        assert answer.status_code in (403, 405)
        assert client.post(f"/desk/people/{name}/new/", {}).status_code in (403, 405)
        assert client.post(f"/desk/people/{name}/import/", {}).status_code in (403, 405)


def test_the_input_says_what_it_wants() -> None:
    assert set(Appoint.model_fields) == {"person", "role", "region", "unit", "valid_to"}
