"""Whatever a program wants, whatever the state is, whichever call fails and whenever a process is killed.

`--property-cases N` tries each property with N cases; `--random` looks for new ones.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from .bench import Bench, cases
from .programs import FOUND, Program, programs, urns_of
from .states import Start, states
from .world import Fate, World

pytestmark = pytest.mark.slow

FATES = st.dictionaries(st.integers(0, 7), st.sampled_from(["refused", "fault", "partial"]), max_size=3)
WORLDS = st.builds(World, keeps_secrets=st.booleans())
USUAL = programs(rare=False)


@st.composite
def options(draw: Any, program: Program = ()) -> dict[str, Any]:
    """How an operation is run."""
    given: dict[str, Any] = {"continue_on_error": draw(st.booleans()), "refresh": draw(st.integers(0, 3)) == 0}
    known = [*urns_of(program).values(), "**::a", "**::b"]
    if draw(st.integers(0, 3)) == 0:
        given["targets"] = tuple(draw(st.lists(st.sampled_from(known), max_size=2, unique=True)))
        given["target_dependents"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        given["replace"] = tuple(draw(st.lists(st.sampled_from(known), max_size=2, unique=True)))
    return given


@cases(600)
@given(states(), programs(), FATES, st.sampled_from(["up", "up", "destroy", "refresh"]), st.data())
def test_one_operation_on_any_sound_state_leaves_one(
    start: Start, program: Program, fates: dict[int, Fate], operation: str, data: Any
) -> None:
    """The bench looks at every write: it is sound, and the codec gives it back."""
    world, bench = start.world, Bench.at(start)
    world.reads = operation == "refresh"
    given = data.draw(options(program))
    event(f"{operation} {'well' if bench.operate(operation, _if_up(operation, program), fates, **given).ok else 'ill'}")


@cases(300)
@given(states(), programs(), st.data())
def test_a_preview_changes_nothing_on_any_sound_state(start: Start, program: Program, data: Any) -> None:
    world, bench = start.world, Bench.at(start)
    before = world.taken()
    bench.operate("preview", program, **data.draw(options(program)))
    assert world.taken() == before


@cases(300)
@given(WORLDS, USUAL, USUAL, FATES, st.data())
def test_an_up_after_a_failed_one_ends_where_one_that_never_failed_does(
    world: World, before: Program, after: Program, fates: dict[int, Fate], data: Any
) -> None:
    bench = Bench(world)
    assume(bench.operate("up", before).ok)
    straight = bench.fork()
    assume(straight.operate("up", after).ok and not straight.lost())
    bench.operate("up", after, fates, **data.draw(options(after)))
    assert bench.operate("up", after).ok
    assert bench.facts() == straight.facts()
    assert bench.forgotten() == set()
    _nothing_more(bench, after)


@cases(150)
@given(WORLDS, USUAL, USUAL, st.booleans())
def test_an_up_after_one_that_was_killed_anywhere_ends_where_one_that_never_was_does(
    world: World, before: Program, after: Program, continue_on_error: bool
) -> None:
    """Killed at each write, and after each call before its answer is known."""
    bench = Bench(world)
    assume(bench.operate("up", before).ok)
    straight = bench.fork()
    assume(straight.operate("up", after, continue_on_error=continue_on_error).ok)
    for moment in straight.moments:
        killed = bench.fork(moment)
        assert killed.operate("up", after).ok
        assert killed.facts() == straight.facts()
        assert killed.forgotten() == set()
        assert killed.snapshot.pending_operations == []
        _nothing_more(killed, after)


@cases(120)
@given(WORLDS, USUAL, USUAL, FATES)
def test_a_failed_up_that_was_killed_too_is_brought_to_its_end(
    world: World, before: Program, after: Program, fates: dict[int, Fate]
) -> None:
    bench = Bench(world)
    assume(bench.operate("up", before).ok)
    straight = bench.fork()
    assume(straight.operate("up", after).ok and not straight.lost())
    failing = bench.fork()
    failing.operate("up", after, fates)
    for moment in failing.moments[1:]:
        killed = failing.fork(moment)
        assert killed.operate("up", after).ok
        assert killed.facts() == straight.facts()
        assert killed.forgotten() == set()


@cases(150)
@given(WORLDS, programs(), FATES, st.booleans())
def test_a_destroy_after_a_failed_or_killed_one_leaves_nothing(
    world: World, program: Program, fates: dict[int, Fate], continue_on_error: bool
) -> None:
    bench = Bench(world)
    program = tuple(declared for declared in program if not declared.protect)
    bench.operate("up", _whole(program))
    bench.operate("destroy", fates=fates, continue_on_error=continue_on_error)
    for moment in bench.moments:
        killed = bench.fork(moment)
        assert killed.operate("destroy").ok
        assert killed.snapshot.resources == []
        assert killed.forgotten() == set()


@cases(250)
@given(states(), programs(), FATES, st.data())
def test_a_second_up_writes_nothing_and_changes_nothing(
    start: Start, program: Program, fates: dict[int, Fate], data: Any
) -> None:
    """From whatever state it started, and whatever happened on the way."""
    bench = Bench.at(start)
    bench.operate("up", program, fates, **data.draw(options(program)))
    assume(bench.operate("up", program).ok)
    _nothing_more(bench, program)


@cases(150)
@given(WORLDS, USUAL, USUAL, FATES)
def test_what_vanished_or_drifted_is_brought_back_by_an_up_with_refresh(
    world: World, before: Program, after: Program, fates: dict[int, Fate]
) -> None:
    bench = Bench(world)
    assume(bench.operate("up", before).ok)
    straight = bench.fork()
    assume(straight.operate("up", after).ok and not straight.lost())
    for number, (identity, thing) in enumerate(sorted(world.things.items())):
        if identity in FOUND or number not in fates:
            continue
        if fates[number] == "refused":
            del world.things[identity]
        else:
            thing["inputs"] = {**thing["inputs"], "size": 9}
    outcome = bench.operate("up", after, refresh=True)
    assume(outcome.ok)
    assert bench.facts() == straight.facts()
    _nothing_more(bench, after)


def _if_up(operation: str, program: Program) -> Program | None:
    return program if operation == "up" else None


def _whole(program: Program) -> Program:
    """The part of a program whose references are all in it."""
    kept: list[Any] = []
    for declared in program:
        names = {d.name for d in kept}
        needed = {declared.parent, declared.deleted_with, *declared.depends, *declared.reads.values()}
        if names >= {*needed, *declared.replace_with} - {""}:
            kept.append(declared)
    return tuple(kept)


def _nothing_more(bench: Bench, program: Program) -> None:
    """Another `up` of the same program."""
    outcome = bench.operate("up", program)
    steps = [f"{step.op} {step.name}" for step in outcome.steps]
    assert outcome.ok, outcome.diagnostics
    assert set(outcome.summary) <= {"same"}, steps
    assert bench.writes == 0, steps
    assert bench.world.mutations() == []
