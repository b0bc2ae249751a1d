"""Merging and interpolation, by their laws."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.errors import Report, Span
from modelform.spec.interpolate import Scope, substitute
from modelform.spec.merge import add_fragment, merge
from modelform.spec.yamlnodes import Entry, Mapping, Node, Scalar, Sequence

HERE = Span("f.yaml", 1, 1)
keys = st.sampled_from("abcd")
values = st.recursive(
    st.none() | st.integers(0, 3) | st.sampled_from(["x", "y", "${", "$${"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
maps = st.dictionaries(keys, values, max_size=4)


def node(value: object) -> Node:
    if isinstance(value, dict):
        return Mapping({key: Entry(HERE, node(item)) for key, item in value.items()}, HERE)
    if isinstance(value, list):
        return Sequence(tuple(node(item) for item in value), HERE)
    assert value is None or isinstance(value, str | int)
    return Scalar(value, "" if value is None else str(value), True, HERE)


def tree(value: dict[str, object]) -> Mapping:
    made = node(value)
    assert isinstance(made, Mapping)
    return made


def plain(item: Node) -> object:
    if isinstance(item, Mapping):
        return {key: plain(entry.node) for key, entry in item.entries.items()}
    if isinstance(item, Sequence):
        return [plain(one) for one in item.items]
    return item.value


@settings(max_examples=60, deadline=None)
@given(maps)
def test_nothing_laid_on_a_map_changes_nothing(base: dict[str, object]) -> None:
    assert plain(merge(tree(base), tree({}))) == base
    assert plain(merge(tree({}), tree(base))) == base


@settings(max_examples=60, deadline=None)
@given(maps, maps)
def test_merging_goes_by_key(base: dict[str, object], over: dict[str, object]) -> None:
    merged = plain(merge(tree(base), tree(over)))
    assert isinstance(merged, dict)
    for key in {*base, *over}:
        if key not in over:
            assert merged[key] == base[key]
        elif over[key] is None and key in base:
            assert key not in merged
        elif isinstance(over[key], dict) and isinstance(base.get(key), dict):
            assert merged[key] == plain(merge(node(base[key]), node(over[key])))
        else:
            assert merged[key] == over[key]


def no_nulls(value: object) -> bool:
    if isinstance(value, dict):
        return all(no_nulls(item) for item in value.values())
    return value is not None


@settings(max_examples=60, deadline=None)
@given(maps.filter(no_nulls), maps.filter(no_nulls), maps.filter(no_nulls))
def test_merging_is_associative_where_nothing_is_removed(
    one: dict[str, object], two: dict[str, object], three: dict[str, object]
) -> None:
    left = merge(merge(tree(one), tree(two)), tree(three))
    right = merge(tree(one), merge(tree(two), tree(three)))
    assert plain(left) == plain(right)


def test_a_merged_value_keeps_the_place_where_it_was_written() -> None:
    there = Span("base.yaml", 7, 3)
    base = Mapping(
        {"a": Entry(there, Scalar(1, "1", True, there)), "b": Entry(there, Scalar(2, "2", True, there))}, there
    )
    merged = merge(base, tree({"b": 3}))
    assert isinstance(merged, Mapping)
    assert merged.entries["a"].node.span == there
    assert merged.entries["b"].node.span == HERE


@settings(max_examples=60, deadline=None)
@given(maps, maps)
def test_a_fragment_only_adds(whole: dict[str, object], more: dict[str, object]) -> None:
    report = Report()
    merged = plain(add_fragment(tree({"deployments": whole}), tree({"deployments": more}), report))
    assert merged == {"deployments": {**more, **whole}}
    assert len(report.errors) == len([key for key in more if key in whole])


@settings(deadline=None)
@given(st.text("ab {}$:", max_size=20), st.dictionaries(st.sampled_from(["A", "B"]), st.text(max_size=5)))
def test_text_without_an_interpolation_stays_what_it_is(text: str, environment: dict[str, str]) -> None:
    item = Scalar(text, text, False, HERE)
    found = substitute(item, Scope(environment, "s"))
    if "${" not in text:
        assert found is item
    else:
        assert isinstance(found, Scalar)
        assert found.problem is not None or "$${" in text


@given(st.text(max_size=30))
def test_an_escaped_text_comes_out_as_it_was_meant(text: str) -> None:
    escaped = text.replace("${", "$${")
    found = substitute(Scalar(escaped, escaped, False, HERE), Scope({}, "s"))
    if "$${" in text:
        return  # `$${` itself has no escape of its own
    assert isinstance(found, Scalar)
    assert found.value == text


@given(st.text(min_size=1, max_size=20).filter(bool))
def test_an_environment_value_is_never_looked_into(value: str) -> None:
    scope = Scope({"X": value}, "s")
    alone = substitute(Scalar("${env:X}", "${env:X}", True, HERE), scope)
    inside = substitute(Scalar("<${env:X}>", "<${env:X}>", True, HERE), scope)
    assert isinstance(alone, Scalar)
    assert isinstance(inside, Scalar)
    assert (alone.text, alone.filled) == (value, True)
    assert (inside.value, inside.filled) == (f"<{value}>", False)
    assert scope.used == {"X": value}


def test_defaults_and_the_stack_name() -> None:
    scope = Scope({"EMPTY": ""}, "eu")
    texts = {"${env:NO:-a b}": "a b", "${env:EMPTY:-x}": "x", "${env:NO:-}": "", "${stack.name}-1": "eu-1"}
    for text, wanted in texts.items():
        found = substitute(Scalar(text, text, True, HERE), scope)
        assert isinstance(found, Scalar)
        assert found.text == wanted
