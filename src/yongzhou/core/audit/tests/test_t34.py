"""T34: whatever is changed, dropped, reordered, inserted or cut off in sealed lines is found and named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from yongzhou.core.audit.seals import GENESIS, Block, Line, close, unpack
from yongzhou.core.audit.verify import Kind, check_chain, check_lines

START = datetime(2026, 11, 24, tzinfo=UTC)


def line(n: int) -> Line:
    return Line(UUID(int=n), START + timedelta(seconds=n), UUID(int=1), "张三", "water.raise_warning", "water.village",
                UUID(int=n % 7), "防汛", "done", "form", '{"level": "move"}', 1, 100 + n // 3)  # fmt: skip


@st.composite
def sealed(draw):
    """Blocks over one to forty lines, cut anywhere."""
    sizes = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    blocks, lines, previous = [], [], GENESIS
    for number, size in enumerate(sizes, 1):
        own = [line(len(lines) + i) for i in range(size)]
        blocks.append(close(own, number=number, previous=previous, at=START))
        previous = blocks[-1].head
        lines += own
    return blocks, lines


def faults(blocks: list[Block], lines: list[Line], anchor):
    """As `verify_database` does: lines by id and lines in the block's range."""
    found = list(check_chain(blocks, anchor))
    end = (1, -1, UUID(int=0))
    for block in blocks:
        ids = {member.id for member in block.members}
        last = (block.cluster, block.last_tx, block.members[-1].id)
        found += check_lines(block, [x for x in lines if x.id in ids or end < x.order <= last])
        end = last
    return found


def anchor_of(blocks):
    return blocks[-1].number, blocks[-1].head


@given(sealed())
def test_untouched_is_sound(case):
    blocks, lines = case
    assert faults(blocks, lines, anchor_of(blocks)) == []


CHANGES = {
    "at": START - timedelta(days=1), "actor_id": UUID(int=99), "actor_name": "李四", "verb": "x", "resource": "x",
    "record_id": None, "purpose": None, "outcome": "refused", "door": "rest", "detail": "{}",
}  # fmt: skip


@given(sealed(), st.data())
def test_changed_line_is_named(case, data):
    blocks, lines = case
    i = data.draw(st.integers(0, len(lines) - 1))
    field = data.draw(st.sampled_from(sorted(CHANGES)))
    changed = [*lines[:i], replace(lines[i], **{field: CHANGES[field]}), *lines[i + 1 :]]
    assert [(f.kind, f.line) for f in faults(blocks, changed, None)] == [(Kind.CHANGED, lines[i].id)]


@given(sealed(), st.data())
def test_dropped_lines_are_named(case, data):
    blocks, lines = case
    gone = data.draw(st.sets(st.sampled_from([x.id for x in lines]), min_size=1))
    found = faults(blocks, [x for x in lines if x.id not in gone], None)
    assert {f.line for f in found if f.kind is Kind.DROPPED} == gone


@given(sealed(), st.data())
def test_reordered_lines_are_named(case, data):
    blocks, lines = case
    i, j = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2))
    if lines[i].tx == lines[j].tx:
        return  # same place
    a, b = lines[i], lines[j]
    moved = [replace(x, tx={a.id: b.tx, b.id: a.tx}.get(x.id, x.tx)) for x in lines]
    assert any(f.kind is Kind.REORDERED and f.line in {a.id, b.id} for f in faults(blocks, moved, None))


@given(sealed(), st.data())
def test_inserted_line_is_named(case, data):
    blocks, lines = case
    forged = replace(lines[0], id=UUID(int=10**6), tx=data.draw(st.integers(0, lines[-1].tx - 1)))
    found = faults(blocks, [*lines, forged], None)
    assert [(f.kind, f.line) for f in found] == [(Kind.INSERTED, forged.id)]


@given(sealed(), st.data())
def test_cut_tail_is_seen_by_the_head_kept_elsewhere(case, data):
    blocks, lines = case
    keep = data.draw(st.integers(0, len(blocks) - 1))
    found = faults(blocks[:keep], lines, anchor_of(blocks))
    assert Kind.TAIL in {f.kind for f in found}


@given(sealed(), st.data())
def test_missing_or_rebuilt_block_breaks_the_chain(case, data):
    blocks, lines = case
    i = data.draw(st.integers(0, len(blocks) - 1))
    own = [replace(x, actor_name="李四") for x in lines if x.id in {m.id for m in blocks[i].members}]
    forged = close(own, number=blocks[i].number, previous=blocks[i].previous, at=START)
    rebuilt = [*blocks[:i], forged, *blocks[i + 1 :]]
    assert Kind.BLOCK in {f.kind for f in faults(rebuilt, lines, anchor_of(blocks))}
    if i < len(blocks) - 1:
        assert Kind.GAP in {f.kind for f in faults(blocks[:i] + blocks[i + 1 :], lines, anchor_of(blocks))}


@given(sealed(), st.data())
def test_any_bit_of_a_block_counts(case, data):
    blocks, lines = case
    packed = bytearray(blocks[0].packed())
    bit = data.draw(st.integers(0, len(packed) * 8 - 1))
    packed[bit // 8] ^= 1 << bit % 8
    assert faults([replace(blocks[0], members=unpack(bytes(packed))), *blocks[1:]], lines, anchor_of(blocks))
