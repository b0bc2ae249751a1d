"""Whatever a program wants and whichever call fails: the state is sound, and the next `up` gets there.

`MODELFORM_CASES=5000` tries more of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelform.engine import Options
from modelform.engine.deployment import Stop
from modelform.engine.goal import Goal
from modelform.engine.registration import Registrar
from modelform.engine.run import operate
from modelform.state import Snapshot, integrity

from .harness import STACK, Cloud, short, urn

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Wanted:
    """One resource of a generated program; what it needs are indices of earlier ones."""

    name: str
    value: int
    fixed: int
    needs: tuple[int, ...]
    reads: tuple[int, ...]
    fixed_reads: bool
    with_: int | None


@st.composite
def programs(draw: Any) -> tuple[Wanted, ...]:
    made: list[Wanted] = []
    for name in draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=5)):
        earlier = st.lists(st.integers(0, len(made) - 1), max_size=2, unique=True) if made else st.just([])
        made.append(
            Wanted(
                name,
                draw(st.integers(0, 2)),
                draw(st.integers(0, 1)),
                tuple(draw(earlier)),
                tuple(draw(earlier)),
                draw(st.booleans()),
                draw(st.sampled_from([None, *range(len(made))])) if draw(st.integers(0, 3)) == 0 else None,
            )
        )
    return tuple(made)


def goals(program: tuple[Wanted, ...], known: dict[str, Any]) -> Any:
    """The goals of a program one after the other; `known` are the outputs of what was made."""
    yield Goal("pulumi:pulumi:Stack", "test-dev", False)
    for wanted in program:
        names = [program[i].name for i in wanted.reads]
        key = "fixed" if wanted.fixed_reads else "value"
        inputs: dict[str, Any] = {"value": wanted.value, "fixed": wanted.fixed}
        inputs[key] = [inputs[key], *(known[name] for name in names)]
        needed = tuple(sorted({urn(program[i].name) for i in (*wanted.needs, *wanted.reads)}))
        yield Goal(
            "test:index:Thing",
            wanted.name,
            True,
            inputs,
            parent=STACK,
            dependencies=needed,
            property_dependencies={"value": (), "fixed": (), key: tuple(sorted({urn(n) for n in names}))},
            delete_before_replace=True,
            deleted_with=urn(program[wanted.with_].name) if wanted.with_ is not None else "",
        )


class World:
    """A cloud and the state of one stack in it."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.snapshot = Snapshot()
        self.writes: list[Snapshot] = []
        self.bound: dict[str, str] = {}

    def write(self, snapshot: Snapshot) -> None:
        assert integrity.check(snapshot) == []
        self.writes.append(snapshot)

    def operate(
        self, operation: Any, program: tuple[Wanted, ...] | None, failing: frozenset[int], **options: Any
    ) -> bool:
        """Runs an operation in which the calls with these numbers fail; True if it went well."""
        self.writes, calls = [], iter(range(1000))
        binding: dict[str, str] = {}

        def on(call: str, name: str) -> None:
            if call in ("create", "update", "delete") and next(calls) in failing:
                raise ValueError(f"{call} of {name} refused")
            if call == "delete":
                self.take_along(name)
            if call == "create" and f"/{name}" not in self.cloud.things:
                self.bound[name] = binding.get(name, "")

        self.cloud.on = on

        def declare(registrar: Registrar) -> None:
            known: dict[str, Any] = {}
            assert program is not None
            for goal in goals(program, known):
                binding[goal.name] = short(goal.deleted_with)
                try:
                    answer = registrar.register(goal)
                except Stop:
                    return
                if answer.result == "success":
                    self.bound[goal.name] = short(goal.deleted_with)
                known[goal.name] = answer.resource.outputs.get("out", "unknown")

        outcome = operate(
            operation,
            declare if program is not None else None,
            project="test",
            stack="dev",
            config={},
            secrets=set(),
            base=self.snapshot,
            providers=self.cloud.provider,
            journal=self,
            on_event=lambda event: None,
            options=Options(parallel=1, **options),
        )
        assert integrity.check(outcome.snapshot) == []
        self.snapshot = outcome.snapshot
        return outcome.ok

    def take_along(self, name: str) -> None:
        """What is deleted with a resource goes with it, as the cloud has it."""
        for other in [other for other, target in self.bound.items() if target == name]:
            if self.cloud.things.pop(f"/{other}", None) is not None:
                self.take_along(other)

    def facts(self) -> Any:
        """What is there, in the state and in the cloud."""
        kept = {
            short(r.urn): (r.inputs, r.outputs, sorted(r.dependencies), r.delete, r.pending_replacement)
            for r in self.snapshot.resources
            if r.type == "test:index:Thing"
        }
        return kept, self.cloud.things


FAILING = st.frozensets(st.integers(0, 6), max_size=2)
CASES = settings(
    max_examples=int(os.environ.get("MODELFORM_CASES", "200")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def straight(program: tuple[Wanted, ...]) -> Any:
    world = World()
    assert world.operate("up", program, frozenset())
    return world.facts()


@CASES
@given(programs(), programs(), FAILING, st.booleans())
def test_an_up_after_a_failed_one_ends_where_one_that_never_failed_does(
    before: tuple[Wanted, ...], after: tuple[Wanted, ...], failing: frozenset[int], go_on: bool
) -> None:
    world = World()
    assert world.operate("up", before, frozenset())
    world.operate("up", after, failing, continue_on_error=go_on)
    assert world.operate("up", after, frozenset())
    assert world.facts() == straight(after)
    assert world.operate("up", after, frozenset())
    assert world.writes == []


@CASES
@given(programs(), FAILING, st.booleans())
def test_a_destroy_after_a_failed_one_leaves_nothing(
    program: tuple[Wanted, ...], failing: frozenset[int], go_on: bool
) -> None:
    world = World()
    assert world.operate("up", program, frozenset())
    world.operate("destroy", None, failing, continue_on_error=go_on)
    assert world.operate("destroy", None, frozenset())
    assert world.snapshot.resources == []


@CASES
@given(programs(), programs(), st.integers(0, 40), st.booleans())
def test_wherever_a_process_was_killed_the_next_up_gets_there(
    before: tuple[Wanted, ...], after: tuple[Wanted, ...], at: int, answered: bool
) -> None:
    """Killed after a write: before the call that comes next, or after it and before its answer was written."""
    world = World()
    assert world.operate("up", before, frozenset())
    writes: list[tuple[Snapshot, dict[str, Any], dict[str, str]]] = []
    original = world.write

    def write(snapshot: Snapshot) -> None:
        original(snapshot)
        things = {key: dict(item) for key, item in world.cloud.things.items()}
        writes.append((snapshot, things, dict(world.bound)))

    world.write = write  # type: ignore[method-assign]
    world.operate("up", after, frozenset())
    if writes:
        at = min(at, len(writes) - 1)
        world.snapshot = writes[at][0]
        _, world.cloud.things, world.bound = writes[min(at + answered, len(writes) - 1)]
    world.write = original  # type: ignore[method-assign]
    assert world.operate("up", after, frozenset())
    assert world.facts() == straight(after)
    assert world.snapshot.pending_operations == []


@CASES
@given(programs(), programs())
def test_a_preview_says_what_an_up_does_where_all_is_known(
    before: tuple[Wanted, ...], after: tuple[Wanted, ...]
) -> None:
    world = World()
    assert world.operate("up", before, frozenset())
    kept = world.snapshot
    assert world.operate("preview", after, frozenset())
    assert world.snapshot is kept
    assert world.cloud.called("create") == [w.name for w in before]
