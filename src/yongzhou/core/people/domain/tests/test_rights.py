"""Patterns of rights, measured by what they match: nothing is given or kept that was not there before."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from yongzhou.core.data.actor import Grant
from yongzhou.core.people.domain.rights import covers, first_beyond, narrowed, takes_in

ACTIONS = ("read", "appoint", "warn")
NAMES = ("people.unit", "people.person", "peoples.x", "water.station", "water.warning")
PATTERNS = ("*", "people.*", "people*", "people.unit", "water.*", "water.w*", "*.unit", "w?ter.*", "[pw]*")
REGIONS = (None, "", "4311", "431181", "4303")
UNITS = tuple(UUID(int=number) for number in range(1, 5))
TREES = (frozenset[UUID](), frozenset(UNITS[:1]), frozenset(UNITS[:3]), frozenset(UNITS))
PLACES = ("4311", "431181107", "4303", "11")

grants = st.builds(
    Grant,
    role=st.just("r"),
    action=st.sampled_from((*ACTIONS, "*")),
    resource=st.sampled_from(PATTERNS),
    max_grade=st.integers(1, 5),
    region=st.sampled_from(REGIONS),
    units=st.sampled_from(TREES),
    own=st.booleans(),
)
Right = tuple[str, str, int, str]


def rights(lines: Sequence[Grant]) -> set[Right]:
    """Every single act that lines allow: action, resource, grade, where; worked out by matching, not by comparing."""
    found: set[Right] = set()
    for line in lines:
        where = {f"region {place}" for place in PLACES if line.region is not None and place.startswith(line.region)}
        where |= {f"unit {unit}" for unit in line.units}
        where = {"own"} if line.own else where
        found |= {
            (action, name, grade, place)
            for action in ACTIONS
            for name in NAMES
            if line.covers(action, name)
            for grade in range(1, line.max_grade + 1)
            for place in where
        }
    return found


@given(grants, grants)
def test_what_covers_allows_no_less(own: Grant, other: Grant) -> None:
    if covers(own, other) and not other.own and not (other.region is not None and other.units):
        assert rights([other]) <= rights([own])


@given(st.sampled_from(PATTERNS), st.sampled_from(PATTERNS))
def test_taking_in_is_inclusion_of_names(own: str, other: str) -> None:
    if takes_in(own, other):
        assert {n for n in NAMES if Grant("r", "read", other).covers("read", n)} <= {
            n for n in NAMES if Grant("r", "read", own).covers("read", n)
        }


@given(st.lists(grants, max_size=4), st.lists(st.tuples(st.sampled_from((*ACTIONS, "*")), st.sampled_from(PATTERNS))))
def test_a_narrowed_line_is_in_both(lines: list[Grant], patterns: list[tuple[str, str]]) -> None:
    allowed = rights([Grant("k", action, resource, 5, region="") for action, resource in patterns])
    for right in rights(narrowed(lines, patterns)):
        assert right in rights(lines)
        assert right[:2] in {other[:2] for other in allowed}


scopes = st.one_of(
    st.tuples(st.sampled_from([region for region in REGIONS if region]), st.just(TREES[0])),
    st.tuples(st.none(), st.sampled_from(TREES[1:])),
)
roles = st.lists(
    st.tuples(st.sampled_from((*ACTIONS, "*")), st.sampled_from(PATTERNS), st.integers(1, 5)), min_size=1, max_size=3
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(grants, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), roles, scopes), max_size=12),
)
def test_no_sequence_of_grants_ever_exceeds_what_the_first_one_held(
    held: list[Grant], acts: list[tuple[int, int, list[tuple[str, str, int]], tuple[str | None, frozenset[UUID]]]]
) -> None:
    """T22: an administrator and three whom he makes administrators give each other roles in any order."""
    people: list[list[Grant]] = [list(held), [], [], []]
    for giver, taker, lines, (region, units) in acts:
        given_lines = [
            Grant("r", action, resource, grade, region=region, units=units) for action, resource, grade in lines
        ]
        if giver != taker and first_beyond(people[giver], given_lines) is None:
            people[taker] += given_lines
    first = rights([line for line in held if not line.own])
    for number, person in enumerate(people[1:], start=1):
        assert rights(person) <= first, number
