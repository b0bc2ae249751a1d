"""The SDK's shape to ARM's and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelform.errors import ProviderError
from modelform.provider import ROWS, Row
from modelform.provider.body import inputs_of, to_body, to_outputs
from modelform.provider.row import IDENTITIES
from modelform.values import UNKNOWN, Secret

CASES = yaml.safe_load((Path(__file__).parent / "bodies.yaml").read_text())
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=[case["token"] for case in CASES])


def test_every_type_has_a_case() -> None:
    assert {case["token"] for case in CASES} == set(ROWS)


@EVERY_CASE
def test_what_is_sent(case: dict[str, Any]) -> None:
    assert to_body(ROWS[case["token"]], case["inputs"]) == case["body"]


@EVERY_CASE
def test_what_the_sdk_is_told(case: dict[str, Any]) -> None:
    row = ROWS[case["token"]]
    assert to_outputs(row, case["response"]) == {**case["outputs"], "azureApiVersion": row.api_version}


def values(tree: Any, row: Row, path: str) -> st.SearchStrategy[Any]:
    """Values that the SDK would take at a path, and that an import can find again: nothing empty."""
    kind, inner = tree
    if kind == "object":
        members = {name: values(found, row, f"{path}.{name}") for name, found in inner.items()}
        kept = {name: found for name, found in members.items() if f"{path}.{name}" not in row.filled}
        return st.fixed_dictionaries({}, optional=kept).filter(bool)
    if kind == "list":
        items = values(inner, row, f"{path}[]")
        if path == IDENTITIES:
            return st.lists(st.text("abc/", min_size=1, max_size=9), unique=True, min_size=1, max_size=3).map(sorted)
        return st.lists(items, min_size=1, max_size=3)
    if kind == "map":
        return st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), min_size=1, max_size=3)
    if inner is bool:
        return st.booleans()
    if inner is int:
        return st.integers(0, 2**31)
    return st.text(min_size=1, max_size=8)


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_inputs_come_back_from_what_they_make(row: Row, sdk: Callable[[str], Any], data: st.DataObject) -> None:
    found = sdk(row.token)
    trees = {name: tree for name, tree in found.inputs.items() if name not in row.path_names and name not in row.filled}
    inputs = data.draw(
        st.fixed_dictionaries({}, optional={name: values(tree, row, name) for name, tree in trees.items()})
    )
    names = dict.fromkeys(row.path_names, "n-1")
    outputs = to_outputs(row, {"name": "n-1", "type": row.arm_type, **to_body(row, {**inputs, **names})})
    again = inputs_of(replace(row, defaults={}, inherited={}), outputs, names)
    assert again == {**inputs, **names, "azureApiVersion": row.api_version}


def test_an_unknown_input_is_never_sent() -> None:
    with pytest.raises(ProviderError, match=r"'properties\.model' of azure-native:cognitiveservices:Deployment"):
        to_body(ROWS["azure-native:cognitiveservices:Deployment"], {"properties": {"model": UNKNOWN}})


def test_secrets_keep_their_marks_on_the_way_out() -> None:
    body = to_body(ROWS["azure-native:storage:StorageAccount"], {"networkRuleSet": Secret({"ipRules": []})})
    assert body == {"properties": {"networkAcls": Secret({"ipRules": []})}}


def test_an_import_leaves_out_what_arm_computes_and_fills_in() -> None:
    row = ROWS["azure-native:cognitiveservices:Deployment"]
    outputs = {
        "sku": {"name": "Standard", "capacity": 5},
        "properties": {
            "model": {"name": "m", "callRateLimit": {"count": 1}},
            "provisioningState": "Succeeded",
            "currentCapacity": 5,
            "raiPolicyName": "Microsoft.DefaultV2",
            "rateLimits": [],
        },
        "systemData": {"createdBy": "me"},
        "tags": {},
        "name": "d",
    }
    assert inputs_of(row, outputs, {"deploymentName": "d", "accountName": "a", "resourceGroupName": "g"}) == {
        "deploymentName": "d",
        "accountName": "a",
        "resourceGroupName": "g",
        "sku": {"name": "Standard", "capacity": 5},
        "properties": {"model": {"name": "m"}},
        "azureApiVersion": row.api_version,
    }
