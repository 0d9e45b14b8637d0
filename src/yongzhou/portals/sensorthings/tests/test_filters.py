"""The filter language: what is understood, and where it says that it does not understand."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.portals.sensorthings.filters import Call, Compare, Constant, FilterError, Logic, Path, parse
from yongzhou.portals.sensorthings.options import OptionError, read
from yongzhou.testing import reference


def test_and_binds_closer_than_or():
    tree = parse("a eq 1 or b eq 2 and c eq 3")
    assert isinstance(tree, Logic)
    assert tree.word == "or"
    assert isinstance(tree.parts[1], Logic)


def test_not_binds_closer_than_and():
    tree = parse("not a eq 1 and b eq 2")
    assert isinstance(tree, Logic)
    assert tree.word == "and"


def test_words_that_begin_like_operators_are_properties():
    assert parse("order eq 1") == Compare("eq", Path(("order",), 1), Constant(1.0, "number", 10), 7)


@reference(kind="published", source="OGC 18-088", clause="9.3.3.5.1, examples")
@pytest.mark.parametrize(
    "text",
    [
        "result lt 10.00",
        "phenomenonTime ge 2014-10-01T00:00:00.000Z",
        "substringof('Sensor Things',description)",
        "length(description) eq 12",
        "geo.distance(location, geography'POINT (30 10)') lt 1",
        "st_within(location, geography'POLYGON ((30 10, 10 20, 20 40, 40 40, 30 10))')",
        "Datastreams/Observations/FeatureOfInterest/id eq 'FOI_1' and Datastreams/Observations/resultTime ge "
        "2010-06-01T00:00:00Z and date(Datastreams/Observations/resultTime) le 2010-06-02T00:00:00Z",
    ],
)
def test_examples_of_the_standard_are_understood(text):
    assert parse(text)


def test_quotes_are_doubled():
    tree = parse("name eq 'O''Neil'")
    assert isinstance(tree, Compare)
    assert isinstance(tree.right, Constant)
    assert tree.right.value == "O'Neil"


def test_time_keeps_its_zone():
    tree = parse("t gt 2026-06-18T03:06:05+08:00")
    assert isinstance(tree, Compare)
    assert isinstance(tree.right, Constant)
    moment = tree.right.value
    assert isinstance(moment, datetime)
    assert moment.utcoffset() == timedelta(hours=8)
    assert moment == datetime(2026, 6, 17, 19, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("result lt", 10),
        ("result lt 10 and", 17),
        ("result = 10", 8),
        ("(result lt 10", 14),
        ("name eq 'x", 9),
        ("result lt 10)", 13),
        ("t gt 2026-13-01T00:00:00Z", 6),
    ],
)
def test_error_names_the_place_in_two_languages(text, at):
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.at == at
    assert "有误" in str(caught.value)
    assert f"at character {at}" in str(caught.value)


@given(st.text(alphabet="()'/ abeqndorlt10.,;$中", max_size=60))
def test_any_text_is_a_tree_or_a_filter_error(text):
    with suppress(FilterError):
        assert parse(text)


def test_deep_nesting_is_an_error_not_a_crash():
    with pytest.raises(FilterError):
        parse("(" * 3000 + "a eq 1")
    parse("not " * 500 + "a eq 1")


def test_expand_carries_options_of_its_own():
    options = read(
        {"$expand": "Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc);$select=name),Locations"}
    )
    streams, places = options.expand
    assert places.name == "Locations"
    assert streams.options.select == {"name"}
    (latest,) = streams.options.expand
    assert latest.options.top == 1
    assert latest.options.order[0].descending


def test_expand_by_slash_is_nesting():
    (one,) = read({"$expand": "Datastreams/Observations($top=3)"}).expand
    assert one.name == "Datastreams"
    assert one.options.expand[0].options.top == 3


def test_separators_inside_quotes_do_not_split():
    (one,) = read({"$expand": "Datastreams($filter=name eq 'a;b,c)')"}).expand
    assert isinstance(one.options.filter, Compare)


@pytest.mark.parametrize(
    "words",
    [{"$top": "-1"}, {"$skip": "99999"}, {"$expand": "A(("}, {"$filtre": "x"}, {"$count": "yes"}, {"$orderby": "a b c"},
     {"$expand": "A/B/C/D/E/F"}],
)  # fmt: skip
def test_impossible_options_are_refused(words):
    with pytest.raises(OptionError):
        read(words)


def test_top_is_cut_at_1000():
    assert read({"$top": "50000"}).top == 1000


def test_a_call_keeps_its_arguments():
    assert parse("contains(name,'x')") == Call("contains", (Path(("name",), 10), Constant("x", "text", 15)), 1)
