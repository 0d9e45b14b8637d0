"""Field kinds: plain for migrations, sealed for persons, refused when declared wrongly."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from yongzhou.core.data.fields import Text
from yongzhou.core.data.house import declaration
from yongzhou.core.data.personal import Sealed, mask
from yongzhou.core.data.present import Shown, cell, present
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import Spec
from yongzhou.core.people.models import Person, Unit
from yongzhou.testing import people


def test_migrations_know_nothing_of_the_house():
    for model in records().values():
        for field in model._meta.local_concrete_fields:
            assert field.deconstruct()[1].startswith(("django.", "yongzhou.core.data.geometry.BoxField")), field


def test_unknown_house_attribute_is_told_with_a_hint():
    broken = SimpleNamespace(
        __mro__=(type("X", (), {"House": type("House", (), {"titel": "x"})}),),
        __name__="Broken",
    )
    with pytest.raises(ImproperlyConfigured, match="did you mean 'title'"):
        declaration.__wrapped__(broken)


@pytest.mark.django_db
def test_personal_value_is_sealed_at_rest_found_blindly_and_masked():
    person = Person.objects.create(kind="person", name="测试", phone="19900001234", region="431181")
    with connection.cursor() as cursor:
        cursor.execute("select phone from people_person where party_ptr_id = %s", [person.pk])
        stored = cursor.fetchone()[0]
    assert stored.startswith("sm4:")
    assert "1234" not in stored
    read = Person.objects.get(pk=person.pk)
    assert isinstance(read.phone, Sealed)
    assert read.phone.open() == "19900001234"
    from yongzhou.core.crypto import blind

    assert Person.objects.get(phone_blind=blind("199 0000 1234", "phone")).pk == person.pk
    assert present(read, people().duty)["phone"].text == "199****1234"


@pytest.mark.parametrize(
    ("kind", "clear", "masked"),
    [
        ("phone", "13812342071", "138****2071"),
        ("id", "431103199001011239", "431***********1239"),
        ("name", "陈立新", "陈**"),
    ],
)
def test_masks(kind, clear, masked):
    assert mask(clear, kind) == masked


@pytest.mark.parametrize("evil", ["=cmd|'/c calc'!A0", "+1", "@sum", "-2+3", "\t=1"])
def test_no_cell_starts_a_formula(evil):
    assert cell(Shown("x", Spec("text", "x"), evil, evil)).startswith("'")


@pytest.mark.django_db
def test_every_record_has_a_title_and_chinese_labels():
    for name, model in records().items():
        assert declaration(model).title, name
        for field in model._meta.local_fields:
            if isinstance(field, Text):
                assert field.spec.label, f"{name}.{field.name}"
    assert str(Unit(name="市水利局")) == "市水利局"
