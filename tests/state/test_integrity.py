"""The rules of a state: each breach names resource and rule, and the quick look finds what the close one does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.errors import StateError
from modelform.state import Resource, Snapshot, integrity

A, B, C = "urn:a", "urn:b", "urn:c"
PROVIDER = Resource("urn:p", "pulumi:providers:rec", custom=True, id="1")


def thing(urn: str, provider: str = "urn:p::1", **fields: object) -> Resource:
    return Resource(urn, "rec:index:Thing", custom=True, id="x", provider=provider).with_(**fields)


BREACHES = {
    "no urn": ([Resource("", "t")], "no `urn`"),
    "no type": ([Resource(A, "")], "no `type`"),
    "an id without being custom": ([Resource(A, "t", id="x")], "no custom resource"),
    "a provider that is no reference": ([PROVIDER, thing(A, "urn:p")], "no reference"),
    "a provider that is not there": ([thing(A)], "its provider urn:p::1 is not there before it"),
    "a provider with another id": ([PROVIDER.with_(id="2"), thing(A)], "its provider urn:p::1"),
    "a parent that is missing": ([Resource(A, "t", parent=B)], "its parent urn:b is not in the state"),
    "a parent that comes later": ([Resource(A, "t", parent=B), Resource(B, "t")], "its parent urn:b comes after it"),
    "a dependency that comes later": ([Resource(A, "t", dependencies=(B,)), Resource(B, "t")], "comes after it"),
    "a property dependency": ([Resource(A, "t", property_dependencies={"v": (B,)})], "(of property 'v') urn:b is not"),
    "deletedWith": ([Resource(A, "t", deleted_with=B)], "`deletedWith` target urn:b"),
    "replaceWith": ([Resource(A, "t", replace_with=(B,))], "`replaceWith` target urn:b"),
    "itself as a dependency": ([Resource(A, "t", dependencies=(A,))], "its dependency urn:a"),
    "the same one twice": ([Resource(A, "t"), Resource(A, "t")], "there twice"),
}
SOUND = {
    "nothing": [],
    "a provider and who uses it": [PROVIDER, thing(A), thing(B, parent=A, dependencies=(A,))],
    "a provider that is gone, for one that waits for its replacement": [thing(A, pending_replacement=True)],
    "an old copy that waits for its deletion": [Resource(A, "t"), Resource(A, "t", delete=True)],
    "only copies that wait": [Resource(A, "t", delete=True), Resource(A, "t", delete=True)],
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_named(name: str) -> None:
    resources, says = BREACHES[name]
    snapshot = Snapshot(resources=resources)
    assert any(says in problem for problem in integrity.check(snapshot))
    assert not integrity.Watch().holds(snapshot)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_state_has_no_problem(name: str) -> None:
    snapshot = Snapshot(resources=SOUND[name])
    assert integrity.check(snapshot) == []
    assert integrity.Watch().holds(snapshot)


def test_the_error_says_what_to_do_and_not_everything_at_once() -> None:
    snapshot = Snapshot(resources=[Resource(f"urn:{n}", "t", parent="urn:gone") for n in range(9)])
    with pytest.raises(StateError) as caught:
        integrity.require(snapshot, "dev.json", "take the .bak")
    finding = caught.value.diagnostics[0]
    assert (finding.code, finding.hint) == ("state.integrity", "take the .bak")
    assert "urn:0: its parent urn:gone" in finding.summary
    assert finding.detail.endswith("and 4 more")


urns = st.sampled_from([A, B, C])
one = st.builds(
    lambda urn, provider, delete, pending, parent, needs: Resource(
        urn,
        "pulumi:providers:rec" if urn == C else "t",
        custom=True,
        id="1",
        delete=delete,
        provider=provider,
        parent=parent,
        pending_replacement=pending,
        property_dependencies={"v": tuple(needs)},
    ),
    urns,
    st.sampled_from(["", f"{C}::1", f"{C}::2"]),
    st.booleans(),
    st.booleans(),
    urns | st.just(""),
    st.lists(urns, max_size=2),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(one, max_size=4), min_size=1, max_size=3))
def test_the_quick_look_and_the_close_one_agree(states: list[list[Resource]]) -> None:
    watch = integrity.Watch()
    for resources in states:
        snapshot = Snapshot(resources=resources)
        assert watch.holds(snapshot) == (integrity.check(snapshot) == [])


def test_the_snapshot_of_the_other_tests_is_sound(snapshot: Snapshot, thing: Callable[..., Resource]) -> None:
    assert integrity.check(snapshot) == []
    snapshot.resources.append(thing("third", provider="urn:nobody::1"))
    assert len(integrity.check(snapshot)) == 1
