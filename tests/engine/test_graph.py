"""The pure parts on generated states: levels of deletes, dependents, what a refresh leaves."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.engine import deletes
from modelform.engine.decide import Planned, Verdict, replacement, verdict, with_replace_on_changes
from modelform.engine.dependents import Question, cascade, dependencies, dependents
from modelform.engine.refresh import rebuild
from modelform.engine.slots import Slot, wanted
from modelform.plan import Op, PropertyDiff
from modelform.seam import DiffChanges, DiffResult
from modelform.state import Resource, Snapshot, integrity

from .harness import urn

PROVIDER = Resource(urn=urn("p", "pulumi:providers:test"), type="pulumi:providers:test", custom=True, id="1")


@st.composite
def states(draw: Any) -> list[Resource]:
    """A valid state: each resource needs only what comes before it."""
    made = [PROVIDER]
    for index in range(draw(st.integers(1, 9))):
        names = [r.urn for r in made[1:]]
        picks = st.lists(st.sampled_from(names), max_size=3, unique=True) if names else st.just([])
        custom = draw(st.booleans())
        needed = draw(picks)
        inputs = {"x": 1, "fixed": 2} if custom else {}
        parents = [r.urn for r in made[1:] if not r.custom]
        made.append(
            Resource(
                urn=urn(f"r{index}"),
                type="test:index:Thing",
                custom=custom,
                id=f"/{index}" if custom else "",
                inputs=inputs,
                provider=f"{PROVIDER.urn}::1" if custom else "",
                parent=draw(st.sampled_from(["", *parents])),
                dependencies=tuple(draw(picks)),
                property_dependencies={k: tuple(needed) for k in inputs if draw(st.booleans())},
                deleted_with=draw(st.sampled_from(["", *names])) if draw(st.booleans()) else "",
            )
        )
    return made


def slots(resources: list[Resource]) -> list[Slot]:
    state = [Slot(resource) for resource in resources]
    assert integrity.check(Snapshot(resources=resources)) == []
    return state


@given(states(), st.data())
def test_each_level_of_deletes_needs_nothing_that_went_before(resources: list[Resource], data: Any) -> None:
    state = slots(resources)
    going = data.draw(st.lists(st.sampled_from(state), unique=True))
    plans = [Planned(Op.DELETE, slot.urn, slot) for slot in going]
    levels = deletes.levels(plans, state)
    assert sorted(p.urn for level in levels for p in level) == sorted(p.urn for p in plans)
    gone: set[str] = set()
    for level in levels:
        for plan in level:
            assert plan.old is not None
            assert not wanted(plan.old.resource) & gone
        gone.update(plan.urn for plan in level)
    assert all(levels)


@given(states(), st.data())
def test_dependents_and_dependencies_are_each_others_converse(resources: list[Resource], data: Any) -> None:
    state = slots(resources)
    root = data.draw(st.sampled_from(state))
    after = dependents(root, state, lambda urn: False, children=True)
    assert [s for s in state if root in dependencies([s], state)] == after


@given(states(), st.data())
def test_a_cascade_takes_only_what_would_be_replaced(resources: list[Resource], data: Any) -> None:
    state = slots(resources)
    root = data.draw(st.sampled_from(state[1:]))
    asked: list[Question] = []

    def answer(question: Question) -> DiffResult:
        asked.append(question)
        forces = "fixed" in question.unknown
        return DiffResult(DiffChanges.SOME, replaces=("fixed",) if forces else ())

    going = cascade(root, state, lambda urn: False, answer)
    urns = {root.urn, *(d.slot.urn for d in going)}
    assert root not in [d.slot for d in going]
    for dragged in going:
        resource = dragged.slot.resource
        forced = any(u in urns for u in resource.property_dependencies.get("fixed", ()))
        assert forced or resource.deleted_with in urns
    assert len(asked) <= len(state)
    nothing = cascade(root, state, lambda urn: True, answer)
    assert nothing == []


@given(states(), st.data())
def test_a_refresh_leaves_a_sound_state_whatever_is_gone(resources: list[Resource], data: Any) -> None:
    state = slots(resources)
    gone = data.draw(st.lists(st.sampled_from([s for s in state if s.resource.custom][1:] or [None]), unique=True))
    found: dict[Slot, Resource | None] = {slot: None for slot in gone if slot is not None}
    rebuilt = [slot.resource for slot in rebuild(state, found)]
    assert integrity.check(Snapshot(resources=rebuilt)) == []
    assert {r.urn for r in rebuilt} == {s.urn for s in state if s not in found}


KINDS = st.sampled_from(["add", "delete", "update", "add-replace", "update-replace"])
KEYS = st.sampled_from(["a", "a.b", "a[0]", "b", "c.d"])
DIFFS = st.builds(
    lambda detailed: DiffResult(
        DiffChanges.SOME if detailed else DiffChanges.NONE,
        diffs=tuple(sorted({k[0] for k in detailed})),
        detailed=detailed,
    ),
    st.dictionaries(KEYS, KINDS.map(PropertyDiff), max_size=4),
)


@settings(max_examples=200)
@given(DIFFS, st.lists(st.sampled_from(["a", "a.*", "b", "*", "#initerror"]), max_size=2), st.booleans())
def test_replace_on_changes_only_makes_it_worse(diff: DiffResult, patterns: list[str], init_errors: bool) -> None:
    order = [Verdict.SAME, Verdict.UPDATE, Verdict.REPLACE]
    old = Resource(urn="u", type="t", custom=True, init_errors=("x",) if init_errors else ())
    after = with_replace_on_changes(diff, patterns, init_errors)
    assert order.index(verdict(old, after)) >= order.index(verdict(old, diff))
    if "*" in patterns and diff.detailed:
        assert verdict(old, after) is Verdict.REPLACE
    assert with_replace_on_changes(after, patterns, init_errors) == after
    assert verdict(old.with_(pending_replacement=True), diff) is Verdict.REPLACE


def test_the_chain_of_a_replacement() -> None:
    old = Slot(Resource(urn="u", type="t", custom=True, id="1"))
    new = Resource(urn="u", type="t", custom=True)
    diff = DiffResult(DiffChanges.SOME, replaces=("k",), diffs=("k",))
    after = replacement(old, new, diff, None)
    assert [(p.op, p.leaves_old) for p in after] == [(Op.CREATE_REPLACEMENT, True), (Op.REPLACE, False)]
    first = replacement(old, new, diff, ())
    assert [(p.op, p.holds_place) for p in first] == [
        (Op.DELETE_REPLACED, True),
        (Op.REPLACE, False),
        (Op.CREATE_REPLACEMENT, False),
    ]
    old.change(pending_replacement=True)
    assert [p.op for p in replacement(old, new, diff, ())] == [Op.REPLACE, Op.CREATE_REPLACEMENT]
