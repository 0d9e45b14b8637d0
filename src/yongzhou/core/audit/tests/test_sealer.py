"""The sealer on a real database: concurrent transactions, late commits, the append-only rule, a restored dump."""

import json
import random
import threading
import time
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner
from django.db import DatabaseError, connection, transaction

from yongzhou.core.audit import store
from yongzhou.core.audit.command import audit
from yongzhou.core.audit.lines import Entry, append, append_many
from yongzhou.core.audit.models import AuditBlock, AuditLine
from yongzhou.core.audit.sealer import anchor_path, seal_once, sealer
from yongzhou.core.audit.verify import Kind, verify, verify_database

INSERT = (
    "INSERT INTO core_audit_line (id, at, actor_id, actor_name, verb, resource, outcome, door, detail, cluster, tx)"
    " VALUES (%s, now(), gen_random_uuid(), '甲', 'v', 'r', 'done', 'rest', '{}', 0, 0)"
)


class Somebody:
    id = UUID(int=1)
    name = "张三"


def add(n=1):
    details = ({"n": i, "文": "字", "x": 1.50} for i in range(n))
    return append_many(Entry(Somebody(), "v", "r", "done", "form", detail=detail) for detail in details)


def tamper(direct, statement, values=()):
    direct.execute("ALTER TABLE core_audit_line DISABLE TRIGGER USER")
    direct.execute(statement, values)
    direct.execute("ALTER TABLE core_audit_line ENABLE TRIGGER USER")


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize(("table", "column"), [("core_audit_line", "verb"), ("core_audit_block", "count")])
def test_append_only(home, direct, statement, table, column):
    add()
    seal_once(direct)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="只能追加"):
        direct.execute(statement.format(table, column, column))


def test_a_rolled_back_operation_leaves_no_line(home):
    with transaction.atomic():
        append(actor=Somebody(), verb="v", resource="r", outcome="done", door="rest")
        transaction.set_rollback(True)
    assert not AuditLine.objects.exists()


def test_sealed_lines_verify(home, direct):
    ids = add(7)
    block = seal_once(direct)
    assert {member.id for member in block.members} == set(ids)
    report = verify_database(direct, (block.number, block.head))
    assert (report.sound, report.blocks, report.lines, report.unsealed) == (True, 1, 7, [])


def test_unsealed_lines_are_named_and_no_fault(home, direct):
    ids = add(2)
    report = verify_database(direct, None)
    assert (report.sound, report.unsealed) == (True, ids)


def test_a_line_that_commits_late_is_sealed_later_and_in_order(home, direct):
    with psycopg.connect(home.dsn()) as slow:
        late = uuid4()
        slow.execute(INSERT, [late])
        early = add(3)
        assert seal_once(direct) is None  # the older transaction still runs: younger lines must wait
        slow.commit()
    block = seal_once(direct)
    assert [member.id for member in block.members] == [late, *early]


def test_a_block_may_be_cut_inside_a_transaction(home, direct):
    with transaction.atomic():
        ids = add(10)
    blocks = [seal_once(direct, limit=4) for _ in range(4)]
    assert [len(block.members) for block in blocks[:3]] == [4, 4, 2]
    assert blocks[3] is None
    assert [member.id for block in blocks[:3] for member in block.members] == ids
    assert verify_database(direct, None).sound


def test_nothing_is_missed_under_concurrent_transactions(home):
    """Eight writers with transactions of random length, rollbacks included, while the sealer runs without pause."""
    committed, done = [], threading.Event()

    def write(seed):
        moments = random.Random(seed)
        with psycopg.connect(home.dsn()) as writer:
            for _ in range(25):
                ids = [uuid4() for _ in range(moments.randint(1, 3))]
                for id in ids:
                    writer.execute(INSERT, [id])
                    time.sleep(moments.random() * 0.01)
                if moments.random() < 0.2:
                    writer.rollback()
                else:
                    writer.commit()
                    committed.extend(ids)

    def seal():
        with psycopg.connect(home.dsn(), autocommit=True) as own:
            while not done.is_set() or seal_once(own) is not None:
                seal_once(own)

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(8)]
    sealing = threading.Thread(target=seal)
    for thread in (*writers, sealing):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    sealing.join()
    with psycopg.connect(home.dsn(), autocommit=True) as own:
        members = [member.id for block in store.blocks(own) for member in block.members]
        assert sorted(members) == sorted(committed)
        assert AuditBlock.objects.count() > 3
        report = verify_database(own, None)
    assert (report.findings, report.unsealed) == ([], [])


