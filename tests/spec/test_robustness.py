"""Whatever stands in a stack file: a report, never a traceback, and every finding has its place."""

from __future__ import annotations

import copy
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelform.errors import ModelformError
from modelform.spec import load_stack, lock

TODAY = date(2026, 11, 22)
WHOLE: dict[str, Any] = {
    "apiVersion": "modelform/v1",
    "extends": "quickstart",
    "with": {"project": "legal"},
    "include": ["teams/*.yaml"],
    "location": "swedencentral",
    "resourceGroup": {"existing": "rg-ai"},
    "tags": {"a": "b"},
    "policy": {"residency": "eu-data-zone", "publishers": ["OpenAI", "Mistral AI"], "retirementNotice": "60d"},
    "networks": {"main": {"addressSpace": "10.0.0.0/16"}},
    "workspaces": {
        "foundry": {"kind": "foundry", "projects": {"legal": {"formerly": "law"}}, "tags": {"x": "y"}},
        "studio": {"kind": "hub", "projects": ["research"], "formerly": ["old"]},
        "openai": {"kind": "openai", "location": "francecentral", "resourceGroup": "rg-x"},
    },
    "deployments": {
        "one": {"model": "mistral-large-3@1", "workspace": "foundry", "capacity": {"tpm": "50k"}},
        "two": {"model": "gpt-5.4", "workspace": "openai", "sku": "dataZoneStandard", "capacity": {"tpm": 1000}},
        "three": {"model": "mistral-small-2503", "workspace": "studio/research", "terms": "accepted"},
    },
    "routes": {"chat": {"members": [{"deployment": "one"}, {"deployment": "two"}]}},
    "access": [{"principal": "x", "can": ["infer"]}],
}


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [prefix] if prefix else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += paths(item, (*prefix, key))
    return found


words = [
    "",
    "a",
    "one",
    "foundry",
    "studio/research",
    "foundry/x",
    "serverless",
    "${env:X}",
    "${env:NO}",
    "${param:a}",
    "${",
    "gpt-5.4",
    "50k",
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(words)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "existing", "tpm", "x", "", "<<"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(paths(WHOLE)), values, st.booleans())
@pytest.mark.slow
def test_a_wrong_value_anywhere_is_a_report(path: tuple[Any, ...], value: Any, drop: bool) -> None:
    data = copy.deepcopy(WHOLE)
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dev.yaml"
        file.write_text(json.dumps(data))
        stack, report = load_stack(file, environment={"X": "1"}, today=TODAY)
    assert (stack is None) == bool(report.errors)
    for item in report:
        assert item.code
        assert item.summary
        assert item.span is not None, str(item)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_a_broken_lock_is_a_report(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dev.yaml"
        file.write_text("apiVersion: modelform/v1\nlocation: swedencentral\n")
        lock.lock_path(file).write_bytes(b"lockVersion: modelform/lock/v1\n" + content)
        stack, report = load_stack(file, environment={}, today=TODAY)
    assert (stack is None) == bool(report.errors)


def test_a_lock_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    lock.lock_path(tmp_path / "dev.yaml").mkdir()
    (tmp_path / "dev.lock.yaml" / "x").touch()
    with pytest.raises(ModelformError, match="cannot be written"):
        lock.write(tmp_path / "dev.yaml", {"lockVersion": lock.LOCK_VERSION})
    assert [item.name for item in tmp_path.iterdir()] == ["dev.lock.yaml"]


@pytest.mark.slow
def test_a_thousand_deployments_load_in_linear_time(tmp_path: Path) -> None:
    import time

    def seconds(count: int) -> float:
        lines = ["apiVersion: modelform/v1", "location: swedencentral", "workspaces:"]
        lines += [f"  ws{number}: {{kind: foundry}}" for number in range(count // 20)]
        lines.append("deployments:")
        for number in range(count):
            place = number % (count // 20)
            lines.append(f"  dep{number}: {{model: mistral-large-3@1, workspace: ws{place}, capacity: {{tpm: 1k}}}}")
        file = tmp_path / f"s{count}.yaml"
        file.write_text("\n".join(lines) + "\n")
        start = time.process_time()
        stack, _ = load_stack(file, environment={}, today=TODAY)
        assert stack is not None
        assert len(stack.deployments) == count
        return time.process_time() - start

    seconds(100)
    small, large = min(seconds(200) for _ in range(3)), min(seconds(1000) for _ in range(2))
    assert large < small * 5 * 2
