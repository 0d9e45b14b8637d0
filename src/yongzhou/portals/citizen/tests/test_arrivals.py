"""What the house answers to a phone's outbox: whose, once, and how it stands now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from yongzhou.core.crypto import uuid7
from yongzhou.core.matters.models import MatterStep
from yongzhou.portals.citizen.arrivals import dated, last_move
from yongzhou.portals.citizen.offline import owner_of
from yongzhou.systems.governance.grid_governance.models import Event, Report
from yongzhou.systems.governance.grid_governance.operations import report, sign
from yongzhou.testing import run

pytestmark = pytest.mark.django_db
PLACE = {"lon": 111.98507, "lat": 26.45507}


def phone_of(who: Any) -> Client:
    """A browser signed in as somebody."""
    client = Client()
    session = client.session
    moment = int(timezone.now().timestamp())
    session.update({"person": str(who.id), "seen": moment, "began": moment})
    session.save()
    return client


def send(client: Client, path: str, owner: str, key: str, **fields: Any) -> Any:
    """One submission of the outbox."""
    headers = {"X-Outbox": "later", "X-Yz-Owner": owner, "Idempotency-Key": key}
    return client.post(path, fields, headers=headers)


@pytest.fixture
def task(db: None, cast: Any) -> Event:
    """An event sent to the grid worker."""
    given: dict[str, Any] = {"text": "垃圾桶满了，垃圾堆成山", **PLACE, "crs": "WGS84", "door": "staff"}
    return Event.objects.get(pk=run(report, cast.hotline, **given).event)


def test_the_same_report_twice_is_one(db: None, cast: Any) -> None:
    who, key = cast.citizen, str(uuid7())
    made = (timezone.now() - timedelta(hours=3)).isoformat()
    given = {"text": "人行道地砖松动", **{name: str(value) for name, value in PLACE.items()}, "made_at": made}
    answers = [send(phone_of(who), "/app/report/", owner_of(who), key, **given).json() for _ in range(2)]
    assert answers[0]["sent"]
    assert answers[0] == answers[1]
    filed = Report.objects.get(external_id=key)
    assert abs((filed.at - timezone.now()).total_seconds() + 3 * 3600) < 60


def test_what_another_login_wrote_is_not_taken(db: None, cast: Any) -> None:
    answer = send(phone_of(cast.citizen), "/app/report/", owner_of(cast.citizen_elder), str(uuid7()), text="路灯坏了")
    assert answer.status_code == 409
    assert answer.json()["code"] == "other_person"


def test_an_ended_session_is_said_and_not_redirected(db: None) -> None:
    answer = send(Client(), "/app/report/", "", str(uuid7()), text="路灯坏了")
    assert answer.status_code == 401
    assert Client().get("/app/who/").status_code == 401


def test_a_moved_matter_comes_back_with_what_others_did(cast: Any, task: Event) -> None:
    seen = last_move(task)
    run(sign, cast.hotline, event=task.pk)
    who = cast.grid_worker
    answer = send(phone_of(who), f"/app/tasks/{task.pk}/", owner_of(who), str(uuid7()), act="sign", base=seen)
    assert answer.status_code == 409
    theirs = answer.json()["theirs"]
    assert (theirs["state_name"], theirs["steps"][-1]["who"]) == ("处置中", cast.hotline.name)
    assert theirs["acts"] == ["done", "note"]


def test_one_whose_answer_was_lost_is_no_conflict_when_others_went_on(cast: Any, task: Event) -> None:
    seen, who, key = last_move(task), cast.grid_worker, str(uuid7())
    path, client = f"/app/tasks/{task.pk}/", phone_of(cast.grid_worker)
    first = send(client, path, owner_of(who), key, act="sign", base=seen)
    MatterStep.objects.create(
        matter_id=task.pk, at=timezone.now(), before="handling", after="suspended", actor_name="别人"
    )
    assert send(client, path, owner_of(who), key, act="sign", base=seen).json() == first.json()


def test_a_note_is_kept_whatever_the_state(cast: Any, task: Event) -> None:
    who = cast.grid_worker
    answer = send(
        phone_of(who),
        f"/app/tasks/{task.pk}/",
        owner_of(who),
        str(uuid7()),
        act="note",
        text="到场时已有人在清",
        lon="112.5",
        lat="26.9",
    )
    assert answer.json()["sent"]
    task.refresh_from_db()
    assert task.state == "assigned"
    assert MatterStep.objects.filter(matter=task.pk, reason="到场时已有人在清").exists()


def test_late_words_carry_their_time_within_the_field() -> None:
    at = timezone.now() - timedelta(hours=2)
    assert "离线记录" in dated("清完了", at)
    assert len(dated("长" * 300, at)) == 300
    assert dated("清完了", None) == "清完了"


def test_pages_say_whose_they_are_and_the_offline_page_does_not(db: None, cast: Any) -> None:
    client = phone_of(cast.citizen)
    assert client.get("/app/me/")["X-Yz-Owner"] == owner_of(cast.citizen)
    nobody = client.get("/app/offline/")
    assert "X-Yz-Owner" not in nobody
    assert cast.citizen.name not in nobody.content.decode()
