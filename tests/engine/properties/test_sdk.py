"""The same through Pulumi's SDK, with steps that run side by side."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from .bench import Bench, cases
from .programs import Program, programs
from .world import Fate, World

pytestmark = pytest.mark.slow
FATES = st.dictionaries(st.integers(0, 7), st.sampled_from(["refused", "fault", "partial"]), max_size=3)


@cases(40)
@given(programs(rare=False, size=4), programs(rare=False, size=4), FATES, st.booleans(), st.sampled_from([1, 4]))
def test_a_program_that_failed_on_the_way_gets_to_its_end(
    before: Program, after: Program, fates: dict[int, Fate], continue_on_error: bool, parallel: int
) -> None:
    bench = Bench(World(), sdk=True, parallel=parallel)
    assume(bench.operate("up", before).ok)
    straight = bench.fork()
    assume(straight.operate("up", after).ok)
    bench.operate("up", after, fates, continue_on_error=continue_on_error)
    assert bench.operate("up", after).ok
    assert bench.facts() == straight.facts()
    assert bench.forgotten() == set()
    outcome = bench.operate("up", after)
    assert set(outcome.summary) <= {"same"}
    assert (bench.writes, bench.world.mutations()) == (0, [])


@cases(80)
@given(programs(rare=False, size=4), st.integers(0, 60), st.sampled_from([1, 4]))
def test_a_program_that_was_killed_on_the_way_gets_to_its_end(program: Program, at: int, parallel: int) -> None:
    straight = Bench(World(), sdk=True, parallel=parallel)
    assume(straight.operate("up", program).ok)
    killed = straight.fork(straight.moments[at % len(straight.moments)])
    assert killed.operate("up", program).ok
    assert killed.facts() == straight.facts()
    assert killed.forgotten() == set()
