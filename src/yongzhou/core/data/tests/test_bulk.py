"""Mass writes seal what is personal and leave one audit line and one marker."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.crypto import blind
from yongzhou.core.data import bulk, history
from yongzhou.core.data.actor import Actor
from yongzhou.core.people.models import Person

LOADER = Actor(kind="person", id=uuid4(), name="数据员", grants=())
PHONE = "16100000099"


@pytest.mark.django_db
def test_personal_values_are_sealed_and_found_by_their_blind_index() -> None:
    bulk.copy_in(
        Person, [{"name": "甲", "region": "431103", "phone": PHONE}], actor=LOADER, origin="synthetic", source="t"
    )
    with connection.cursor() as cursor:
        cursor.execute("select phone from people_person where phone_blind = %s", [blind(PHONE, "phone")])
        (stored,) = cursor.fetchone()
    assert PHONE not in stored
    assert Person.objects.get(phone_blind=blind(PHONE, "phone")).phone.open() == PHONE


@pytest.mark.django_db
def test_many_batches_are_one_audit_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    report = bulk.copy_in(
        Person,
        ({"name": f"人{n}", "region": "431103"} for n in range(5)),
        actor=LOADER,
        origin="synthetic",
        source="t",
    )
    assert report.rows == Person.objects.filter(name__startswith="人", origin="synthetic").count() == 5
    (line,) = AuditLine.objects.filter(verb="core.copy_in", actor_id=LOADER.id)
    assert line.detail["rows"] == 5


@pytest.mark.django_db
def test_a_row_is_not_known_before_it_was_brought_in() -> None:
    bulk.copy_in(Person, [{"name": "甲", "region": "431103"}], actor=LOADER, origin="synthetic", source="t")
    row = Person.objects.get(name="甲", region="431103")
    assert history.past(Person, row.pk, row.created_at - timedelta(seconds=1)) is None
    known = history.past(Person, row.pk, row.created_at)
    assert known is not None
    assert known.name == "甲"
