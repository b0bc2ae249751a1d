"""A small part of `benchmarks/soak.py`: faults, and kills in the middle."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "soak.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["soak"] = module  # where dataclasses look for annotations
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_promise_is_kept_under_faults_and_kills(program: ModuleType, tmp_path: Path) -> None:
    found = program.soak(tmp_path, clients=6, requests=350, faults=0.1, kills=1, seed=11)
    assert found["requests"] >= 350
    assert set(found["faults"]) == set(program.KINDS)
    assert found["lost"] > 5
    assert found["resources"] > 20
    assert found["quota"] > 0


def test_a_promise_that_is_not_kept_is_found(program: ModuleType, tmp_path: Path) -> None:
    store = program.Store(tmp_path / "sandbox.db")
    group = f"{program.ROOT}/resourceGroups/soak-c00"
    try:
        client = program.Client.__new__(program.Client)
        client.kept, client.buried = {}, {}
        assert program.check(store, [client], 0.0)["resources"] == 0
        client.kept = {group: "1"}
        with pytest.raises(program.Broken, match="resources that are lost"):
            program.check(store, [client], 0.0)
        with store.write() as view:
            view.use(f"{group.lower()}/x", program.SUBSCRIPTION, program.REGION, "usage", 5)
        client.kept = {}
        with pytest.raises(program.Broken, match="quota of nobody"):
            program.check(store, [client], 0.0)
    finally:
        store.close()
