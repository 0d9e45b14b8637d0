"""T34 end to end: somebody with the database's keys changes one audit line; `yongzhou audit verify` names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest

from yongzhou.core.audit.lines import append
from yongzhou.core.audit.sealer import anchor_path, seal_once
from yongzhou.core.data.actor import system
from yongzhou.core.home import REPOSITORY, Home


def verify(database: str) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, "-m", "yongzhou.house.cli", "audit", "verify", "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env={**os.environ, "DATABASE": database, "PYTHONPATH": str(REPOSITORY / "src")},
        timeout=60,
        check=False,
    )
    return done.returncode, json.loads(done.stdout.strip().splitlines()[-1])


def test_a_line_changed_behind_the_trigger_is_named(committed_db: str) -> None:
    anchor_path(Home.here()).unlink(missing_ok=True)  # this database is a clone: nothing is anchored yet
    ids = [
        append(
            actor=system("test"), verb="core.test", resource="x.y", outcome="done", door="test", detail={"n": number}
        )
        for number in range(5)
    ]
    with psycopg.connect(Home.here().dsn(), autocommit=True) as sealing:
        assert seal_once(sealing) is not None
    code, report = verify(committed_db)
    assert (code, report["sound"]) == (0, True)
    with psycopg.connect(Home.here().dsn(), autocommit=True) as owner:
        with pytest.raises(psycopg.Error, match="只能追加"):
            owner.execute("update core_audit_line set outcome = 'refused' where id = %s", [ids[2]])
        owner.execute("alter table core_audit_line disable trigger all")
        owner.execute("update core_audit_line set outcome = 'refused' where id = %s", [ids[2]])
        owner.execute("alter table core_audit_line enable trigger all")
    code, report = verify(committed_db)
    assert (code, report["sound"]) == (1, False)
    assert str(ids[2]) in json.dumps(report["findings"])
