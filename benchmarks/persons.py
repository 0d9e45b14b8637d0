"""Lists over a million persons for somebody whose rights end at a county, against the same SQL by hand.

Two lines: the guarded list (`core.data.query`) against a cursor that runs the same two statements and keeps tuples,
and the whole API request against a bare Django view with the same statements, both through Django's handler.
Run: `python -m benchmarks.persons [rows]`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final
from uuid import uuid4

import numpy as np

from benchmarks.homes import members, own_home
from benchmarks.result import tell
from yongzhou.house.family import Family

ROWS: Final = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
ROUNDS: Final = 60
COUNTIES: Final = tuple(f"4311{n:02}" for n in (2, 3, 22, 23, 24, 25, 26, 27, 28, 29, 81))
COUNTY: Final = "431122"
BAR: Final = "ratio <= 1.5"
_LIST: Final = """
SELECT party.id, party.origin, party.created_at, party.row_version, party.kind, party.name, party.region,
  person.id_number, person.phone, person.unit_id, person.job, unit.name
FROM people_person person JOIN people_party party ON party.id = person.party_ptr_id
LEFT JOIN people_unit unit ON unit.id = person.unit_id
WHERE party.region >= %s AND party.region < %s ORDER BY person.party_ptr_id DESC LIMIT 51
"""
_COUNT: Final = """
SELECT count(*) FROM (SELECT 1 FROM people_person person JOIN people_party party ON party.id = person.party_ptr_id
  WHERE party.region >= %s AND party.region < %s LIMIT 10001) counted
"""


def people() -> Iterator[dict[str, object]]:
    """Synthetic persons over all counties."""
    dice = np.random.default_rng(651)
    towns = [f"{county}{town:03}" for county in COUNTIES for town in range(100, 120)]
    for number, place in enumerate(dice.integers(0, len(towns), ROWS).tolist()):
        yield {"kind": "person", "name": f"模拟{number}", "region": towns[place]}


def by_hand() -> tuple[list[tuple[Any, ...]], int]:
    """The same SQL, nothing else."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [COUNTY, COUNTY + ":"])
        count = cursor.fetchone()[0]
        cursor.execute(_LIST, [COUNTY, COUNTY + ":"])
        return cursor.fetchall(), count


def timed(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of both, medians of rounds that alternate."""
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for times, work in zip(spent, (first, second), strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1000)
    return median(spent[0]), median(spent[1])


def measure() -> None:
    """Fill, then ask."""
    from django.db import connection
    from django.test import Client, RequestFactory
    from django.views.decorators.http import require_GET

    from yongzhou.core.data.actor import Actor, Grant
    from yongzhou.core.data.bulk import copy_in
    from yongzhou.core.data.query import page, query
    from yongzhou.core.people.models import Appointment, Person, Role, RoleGrant
    from yongzhou.portals.api.answers import answer, token

    grant = Grant(role="经办人", action="read", resource="people.*", max_grade=2, region=COUNTY)
    actor = Actor(kind="person", id=uuid4(), name="经办人", grants=(grant,))
    copy_in(Person, people(), actor=actor, origin="synthetic", source="benchmark")
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze people_party, people_person")
    found, (rows, count) = page(query(Person, actor, {})), by_hand()
    if [str(row.pk) for row in found.rows] != [str(row[0]) for row in rows[:50]] or count != 10_001:
        raise SystemExit("ours and the SQL by hand disagree")
    ours, peer = timed(lambda: page(query(Person, actor, {})), by_hand)
    name = f"list of {ROWS:,} persons within a county"
    tell(f"{name}, against the same SQL by hand", ours=ours, peer=peer, ratio=ours / peer, bar=BAR, unit="ms")

    role = Role.objects.create(code="bench", name="经办人")
    RoleGrant.objects.create(role=role, action="read", resource="people.*", max_grade=2)
    clerk = Person.objects.create(name="经办人", region=COUNTY)
    Appointment.objects.create(person=clerk, role=role, region=COUNTY)
    client, factory = Client(), RequestFactory()
    headers = {"Authorization": f"Bearer {token(clerk.pk)}"}

    def api() -> None:
        response = client.get("/api/records/people.person", headers=headers)
        if response.status_code != 200 or len(json.loads(response.content)["rows"]) != 50:
            raise SystemExit(f"the API answered {response.status_code}")

    @require_GET
    def bare(request: Any) -> Any:
        rows, count = by_hand()
        return answer({"rows": [[str(value) for value in row] for row in rows[:50]], "count": count})

    ours, peer = timed(api, lambda: bare(factory.get("/")))
    tell(f"{name}, API against a bare view", ours=ours, peer=peer, ratio=ours / peer, bar=BAR, unit="ms")


def main() -> None:
    """A home of its own, two lines."""
    with own_home() as home, Family(home, members("postgres", "nats")):
        import django

        django.setup()
        from yongzhou.house.prepare import prepare
        from yongzhou.house.setup import load_rooms

        load_rooms()
        prepare(home, city=False)
        measure()


if __name__ == "__main__":
    main()
