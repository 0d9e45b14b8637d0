"""Prove the seals and name what does not fit: changed, dropped, reordered, inserted lines, broken blocks, a cut tail.

What it cannot see: lines deleted before their block was closed (about a second), and a forger who rewrites lines, all
blocks and every copy of the newest head. Hence the head is kept in a file too and anchored to `evidence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

import psycopg

from yongzhou.core.audit import store
from yongzhou.core.audit.sealer import anchor_path
from yongzhou.core.audit.seals import GENESIS, Block, Line
from yongzhou.core.home import Home


class Kind(StrEnum):
    """What is wrong, in the words of the report."""

    CHANGED = "内容被改"
    DROPPED = "行被删"
    REORDERED = "顺序被改"
    INSERTED = "事后插入"
    BLOCK = "块被改"
    GAP = "缺块"
    TAIL = "尾部被截"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its kind, the block, the line if it is about one, and a sentence."""

    kind: Kind
    block: int
    line: UUID | None
    text: str


@dataclass(slots=True)
class Report:
    """What was proved: numbers of blocks and lines, faults, ids of lines not yet sealed."""

    blocks: int = 0
    lines: int = 0
    findings: list[Finding] = field(default_factory=list)
    unsealed: list[UUID] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; unsealed lines are no fault."""
        return not self.findings


def check_chain(blocks: Iterable[Block], anchor: tuple[int, bytes] | None = None) -> Iterator[Finding]:
    """Faults of the blocks among themselves and against the newest head known elsewhere (number, head)."""
    expected, previous = 1, GENESIS
    anchored = anchor is None
    for block in blocks:
        if block.number != expected:
            yield Finding(Kind.GAP, expected, None, f"第 {expected} 至 {block.number - 1} 块不在。")
        elif block.previous != previous:
            yield Finding(Kind.BLOCK, block.number, None, f"第 {block.number} 块不接在前一块之后。")
        if block.computed_root() != block.root:
            yield Finding(Kind.BLOCK, block.number, None, f"第 {block.number} 块的叶与根不符。")
        if block.computed_head() != block.head:
            yield Finding(Kind.BLOCK, block.number, None, f"第 {block.number} 块的块头与内容不符。")
        if anchor and block.number == anchor[0]:
            anchored = True
            if block.head != anchor[1]:
                yield Finding(Kind.BLOCK, block.number, None, f"第 {block.number} 块与库外留存的块头不同。")
        expected, previous = block.number + 1, block.head
    if not anchored and anchor and expected <= anchor[0]:
        yield Finding(Kind.TAIL, expected, None, f"库外留有第 {anchor[0]} 块的块头，库内只到第 {expected - 1} 块。")


def check_lines(block: Block, lines: Sequence[Line]) -> Iterator[Finding]:
    """Faults of the lines of one block: `lines` are those found by its ids and those found in its range."""
    place = {member.id: i for i, member in enumerate(block.members)}
    found = {line.id: line for line in lines}
    for member in block.members:
        if (line := found.get(member.id)) is None:
            yield Finding(Kind.DROPPED, block.number, member.id, f"第 {block.number} 块的行 {member.id} 不在了。")
        elif line.leaf() != member.leaf:
            yield Finding(Kind.CHANGED, block.number, member.id, f"第 {block.number} 块的行 {member.id} 与封存时不同。")
    kept = [line for line in sorted(found.values(), key=lambda line: line.order) if line.id in place]
    moved = {line.id for line, rank in zip(kept, sorted(place[line.id] for line in kept), strict=True)
             if place[line.id] != rank}  # fmt: skip
    moved |= {
        line.id for line in kept if line.cluster != block.cluster or not block.first_tx <= line.tx <= block.last_tx
    }
    for id in sorted(moved):
        yield Finding(Kind.REORDERED, block.number, id, f"第 {block.number} 块中的行 {id} 不在封存时的位置。")
    for id in sorted(found.keys() - place.keys()):
        yield Finding(Kind.INSERTED, block.number, id, f"行 {id} 落在第 {block.number} 块的范围内，却没有封存。")


def verify(home: Home) -> Report:
    """Prove the whole audit of one home against its file of the newest head."""
    with psycopg.connect(home.dsn(), application_name="yz audit verify") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # one picture while the sealer goes on
        anchor = store.read_anchor(anchor_path(home))  # before the snapshot: it may only be older
        return verify_database(connection, anchor)


def verify_database(connection: store.Connection, anchor: tuple[int, bytes] | None) -> Report:
    """Prove the audit that one connection sees."""
    report = Report()
    ends: dict[int, tuple[int, UUID]] = {}  # cluster -> place of its last sealed line

    def walk() -> Iterator[Block]:
        for block in store.blocks(connection):
            report.blocks += 1
            report.lines += len(block.members)
            report.findings += check_lines(block, _lines_of(connection, block, ends.get(block.cluster)))
            if block.members:
                ends[block.cluster] = (block.last_tx, block.members[-1].id)
            yield block

    chain = list(check_chain(walk(), anchor))
    report.findings += chain
    report.unsealed = _unsealed(connection, ends)
    return report


def _lines_of(connection: store.Connection, block: Block, previous: tuple[int, UUID] | None) -> list[Line]:
    """Lines named by the block, and lines in its range: behind the previous block's end, up to its own."""
    by_id = store.lines_by_id(connection, [member.id for member in block.members])
    if not block.members:
        return by_id
    first = previous or (-1, UUID(int=0))
    in_range = store.lines_between(connection, block.cluster, first, (block.last_tx, block.members[-1].id))
    ids = {line.id for line in by_id}
    return by_id + [line for line in in_range if line.id not in ids and (line.tx, line.id) != previous]


def _unsealed(connection: store.Connection, ends: dict[int, tuple[int, UUID]]) -> list[UUID]:
    rows = connection.execute("SELECT DISTINCT cluster FROM core_audit_line").fetchall()
    ids: list[UUID] = []
    for (cluster,) in rows:
        number = int(str(cluster))
        after = ends.get(number, (-1, UUID(int=0)))
        ids += [line.id for line in store.lines_after(connection, number, after, None, 1_000_000)]
    return ids