def test_writers_cannot_choose_their_place(home, direct):
    add()
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid4()])
    assert min(AuditLine.objects.values_list("tx", flat=True)) > 0


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE core_audit_line SET detail = '{\"n\": 99}' WHERE id = %s", Kind.CHANGED),
        ("DELETE FROM core_audit_line WHERE id = %s", Kind.DROPPED),
        ("UPDATE core_audit_line SET tx = tx + 1000 WHERE id = %s", Kind.REORDERED),
    ],
)
def test_tampering_with_the_table_is_named(home, direct, statement, kind):
    ids = add(5)
    seal_once(direct)
    tamper(direct, statement, [ids[2]])
    found = verify_database(direct, None).findings
    assert (kind, ids[2]) in {(f.kind, f.line) for f in found}


def test_a_line_slipped_between_blocks_is_named(home, direct):
    add()
    seal_once(direct)
    place = AuditLine.objects.get().tx
    add()
    seal_once(direct)
    forged = uuid4()
    direct.execute(INSERT, [forged])
    tamper(direct, "UPDATE core_audit_line SET tx = %s WHERE id = %s", [place + 1, forged])
    assert [(f.kind, f.line) for f in verify_database(direct, None).findings] == [(Kind.INSERTED, forged)]


def test_restored_dump_goes_on(home, direct):
    """Another cluster's lines come with higher transaction ids than this cluster will soon have."""
    add(2)
    seal_once(direct)
    add(1)
    direct.execute("ALTER TABLE core_audit_block DISABLE TRIGGER USER")
    tamper(direct, "UPDATE core_audit_line SET cluster = 5, tx = tx + 1000000")
    direct.execute(
        "UPDATE core_audit_block SET cluster = 5, first_tx = first_tx + 1000000, last_tx = last_tx + 1000000"
    )
    direct.execute("ALTER TABLE core_audit_block ENABLE TRIGGER USER")
    add(4)
    sizes = [len(block.members) for block in (seal_once(direct), seal_once(direct))]
    assert sizes == [1, 4]
    assert verify_database(direct, None).unsealed == []


def test_role_seals_keeps_the_head_and_the_command_proves_it(home):
    add(3)
    stop = threading.Event()
    thread = threading.Thread(target=sealer, args=[home, stop])
    thread.start()
    deadline = time.monotonic() + 10
    while not anchor_path(home).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join()
    answer = CliRunner().invoke(audit, ["verify", "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.output) == {"sound": True, "blocks": 1, "lines": 3, "findings": [], "unsealed": []}


def test_cut_tail_is_seen_by_the_kept_head(home, direct):
    add(3)
    block = seal_once(direct)
    store.keep_anchor(anchor_path(home), block)
    direct.execute("ALTER TABLE core_audit_block DISABLE TRIGGER USER; DELETE FROM core_audit_block")
    direct.execute("ALTER TABLE core_audit_block ENABLE TRIGGER USER")
    tamper(direct, "DELETE FROM core_audit_line")
    assert [f.kind for f in verify(home).findings] == [Kind.TAIL]
    answer = CliRunner().invoke(audit, ["verify"])
    assert answer.exit_code == 1
    assert "尾部被截" in answer.output


def test_django_refuses_too(home):
    add()
    with pytest.raises(DatabaseError):
        AuditLine.objects.all().delete()
