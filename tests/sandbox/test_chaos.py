"""A few of the fault plans of `benchmarks/chaos.py`, and what its plans are."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from modelform.sandbox.faults import read_plan

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "chaos.py"
SEEDS = (3, 11)  # one with operations that fail, one with the most faults


@pytest.fixture(scope="module")
def chaos() -> ModuleType:
    spec = importlib.util.spec_from_file_location("chaos", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["chaos"] = module  # where dataclasses look for annotations
    spec.loader.exec_module(module)
    return module


def test_plans_can_be_read_and_repeat(chaos: ModuleType) -> None:
    import json

    for seed in range(1, 21):
        assert chaos.plan(seed) == chaos.plan(seed)
        assert read_plan(json.dumps(chaos.plan(seed)), "plan").seed == seed
    kinds = {line["kind"] for seed in range(1, 21) for line in chaos.plan(seed)["faults"]}
    assert kinds == {*chaos.PASSES, *chaos.ENDS}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_portfolio_comes_up_and_goes_under_faults(chaos: ModuleType, tmp_path: Path) -> None:
    wanted = chaos.reference(tmp_path / "reference")
    assert len(wanted) > 40
    for seed in SEEDS:
        up, down = chaos.round_trip(tmp_path / str(seed), seed, wanted)
        assert sum(up.faults.values()) > 10
        assert up.runs <= 2
        assert down.runs <= 2
